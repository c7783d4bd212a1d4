// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/chat.hpp>
#include <foundry/chat_accumulator.hpp>
#include <foundry/error.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {
struct stream_state;
} // namespace detail

/// A completion that arrives in chunks: an async generator of `chat_chunk`.
///
///     foundry::chat_stream chunks = co_await client.stream(request);
///     while (auto chunk = co_await chunks.next())
///         std::cout << chunk->text() << std::flush;
///
/// It holds a connection. At the end of the stream the connection goes back to the pool; a stream that is dropped earlier closes it,
/// which also stops the model. Nothing is read ahead: a slow reader slows the service down, and memory stays bounded.
///
/// Executor: that of the coroutine that opened it; all of it must be used there, its destructor included.
/// Object lifetime: the stream must outlive the awaitables it gives; it may outlive its client but, like a socket, not the execution
/// context that it was opened on.
/// Thread safety: none; one next() or read() at a time.
class [[nodiscard]] chat_stream
{
public:
    using value_type = chat_chunk;

    /// A stream at its end.
    chat_stream() noexcept;
    chat_stream(chat_stream&&) noexcept;
    chat_stream& operator=(chat_stream&&) noexcept;
    ~chat_stream();

    /// A copy of the next chunk, which the caller owns; nothing at the end of the response: after its end marker, or if the
    /// HTTP body ends as its framing announced after the finish reason of each choice. Keep-alives are skipped.
    ///
    /// @throws foundry::error: an error that the service sent within the stream, `errc::stream_truncated` if the response broke off,
    /// `errc::unexpected_reply`, also for a stream without any choice, usage or filter result, `errc::limit_exceeded`,
    /// `errc::silence_timeout`, `errc::stall_timeout`, `errc::total_timeout`. After an error or a cancellation the stream is at its end
    /// and its connection closed.
    /// Cancellation: terminal, partial and total, at once; throws `boost::system::system_error` with
    /// `boost::asio::error::operation_aborted`.
    boost::asio::awaitable<std::optional<chat_chunk>> next();

    /// A pointer to a chunk inside the stream, which the next read() or next() overwrites; null at the end. Allocates nothing in the
    /// steady state. Otherwise as next():
    ///
    ///     while (auto const* chunk = co_await chunks.read())
    ///         std::cout << chunk->text() << std::flush;
    boost::asio::awaitable<chat_chunk const*> read();

    /// Reads the rest and joins it to a completion. A template, so that only programs that call it compile it: without optimisation g++
    /// emits every coroutine that it sees.
    template <class Accumulator = chat_accumulator>
    FOUNDRY_CORO boost::asio::awaitable<chat_completion> collect()
    {
        Accumulator all;
        all.set_info(info());
        while (chat_chunk const* const chunk = co_await read())
            all.add(*chunk);
        co_return all.take();
    }

    /// The head of the response.
    response_info const& info() const noexcept;

    /// Abandons the response now: a pending read on the same executor returns null, as at a regular end, and so does each later one.
    void close() noexcept;

    explicit chat_stream(std::unique_ptr<detail::stream_state> state) noexcept;

private:
    std::unique_ptr<detail::stream_state> state_;
};

static_assert(chunk_source<chat_stream>);

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/chat_stream.ipp>
#endif
