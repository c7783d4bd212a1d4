// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/chat.hpp>
#include <foundry/error.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {
struct stream_state;
} // namespace detail

/// An answer that arrives in chunks: an async generator of `chat_chunk`.
///
///     foundry::chat_stream chunks = co_await client.stream(request);
///     while (auto chunk = co_await chunks.next())
///         std::cout << chunk->text() << std::flush;
///
/// It holds a connection. Read to its end, the connection goes back to the pool; dropped before, the connection is closed,
/// which also stops the model. Nothing is read ahead: a slow reader slows the service down, and memory stays bounded.
///
/// Executor: the one of the coroutine that opened it; all of it must be used there, its destructor included.
/// Object lifetime: the stream must outlive the awaitables it gives; it may outlive its client, and like a socket not the execution
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

    /// The next chunk, or nothing once the answer has ended: with its end marker, or by a clean end of the body (its last chunk, or
    /// as many bytes as were announced) after the finish reason of each choice. Keep-alives are skipped.
    ///
    /// @throws foundry::error: an error that the service sent in mid-stream, `errc::stream_truncated` if the answer broke off,
    /// `errc::unexpected_reply`, also of a stream without any choice, usage or filter result, `errc::limit_exceeded`, `errc::silence_timeout`, `errc::stall_timeout`,
    /// `errc::total_timeout`. After an error or a
    /// cancellation the stream is at its end and its connection closed.
    /// Cancellation: terminal, at once; throws `boost::system::system_error` with `boost::asio::error::operation_aborted`.
    boost::asio::awaitable<std::optional<chat_chunk>> next();

    /// The same into storage of one's own, whose memory is used again: nothing is allocated in the steady state. False at the end.
    boost::asio::awaitable<bool> read(chat_chunk& into);

    /// Reads the rest and puts it together. A template, so that only those pay for it who call it: without optimisation g++ emits
    /// every coroutine that it sees.
    template <class Accumulator = chat_accumulator>
    FOUNDRY_CORO boost::asio::awaitable<chat_completion> collect()
    {
        Accumulator all;
        chat_chunk chunk;
        all.set_info(info());
        while (co_await read(chunk))
            all.add(std::move(chunk));
        co_return all.take();
    }

    /// The head of the answer.
    response_info const& info() const noexcept;

    /// Abandons the answer now: a read that waits on the same executor is at the end, and so is each one after it.
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
