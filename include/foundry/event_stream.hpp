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

    std::string event; ///< Its type; "message" if the stream named none.
    std::string data;  ///< Mostly JSON.
    std::string id;    ///< The last id that the stream sent.
};

/// The events of any route that streams: an async generator of `raw_event`. See `client::call`.
///
/// It ends with `[DONE]`, which is not delivered, or with `response.completed` or `response.incomplete` of
/// the Responses API, which are delivered. A clean end of the body (its last chunk, or as many bytes as were announced) after
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

    /// A copy of the next event, which the caller owns; nothing at the end.
    ///
    /// @throws foundry::error, as `chat_stream::next()`. After an error or a cancellation the stream is at its end.
    /// Cancellation: terminal, partial and total, at once.
    boost::asio::awaitable<std::optional<raw_event>> next();

    /// A pointer to an event inside the stream, which the next read() or next() overwrites; null at the end. Otherwise as next().
    boost::asio::awaitable<raw_event const*> read();

    /// The head of the response.
    response_info const& info() const noexcept;

    /// Abandons the response now: a pending read on the same executor reaches the end, and so does each later one.
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
