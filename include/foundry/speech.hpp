// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/call.hpp>
#include <foundry/client.hpp>
#include <foundry/detail/operations/download.hpp>
#include <foundry/speech_request.hpp>
#include <foundry/transcription.hpp>

#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <memory>

namespace foundry::inline FOUNDRY_ABI {

/// Speech to text and text to speech: `POST audio/...`, on the v1 and the dated form of Azure OpenAI, and on servers that have it.
///
///     foundry::speech speech{client};
///     foundry::transcription heard = co_await speech.transcribe({"whisper", "talk.mp3"});
///     foundry::speech_request what{"gpt-4o-mini-tts", heard.text, "alloy"};
///     co_await speech.speak(what, "talk_again.mp3");
///
/// A cheap handle made from a client; executor, cancellation, object lifetimes and thread safety are the client's.
/// Source of the wire format: learn.microsoft.com, "Azure OpenAI in Azure AI Foundry Models REST API reference"; OpenAI, "Audio".
class speech
{
public:
    explicit speech(basic_client const& client) noexcept : state_(detail::state_of(client)) {}

    /// Transcribes audio in its own language.
    ///
    /// @throws foundry::error with a code of `errc`: `invalid_argument`, before anything is sent, for an empty file.
    boost::asio::awaitable<transcription> transcribe(transcription_request what) const;
    boost::asio::awaitable<transcription> transcribe(transcription_request what, call_options const& with) const;

    /// Translates audio to English text. Whisper does this.
    boost::asio::awaitable<transcription> translate(transcription_request what) const;
    boost::asio::awaitable<transcription> translate(transcription_request what, call_options const& with) const;

    /// Transcribes audio and gives the text as the model understands it: events with more of the text, and a last one, `done`, with all of
    /// it. Whisper does not stream: it gives the last event only, whose `extra` has the words and segments of `verbose_json`.
    ///
    /// @throws foundry::error from next(), as `event_stream::next()`.
    async_generator<transcription_event> stream(transcription_request what) const;
    async_generator<transcription_event> stream(transcription_request what, call_options const& with) const;

    /// Speaks a text; the audio in memory, at most `size_limits::body`.
    boost::asio::awaitable<binary_content> speak(speech_request const& what) const;
    boost::asio::awaitable<binary_content> speak(speech_request const& what, call_options const& with) const;

    /// The same, written as it arrives: at most `size_limits::download`.
    ///
    /// @throws foundry::error with a code of `errc`: `sink_failed` if the disk is full, for example.
    boost::asio::awaitable<void> speak(speech_request const& what, std::filesystem::path const& path) const;
    boost::asio::awaitable<void> speak(speech_request const& what, std::filesystem::path const& path,
                                       call_options const& with) const;
    /// The same into a sink of the program, which outlives the call.
    template <body_sink S>
    boost::asio::awaitable<void> speak(speech_request const& what, S& sink) const;
    template <body_sink S>
    boost::asio::awaitable<void> speak(speech_request const& what, S& sink, call_options const& with) const;

    /// Speaks a text and gives the audio as it arrives: it can be played before the rest is made. At most `size_limits::download`.
    ///
    /// @throws foundry::error from next(), as `event_stream::next()`.
    async_generator<speech_chunk> stream(speech_request const& what) const;
    async_generator<speech_chunk> stream(speech_request const& what, call_options const& with) const;

private:
    std::shared_ptr<detail::pending_request> prepare_speech(speech_request what, call_options const& with,
                                                            bool is_stream) const;

    std::shared_ptr<detail::client_state> state_;
};

template <body_sink S>
boost::asio::awaitable<void> speech::speak(speech_request const& what, S& sink, call_options const& with) const
{
    return detail::download(prepare_speech(what, with, false), std::make_unique<detail::borrowed_sink<S>>(sink));
}

template <body_sink S>
boost::asio::awaitable<void> speech::speak(speech_request const& what, S& sink) const
{
    return speak(what, sink, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/speech.ipp>
#endif
