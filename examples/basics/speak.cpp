// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// An answer that is spoken sentence by sentence while the model still writes: the voice of a character without realtime.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key. Plays nothing: the sound goes into a file.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/speech.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace asio = boost::asio;

/// Takes the first sentence off a text: up to a full stop with a blank after it, so that 3.5 is one number. Empty if there is none.
std::string take_sentence(std::string& text)
{
    std::size_t end = text.find_first_of(".!?");
    while (end < text.size() && text.find_first_of(" \n", end) != end + 1)
        end = text.find_first_of(".!?", end + 1);
    std::string sentence = end < text.size() ? text.substr(0, end + 2) : "";
    text.erase(0, sentence.size());
    return sentence;
}

/// The sentences of an answer, each as soon as it is complete.
foundry::async_generator<std::string> sentences(foundry::chat_stream chunks)
{
    std::string text;
    while (auto chunk = co_await chunks.next()) {
        text += chunk->text();
        for (std::string sentence = take_sentence(text); !sentence.empty(); sentence = take_sentence(text))
            co_yield sentence;
    }
    if (text.find_first_not_of(" \n") != text.npos)
        co_yield text;
}

asio::awaitable<void> speak()
{
    configuration const my("https://contoso.openai.azure.com/openai/v1");
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.openai.azure.com/openai/v1"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options
    foundry::speech const speech{client};

    std::filesystem::path const path = std::filesystem::temp_directory_path() / "foundry_answer.mp3";
    std::ofstream file(path, std::ios::binary);
    auto const asked = std::chrono::steady_clock::now();
    std::size_t bytes = 0;
    foundry::chat_request question{my.model()};
    question.user("Tell me a story.");
    foundry::async_generator<std::string> told = sentences(co_await client.stream(question));
    while (auto sentence = co_await told.next()) {
        std::cout << printable(*sentence) << std::flush;
        foundry::speech_request what{"gpt-4o-mini-tts", *sentence, "fable"};
        foundry::async_generator<foundry::speech_chunk> sound = speech.stream(what);
        while (auto part = co_await sound.next()) {
            if (bytes == 0) {
                auto const waited = std::chrono::steady_clock::now() - asked;
                std::cout << "[" << std::chrono::duration_cast<std::chrono::milliseconds>(waited).count()
                          << " ms until the first sound] ";
            }
            bytes += part->audio.size();
            file << part->audio; // a game gives it to its mixer
        }
    }
    std::cout << '\n' << bytes << " bytes of sound\n";
    file.close();
    std::filesystem::remove(path);
}

int main() { return foundry::run(speak()); }
