// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/error.hpp>
#include <foundry/response_info.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {
struct event_stream_state;
} // namespace detail

/// A server-sent event as it came.
struct raw_event
{
    raw_event() = default;

    std::string event; ///< Its type; "message" where the stream named none.
    std::string data;  ///< Mostly JSON.
    std::string id;    ///< The last one that the stream gave.
};

/// The events of any route that streams: an async generator of `raw_event`. See `client::call`.
///
/// It ends with `[DONE]`, which is not delivered, or with a terminal event, which is: `response.completed` and
/// `response.incomplete` of the Responses API. A clean end of the body (its last chunk, or as many bytes as were announced) after
/// `image_generation.completed`, `image_edit.completed`, `transcript.text.done`, `speech.audio.done` or a chat's finish reason is an
/// end, too. Errors in the stream (`event: error`, `response.failed`, an object `error`) are thrown. Events without data are
/// delivered; keep-alives are as well, but do not count as content.
///
/// Connection, executor, lifetime and thread safety: as a `chat_stream`.
class [[nodiscard]] event_stream
{
public:
    using value_type = raw_event;

    /// A stream at its end.
    event_stream() noexcept;
    event_stream(event_stream&&) noexcept;
    event_stream& operator=(event_stream&&) noexcept;
    ~event_stream();

    /// The next event, or nothing at the end.
    ///
    /// @throws foundry::error, as `chat_stream::next()`. After an error or a cancellation the stream is at its end.
    /// Cancellation: terminal, at once.
    boost::asio::awaitable<std::optional<raw_event>> next();

    /// The same into storage of one's own, whose memory is used again. False at the end.
    boost::asio::awaitable<bool> read(raw_event& into);

    /// The head of the answer.
    response_info const& info() const noexcept;

    /// Abandons the answer now: a read that waits on the same executor is at the end, and so is each one after it.
    void close() noexcept;

    explicit event_stream(std::unique_ptr<detail::event_stream_state> state) noexcept;

private:
    std::unique_ptr<detail::event_stream_state> state_;
};

static_assert(chunk_source<event_stream>);

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/event_stream.ipp>
#endif
