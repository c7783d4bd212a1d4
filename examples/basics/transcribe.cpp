// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Speech to text: all at once, as subtitles, and as it is understood.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key. Call it with an audio file; without one, the service
// speaks one first.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/speech.hpp>

#include <filesystem>
#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> transcribe(std::filesystem::path file)
{
    configuration const my("https://contoso.openai.azure.com/openai/v1");
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.openai.azure.com/openai/v1"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options
    foundry::speech const speech{client};

    if (file.empty()) {
        file = std::filesystem::temp_directory_path() / "foundry_talk.mp3";
        foundry::speech_request what{"gpt-4o-mini-tts", "A mile has 5,280 feet. That is a fact.", "alloy"};
        co_await speech.speak(what, file);
    }

    foundry::transcription_request talk{"whisper", file};
    foundry::transcription heard = co_await speech.transcribe(talk);
    std::cout << printable(heard.text) << '\n';

    talk.response_format = "srt";
    heard = co_await speech.transcribe(talk);
    std::cout << printable(heard.text) << '\n';

    foundry::transcription_request same{"gpt-4o-mini-transcribe", file};
    foundry::async_generator<foundry::transcription_event> events = speech.stream(same);
    while (auto event = co_await events.next()) {
        std::cout << printable(event->delta) << std::flush;
        if (event->type == foundry::transcription_event_type::done)
            std::cout << "\n[" << event->text.size() << " characters]\n";
    }
}

int main(int count, char** arguments) { return foundry::run(transcribe(count > 1 ? arguments[1] : "")); }
