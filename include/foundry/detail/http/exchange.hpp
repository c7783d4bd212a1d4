// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/byte_source.hpp>
#include <foundry/detail/http/exchange_times.hpp>
#include <foundry/detail/http/pool.hpp>
#include <foundry/detail/http/response_parser.hpp>
#include <foundry/detail/http/turn.hpp>

#include <memory>
#include <string>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// @throws foundry::error (`errc::invalid_argument`) if several threads would run the handlers of one coroutine at a time.
FOUNDRY_DECL void check_serial(boost::asio::any_io_executor const& executor);

/// One request and its response on a leased connection. Does not interpret the bytes.
///
/// @throws foundry::error with the code of the time limit that has passed, or with that of the transport error: `errc::connection_lost`
/// before the first byte of the response, `errc::stream_truncated` after it, or those of `connection::open()` and `response_parser`.
/// Cancellation throws boost::system::system_error with boost::asio::error::operation_aborted. After any of them the connection is closed.
class exchange final : public boost::intrusive_ref_counter<exchange>, private deadline::listener
{
public:
    /// @throws foundry::error (`errc::invalid_argument`) if the executor is that of a thread pool or the system executor, without a strand.
    exchange(boost::intrusive_ptr<pool> connections, boost::asio::any_io_executor executor, timeouts const& within,
             std::size_t head_limit);
    exchange(exchange const&) = delete;
    exchange& operator=(exchange const&) = delete;
    ~exchange();

    /// Sends the message and waits for the head of the response. If a reused connection fails before the first byte of the response, send()
    /// repeats the message once on a new connection. If the server answers with a status of 300 or more before it has read the whole
    /// message, send() does not write the rest.
    ///
    /// After forbid_repetition(), send() does not repeat it: the server may have done what the message asks for.
    ///
    /// @param message empty: opens a connection for the pool, unless one is idle.
    /// @param rest second part of the message; saves a copy of a large body.
    /// @param source third part, read as it is sent; null: there is none. If it cannot go back to its beginning, nothing is repeated.
    /// @throws body_failure what the source throws.
    boost::asio::awaitable<void> send(std::string_view message, std::string_view rest = {},
                                      byte_source* source = nullptr);

    void forbid_repetition() noexcept { repeats_ = false; }

    /// @name For a message that asks for another protocol, once the response has status 101
    /// @{
    void expect_upgrade() noexcept { parser_.expect_upgrade(); }
    /// The connection, which the exchange keeps, without time limits.
    connection& upgrade() noexcept;
    /// What has arrived after the response.
    std::string_view unparsed() const noexcept { return {buffer_.get(), unparsed_}; }
    /// Closes the connection and throws what a failure of it means.
    [[noreturn]] void rethrow(std::exception_ptr e);
    boost::asio::any_io_executor const& executor() const noexcept { return limits_->executor(); }
    origin const& to() const noexcept { return pool_->to(); }
    /// @}

    response_head& head() noexcept { return parser_.head(); }

    /// What counts as content for the stall limit.
    enum class progress
    {
        on_bytes,  ///< Every byte of the body.
        on_signal, ///< Only a call of got_content().
    };
    /// Delivers the following bytes of the body to `sink`; at most `body_limit` bytes.
    void deliver_to(body_sink& sink, std::size_t body_limit, progress how = progress::on_bytes);
    /// Reports content: restarts the stall limit.
    void got_content() noexcept
    {
        stall_left_ = timeouts_.stall;
        idle_reads_ = 0;
    }

    /// Reads the next bytes of the response and delivers them. Returns false if the response is complete.
    boost::asio::awaitable<bool> read_more();

    /// Called before each value of a stream. If its turn is over, the coroutine posts itself and calls begin_turn(), unless the exchange
    /// has failed.
    bool is_turn_over() noexcept { return turn_.is_over(); }
    /// @throws boost::system::system_error `operation_aborted` if the exchange has been ended meanwhile.
    void begin_turn();

    /// Ends the exchange: releases the connection to the pool if the response is complete and the connection can carry another message,
    /// else closes it.
    void finish() noexcept;
    /// Drains the rest of a response in the background, so that the connection can be reused. Closes the connection if the rest is larger
    /// than 64 KiB or takes more than 2 s.
    static void drain(boost::intrusive_ptr<exchange> rest);
    /// Closes the connection.
    void close() noexcept;
    /// Ends the exchange from outside, on its own executor: what runs throws foundry::error (`errc::client_closed`).
    void stop();

    deadline& limits() noexcept { return *limits_; }
    /// Complete once the head has arrived.
    exchange_times const& times() const noexcept { return times_; }
    bool done() const noexcept { return parser_.done(); }
    /// Whether the body marks its own end, by chunked coding or Content-Length; if not, it ends with the connection.
    bool has_framing() const noexcept { return parser_.has_framing(); }

private:
    class drain_op;
    class ready_wait;

    void start_over();
    void take_head(std::size_t count);
    connection::step read_early();
    bool is_refused() noexcept;
    bool is_local_abort(boost::system::system_error const& e) const noexcept; // by a time limit or cancellation
    void rebind(boost::asio::any_io_executor executor);
    void begin_waiting();
    void end_waiting() noexcept;
    void check_flood();
    void check_leased() const;
    void on_deadline() override;
    /// Reads and delivers the available bytes, or returns the event to wait for.
    connection::step read_now();
    boost::asio::awaitable<std::string_view> read_source(byte_source& source);
    boost::asio::mutable_buffer prepare_buffer();
    void consume();
    [[noreturn]] void throw_expired() const;

    boost::intrusive_ptr<pool> pool_;
    boost::intrusive_ptr<deadline> limits_;
    lease lease_;
    boost::asio::steady_timer* queued_at_ = nullptr; // what the wait for a connection waits for
    timeouts timeouts_;
    std::chrono::nanoseconds stall_left_;
    exchange_times times_;
    clock::time_point sent_at_;         // end of the write of the request
    std::size_t idle_reads_ = 0;        // number of reads since the last content
    clock::time_point flooded_since_;   // time of the first of these reads
    std::size_t bytes_since_yield_ = 0; // bytes read since the last wait
    clock::time_point waiting_since_;   // start of the outstanding wait
    turn turn_;                         // of a stream
    progress progress_by_ = progress::on_bytes;
    response_parser parser_;
    std::unique_ptr<char[]> buffer_;   // not a std::string, which fills its memory with zeros
    std::size_t size_ = 0;             // size of the buffer
    std::unique_ptr<char[]> outgoing_; // what was read from a source
    std::size_t next_read_size_ = 4 * 1024;
    std::size_t unparsed_ = 0; // bytes at the start of the buffer that the parser has not consumed
    bool answered_ = false;
    bool repeats_ = true;
    bool written_ = true; // false if the response came before the end of the write
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/exchange.ipp>
#endif
