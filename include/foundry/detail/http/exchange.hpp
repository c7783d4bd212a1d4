// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/exchange_times.hpp>
#include <foundry/detail/http/pool.hpp>
#include <foundry/detail/http/response_parser.hpp>

#include <memory>
#include <string>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// One request and its response on a leased connection. Knows nothing of what the bytes mean.
///
/// Every failure is thrown as foundry::error with the code of the time limit or of the transport's cause; cancellation as
/// boost::system::system_error with boost::asio::error::operation_aborted. After a failure the connection is closed.
class exchange final : public boost::intrusive_ref_counter<exchange>, private deadline::listener
{
public:
    /// @throws foundry::error (`errc::invalid_argument`) if the executor is that of a thread pool or of the system, without a strand.
    exchange(boost::intrusive_ptr<pool> connections, boost::asio::any_io_executor executor, timeouts const& within,
             std::size_t head_limit);
    exchange(exchange const&) = delete;
    exchange& operator=(exchange const&) = delete;
    ~exchange();

    /// Sends the message and waits for the response's head. A kept connection that turns out dead before the first byte of the
    /// response is replaced once. If the server refuses the request (3xx to
    /// 5xx) before it has read all, no more is written.
    ///
    /// @param message empty: a connection is opened, unless one is idle, and goes to the pool.
    /// @param rest of the message.
    boost::asio::awaitable<void> send(std::string_view message, std::string_view rest = {});

    response_head& head() noexcept { return parser_.head(); }

    /// From here on, the body goes there. Every byte of it is content for the stall limit, unless only got_content() says so.
    enum class progress
    {
        on_bytes,
        on_signal,
    };
    void deliver_to(body_sink& sink, std::size_t body_limit, progress how = progress::on_bytes);
    /// What was read was content: the stall limit begins anew.
    void got_content() noexcept
    {
        stall_left_ = timeouts_.stall;
        idle_reads_ = 0;
    }

    /// Reads what is there and delivers it. False once the response is complete.
    boost::asio::awaitable<bool> read_more();

    /// The response is complete: the connection goes back to the pool, if it may carry another.
    void finish() noexcept;
    /// The rest of the response is of no interest. What little there may be is read in the background, so that the connection
    /// can be used again; where it is more, the connection is closed.
    static void drain(boost::intrusive_ptr<exchange> rest);
    void close() noexcept;

    deadline& limits() noexcept { return *limits_; }
    /// Complete once the head has arrived.
    exchange_times const& times() const noexcept { return times_; }
    bool done() const noexcept { return parser_.done(); }
    /// Whether the body says itself where it ends.
    bool has_framing() const noexcept { return parser_.has_framing(); }

private:
    class drain_op;
    class ready_wait;

    void start_over();
    void take_head(std::size_t count);
    connection::step read_early();
    bool is_refused() noexcept;
    bool is_local_abort(boost::system::system_error const& e) const noexcept; // on our side: a limit, or cancellation
    void rebind(boost::asio::any_io_executor executor);
    void begin_waiting();
    void end_waiting() noexcept;
    void check_flood();
    void check_leased() const;
    void on_deadline() override;
    /// Reads and delivers what is there, or says what has to be waited for.
    connection::step read_now();
    boost::asio::mutable_buffer prepare_buffer();
    void consume();
    [[noreturn]] void rethrow(std::exception_ptr e);

    boost::intrusive_ptr<pool> pool_;
    boost::intrusive_ptr<deadline> limits_;
    lease lease_;
    timeouts timeouts_;
    std::chrono::nanoseconds stall_left_;
    exchange_times times_;
    clock::time_point sent_at_;         // when the request had been written
    std::size_t idle_reads_ = 0;        // since the last content
    clock::time_point flooded_since_;   // the first of them
    std::size_t bytes_since_yield_ = 0; // read without a wait
    clock::time_point waiting_since_;   // of the read that is outstanding
    progress progress_by_ = progress::on_bytes;
    response_parser parser_;
    std::unique_ptr<char[]> buffer_;        // not a string, which would be filled with zeros first
    std::size_t size_ = 0;                  // of the buffer
    std::size_t next_read_size_ = 4 * 1024; // for the next read
    std::size_t unparsed_ = 0;              // bytes at the front of the buffer that the parser has not taken yet
    bool answered_ = false;
    bool written_ = true; // false where the response came before the whole request was written
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/exchange.ipp>
#endif
