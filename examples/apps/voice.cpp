// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Speaks with a model: a question from a WAV file, or written, and the answer into another WAV file, with both transcripts.
//
//     voice question.wav [answer.wav]          the model finds the end of the question by itself
//     voice --push-to-talk question.wav        the program says where it ends
//     voice --text "How many feet are in a mile?" [answer.wav]
//
// WAV files have 24,000 or 48,000 samples a second. Without a service (AZURE_AI_ENDPOINT) it asks the emulator, whose speech is made of tones;
// a question for it is written by `voice --tones "How many feet are in a mile?" question.wav`.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/realtime.hpp>
#include <foundry/realtime_accumulator.hpp>
#include <foundry/resampler.hpp>
#include <foundry/testing/realtime.hpp>
#include <foundry/wav.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <vector>

namespace asio = boost::asio;

constexpr std::uint32_t rate = 24'000;

struct arguments
{
    bool is_text = false;
    bool push_to_talk = false;
    std::string question;
    std::string answer_file = "answer.wav";
};

/// The samples of a file at the rate of a session.
std::vector<std::int16_t> load_question(std::string const& file)
{
    foundry::wav recording = foundry::wav::load_file(file);
    if (recording.rate == rate)
        return std::move(recording.samples);
    if (recording.rate != 2 * rate)
        throw std::runtime_error("the file has " + std::to_string(recording.rate) +
                                 " samples a second, not 24000 or 48000");
    foundry::resampler to_session(foundry::resampling::down);
    std::vector<std::int16_t> samples(to_session.output_size(recording.samples.size()));
    samples.resize(to_session.process(recording.samples, samples));
    return samples;
}

/// Sends the question at the pace of speech, as a microphone would, and silence after it.
asio::awaitable<void> speak(foundry::realtime_session& session, std::vector<std::int16_t> samples, bool push_to_talk)
{
    constexpr std::size_t piece = rate / 10;
    if (!push_to_talk)
        samples.resize(samples.size() + rate); // the service hears the end of the turn
    asio::steady_timer timer(co_await asio::this_coro::executor);
    auto next = std::chrono::steady_clock::now();
    for (std::span<std::int16_t const> rest = samples; !rest.empty();) {
        std::size_t const count = std::min(piece, rest.size());
        co_await session.append(rest.first(count));
        rest = rest.subspan(count);
        next += std::chrono::milliseconds(100);
        timer.expires_at(next);
        co_await timer.async_wait(asio::deferred);
    }
    if (push_to_talk) {
        co_await session.commit();
        co_await session.respond();
    }
}

/// Prints what is said until the answer is complete, and writes its samples.
asio::awaitable<void> listen(foundry::realtime_session& session, std::string const& answer_file)
{
    foundry::realtime_accumulator items;
    foundry::wav_writer file(answer_file, rate);
    std::size_t samples = 0;
    for (bool is_over = false; !is_over;) {
        std::optional<foundry::realtime_event> event = co_await session.next();
        if (!event)
            throw std::runtime_error("the service has closed the session: " + printable(session.close_reason()));
        if (event->type == foundry::realtime_event_type::error)
            throw std::runtime_error(printable(event->error->message));
        std::vector<std::int16_t> const piece = event->samples();
        file.write(piece);
        samples += piece.size();
        (void)items.add(*event);
        is_over = event->type == foundry::realtime_event_type::response_done;
    }
    file.close();
    for (foundry::realtime_item const& each : items.items()) {
        if (!each.text.empty())
            std::cout << printable(each.role.name()) << ": " << printable(each.text) << '\n';
    }
    std::cout << static_cast<double>(samples) / rate << " s of speech in " << answer_file << '\n';
}

asio::awaitable<void> converse(arguments with)
{
    configuration const my("https://contoso.openai.azure.com/openai/v1");
    foundry::client client{co_await asio::this_coro::executor, my.endpoint(), my.credential(), my.options()};
    foundry::realtime const realtime{client};
    foundry::realtime_session session = co_await realtime.connect("gpt-realtime");

    foundry::realtime_settings settings;
    settings.instructions = "Answer in one sentence.";
    settings.answer_in("audio").transcribe_with("whisper");
    if (with.push_to_talk)
        settings.push_to_talk();
    co_await session.update(settings);

    if (with.is_text) {
        co_await session.say(with.question);
        co_await session.respond();
    } else {
        co_await speak(session, load_question(with.question), with.push_to_talk);
    }
    co_await listen(session, with.answer_file);
    co_await session.close();
}

int main(int count, char** words)
{
    std::vector<std::string> rest(words + 1, words + count);
    auto const take = [&](std::string const& option) { return std::erase(rest, option) != 0; };
    arguments with;
    with.is_text = take("--text");
    with.push_to_talk = take("--push-to-talk");
    bool const makes_tones = take("--tones");
    if (rest.empty() || rest.size() > 2 || (makes_tones && rest.size() != 2)) {
        std::cerr
            << "usage: voice [--push-to-talk] question.wav [answer.wav] | voice --text \"question\" [answer.wav]\n";
        return 2;
    }
    if (makes_tones) {
        foundry::wav_writer file(rest[1], rate);
        file.write(foundry::testing::to_tones(rest[0]));
        file.close();
        return 0;
    }
    with.question = rest[0];
    if (rest.size() == 2)
        with.answer_file = rest[1];
    return foundry::run(converse(std::move(with)));
}
