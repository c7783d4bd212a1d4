// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/response_event.hpp>
#include <foundry/response_info.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {
class response_stream_state;
} // namespace detail

/// A response that arrives in events: an async generator of `response_event`.
///
///     foundry::response_stream events = co_await foundry::responses{client}.stream(request);
///     while (auto const* event = co_await events.read())
///         std::cout << event->text() << std::flush;
///
/// Its last event is `completed` or `incomplete`, and has the whole response. What the service reports as a failure (`error`,
/// `response.failed`) is thrown. Events of unknown types are delivered, and so is `keepalive`, which does not count as content. An event
/// that comes a second time, by its number, is skipped.
///
/// **A response in the background goes on if the connection breaks.** If the request has `background`, then after a broken connection,
/// a silence or a stall, or if events are missing, read() asks for the events after the last one, at most `call_options::resumes` times
/// without a new event (keep-alives are none), with the waits of the retry options. If the service refuses that, as some do after five
/// minutes, read() waits until the response has ended, and gives its last event. `stream_total` holds for all connections together.
///
/// Connection, executor, lifetime and thread safety: as a `chat_stream`.
class [[nodiscard]] response_stream
{
public:
    using value_type = response_event;

    /// A stream at its end.
    response_stream() noexcept;
    response_stream(response_stream&&) noexcept;
    response_stream& operator=(response_stream&&) noexcept;
    ~response_stream();

    /// A copy of the next event, which the caller owns; nothing at the end.
    ///
    /// @throws foundry::error, as `chat_stream::next()`; `errc::stream_truncated` if the stream ends without its last event. After an error
    /// or a cancellation the stream is at its end.
    /// Cancellation: terminal, partial and total, at once.
    boost::asio::awaitable<std::optional<response_event>> next();

    /// A pointer to an event inside the stream, which the next read() or next() overwrites; null at the end. Otherwise as next().
    boost::asio::awaitable<response_event const*> read();

    /// Reads the rest; the response of the last event.
    boost::asio::awaitable<foundry::response> collect();

    /// The head of the response; after a broken connection, of the one that goes on.
    response_info const& info() const noexcept;

    /// Abandons the stream now; see `chat_stream::close()`. A response in the background goes on: see `responses::resume()` and
    /// `responses::cancel()`.
    void close() noexcept;

    explicit response_stream(std::unique_ptr<detail::response_stream_state> state) noexcept;

private:
    std::unique_ptr<detail::response_stream_state> state_;
};

static_assert(chunk_source<response_stream>);

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/response_stream.ipp>
#endif
