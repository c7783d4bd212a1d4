// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/http/exchange.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <tuple>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

using foundry::detail::concat;

inline constexpr std::size_t least_read = 4 * 1024; // a smaller read counts as this many bytes
inline constexpr std::size_t most_read = 16 * 1024;
inline constexpr std::size_t most_written = 64 * 1024; // of a source, at once
inline constexpr std::size_t max_unparsed = 8 * 1024;  // limit of a chunk header or a trailer
// Bytes of a body to read before read_more() yields to timers, cancellation and other coroutines.
inline constexpr std::size_t max_at_once = 64 * 1024;
inline constexpr std::size_t max_drained = 64 * 1024;
inline constexpr std::chrono::seconds max_drain_time{2};

inline error transport_error(errc code, boost::system::error_code cause, bool plain)
{
    failure f;
    bool const is_lost = code == errc::connection_lost;
    if (cause == boost::asio::error::eof)
        f.service_message =
            concat({"the server closed the connection ", is_lost ? "before answering" : "within the answer"});
    else
        f.service_message = cause.message();
    f.advice = is_lost ? "the request may have been carried out; send it again if that is harmless"
                       : "the answer broke off; ask again";
    if (is_lost && plain)
        f.advice += "; if this port speaks TLS, write https:// in the endpoint's URL";
    return error(make_error_code(code), std::move(f));
}

inline error truncated(std::string what)
{
    failure f;
    f.service_message = std::move(what);
    f.advice = "the answer broke off; ask again";
    return error(make_error_code(errc::stream_truncated), std::move(f));
}

/// Whether the bytes begin a TLS record: an alert or a handshake message of any version.
inline bool is_tls_record(std::string_view bytes)
{
    return bytes.size() >= 2 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 0x03;
}

[[noreturn]] inline void throw_needs_tls(origin const& from)
{
    failure f;
    f.service_message = from.first_host() + " port " + std::to_string(from.first_port()) + " speaks TLS";
    f.advice = from.proxy ? "write https:// in the proxy's URL" : "write https:// in the endpoint's URL";
    throw error(make_error_code(errc::unexpected_reply), std::move(f));
}

inline bool is_cancelled(boost::asio::cancellation_state const& state)
{
    return state.cancelled() != boost::asio::cancellation_type::none;
}

} // namespace detail

FOUNDRY_DECL void check_serial(boost::asio::any_io_executor const& executor)
{
    auto const* const pool = executor.target<boost::asio::thread_pool::executor_type>();
    bool const is_pool = pool != nullptr && boost::asio::query(*pool, boost::asio::execution::occupancy) > 1;
    if (is_pool || executor.target<boost::asio::system_executor>() != nullptr) {
        throw error(errc::invalid_argument, "the coroutine runs on an executor of several threads; spawn it on "
                                            "boost::asio::make_strand(executor)");
    }
}

FOUNDRY_DECL exchange::exchange(boost::intrusive_ptr<pool> connections, boost::asio::any_io_executor executor,
                                timeouts const& within, std::size_t head_limit)
    : pool_(std::move(connections)),
      timeouts_(within),
      parser_(head_limit)
{
    if (timeouts_.stall.count() > 0)
        timeouts_.stall = (std::max)(timeouts_.stall, timeouts_.silence);
    stall_left_ = timeouts_.stall;
    check_serial(executor);
    rebind(std::move(executor));
}

FOUNDRY_DECL void exchange::rebind(boost::asio::any_io_executor executor)
{
    limits_.reset(new deadline(std::move(executor), *this));
}

FOUNDRY_DECL void exchange::on_deadline()
{
    if (queued_at_ != nullptr)
        queued_at_->cancel();
    if (lease_)
        lease_->close();
}

FOUNDRY_DECL void exchange::stop() { limits_->expire(errc::client_closed); }

FOUNDRY_DECL exchange::~exchange() { close(); }

FOUNDRY_DECL connection& exchange::upgrade() noexcept
{
    limits_->clear_step();
    limits_->set_total(never, {});
    return *lease_;
}

FOUNDRY_DECL void exchange::close() noexcept
{
    limits_->stop();
    lease_.discard();
}

FOUNDRY_DECL void exchange::finish() noexcept
{
    limits_->stop();
    // Bytes after the message would become part of the next response.
    if (parser_.done() && unparsed_ == 0 && written_ && parser_.keep_alive())
        lease_.release();
    else
        lease_.discard();
}

FOUNDRY_DECL void exchange::rethrow(std::exception_ptr e)
{
    errc const expired = limits_->expired();
    bool const in_time = expired == errc();
    close();
    try {
        std::rethrow_exception(e);
    } catch (error const& known) {
        if (in_time && answered_ && known.code() == errc::tls_failed)
            throw detail::truncated(known.message());
        if (in_time || known.code() == expired) // its message is more precise
            throw;
    } catch (boost::system::system_error const& low) {
        if (in_time && low.code() == boost::asio::error::operation_aborted)
            throw;
        if (in_time) {
            throw detail::transport_error(answered_ ? errc::stream_truncated : errc::connection_lost, low.code(),
                                          !pool_->to().tls);
        }
    }
    throw_expired();
}

FOUNDRY_DECL void exchange::throw_expired() const { throw limit_error(limits_->expired_limit(), pool_->to().name()); }

FOUNDRY_DECL bool exchange::is_local_abort(boost::system::system_error const& e) const noexcept
{
    return limits_->expired() != errc() || e.code() == boost::asio::error::operation_aborted;
}

/// Resets the state for another connection.
FOUNDRY_DECL void exchange::start_over()
{
    limits_->clear_step();
    lease_.discard();
    written_ = true;
    unparsed_ = 0;
    parser_.restart();
}

/// Waits until a connection can be read or written, whichever comes first.
class exchange::ready_wait
{
public:
    ready_wait(connection& on, boost::asio::any_io_executor const& executor) : state_(new state(on, executor))
    {
        try {
            for (connection::step const s : {connection::step::want_read, connection::step::want_write})
                on.wait(s)(boost::asio::bind_executor(executor, wait_handler{state_}));
        } catch (...) { // out of memory: one of the waits may be outstanding
            state_->on = nullptr;
            throw;
        }
    }
    ready_wait(ready_wait const&) = delete;
    ready_wait& operator=(ready_wait const&) = delete;
    /// Closing the connection ends a wait that is still outstanding.
    ~ready_wait() { state_->on = nullptr; }

    /// A timer that is cancelled when both waits have completed.
    boost::asio::steady_timer& ended() noexcept { return state_->ended; }
    bool has_ended() const noexcept { return state_->pending == 0; }

private:
    struct state final : wait_callback
    {
        state(connection& c, boost::asio::any_io_executor const& executor)
            : on(&c),
              ended(executor, (clock::time_point::max)())
        {}

        void on_wake(boost::system::error_code) override
        {
            if (--pending == 0)
                ended.cancel();
            else if (on != nullptr)
                on->cancel(); // the other wait
        }

        connection* on;
        boost::asio::steady_timer ended;
        int pending = 2;
    };

    boost::intrusive_ptr<state> state_;
};

// A single coroutine, because each nested one costs an allocation for each request, and compile time.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> exchange::send(std::string_view message, std::string_view rest,
                                                                      byte_source* source)
{
    std::exception_ptr failed;
    for (bool fresh = false;; fresh = true) {
        bool stale = false;
        try {
            limits_->set_step(clock::now(), timeouts_.pool, errc::pool_timeout);
            {
                auto const begun = clock::now();
                pool::acquire_ticket mine(pool_, limits_->executor(), limits_->next(), fresh);
                bool const has_waited = mine.must_wait();
                while (mine.must_wait()) {
                    limits_->check();
                    foundry::detail::noted_scope const waits(&queued_at_, mine.woken());
                    // As a tuple: a free connection cancels the wait, and an exception would cost as much as half a call.
                    boost::system::error_code const interrupted =
                        std::get<0>(co_await mine.woken().async_wait(boost::asio::as_tuple(boost::asio::deferred)));
                    mine.try_again(interrupted);
                }
                lease_ = mine.take();
                // If the cancellation arrives together with the connection, nothing is sent.
                if (has_waited) {
                    times_.queue = clock::now() - begun;
                    if (detail::is_cancelled(co_await boost::asio::this_coro::cancellation_state)) {
                        lease_.release();
                        throw boost::system::system_error(boost::asio::error::operation_aborted);
                    }
                }
            }
            limits_->clear_step();
            if (limits_->expired() != errc()) // passed while on_deadline() had no connection to close
                throw_expired();
            lease_->move_to(limits_->executor());
            if (!lease_->is_open())
                co_await lease_->open(pool_->to(), pool_->addresses(), timeouts_, *limits_, pool_->session(), times_);
            if (message.empty()) {
                limits_->stop();
                lease_.release();
                co_return;
            }

            std::exception_ptr unwritten;
            try {
                connection::step reading = connection::step::want_read;
                std::string_view part = message;
                for (std::string_view next = rest; !part.empty(); part = std::exchange(next, {})) {
                    for (bool blocked = false; !part.empty() && written_;) {
                        std::size_t n = 0;
                        connection::step const s = lease_->try_write(part, n);
                        part.remove_prefix(n);
                        if (s == connection::step::done) {
                            blocked = false;
                            continue;
                        }
                        if (!std::exchange(blocked, true))
                            limits_->set_step(clock::now(), timeouts_.write, errc::write_timeout);
                        if (reading != connection::step::want_read) {
                            co_await lease_->wait(s);
                        } else {
                            ready_wait ready(*lease_, limits_->executor());
                            try {
                                co_await ready.ended().async_wait(boost::asio::deferred);
                            } catch (boost::system::system_error const&) {
                                if (!ready.has_ended())
                                    throw;
                            }
                        }
                        reading = read_early();
                        written_ = !is_refused();
                    }
                    if (next.empty() && source != nullptr && written_) {
                        next = co_await read_source(*source);
                        reading = read_early();
                        written_ = !is_refused();
                    }
                }
                limits_->clear_step();
            } catch (boost::system::system_error const& e) {
                if (is_local_abort(e) || e.code().category() == error_category())
                    throw;
                // A server that rejects a request may send the reason before it has read the whole request.
                unwritten = std::current_exception();
                written_ = false;
                limits_->clear_step();
            }
            sent_at_ = clock::now();
            try {
                while (!parser_.has_head()) {
                    std::size_t n = 0;
                    for (connection::step s; (s = lease_->try_read(prepare_buffer(), n)) != connection::step::done;) {
                        begin_waiting();
                        co_await lease_->wait(s);
                        end_waiting();
                    }
                    take_head(n);
                }
                times_.first_byte = clock::now() - sent_at_;
                got_content();
            } catch (boost::system::system_error const& e) {
                bool const has_reason = e.code() == errc::tls_failed; // an alert says more than the failed write
                if (written_ || is_local_abort(e) || has_reason)
                    throw;
                answered_ = false;
                std::rethrow_exception(unwritten);
            }
            co_return;
        } catch (boost::system::system_error const& e) {
            failed = std::current_exception();
            bool const is_lost = e.code().category() != error_category() || e.code() == errc::tls_failed;
            stale = repeats_ && lease_ && lease_.reused() && !answered_ && !is_local_abort(e) && is_lost;
        }
        if (!stale || (source != nullptr && !source->rewind()))
            rethrow(failed);
        start_over();
    }
}

/// Reads the next piece of a body, after other coroutines have had their turn.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::string_view> exchange::read_source(byte_source& source)
{
    limits_->clear_step();
    co_await boost::asio::post(limits_->executor(), boost::asio::deferred);
    if (outgoing_ == nullptr)
        outgoing_.reset(new char[detail::most_written]);
    std::size_t count = 0;
    try {
        count = co_await source.read(std::span<char>(outgoing_.get(), detail::most_written));
    } catch (...) {
        throw body_failure{std::current_exception(), errc::source_failed};
    }
    limits_->check();
    co_return std::string_view(outgoing_.get(), count);
}

/// Reads the available bytes of the head during the write of the request; returns `done` if the head is complete.
FOUNDRY_DECL connection::step exchange::read_early()
{
    while (!parser_.has_head()) {
        std::size_t n = 0;
        if (connection::step const s = lease_->try_read(prepare_buffer(), n); s != connection::step::done)
            return s;
        take_head(n);
    }
    return connection::step::done;
}

/// Whether the server rejects the request before it has read all of it (RFC 9112, 9.5). After a status below 300 it may still read on.
FOUNDRY_DECL bool exchange::is_refused() noexcept { return parser_.has_head() && parser_.head().status >= 300; }

FOUNDRY_DECL void exchange::begin_waiting()
{
    waiting_since_ = clock::now();
    if (answered_)
        limits_->set_step(waiting_since_, timeouts_.silence, errc::silence_timeout);
    else
        limits_->set_step(sent_at_, timeouts_.first_byte, errc::first_byte_timeout);
    if (answered_ && timeouts_.stall.count() > 0)
        limits_->set_stall(waiting_since_, std::chrono::ceil<std::chrono::milliseconds>(stall_left_), timeouts_.stall);
}

FOUNDRY_DECL void exchange::end_waiting() noexcept
{
    limits_->clear_step();
    auto const now = clock::now();
    turn_.begin(now);
    if (answered_)
        stall_left_ =
            std::max<std::chrono::nanoseconds>(stall_left_ - (now - waiting_since_), std::chrono::milliseconds{1});
}

FOUNDRY_DECL void exchange::take_head(std::size_t count)
{
    if (count == 0)
        throw boost::system::system_error(boost::asio::error::make_error_code(boost::asio::error::eof));
    if (!answered_ && !pool_->to().tls && detail::is_tls_record({buffer_.get(), unparsed_ + count}))
        detail::throw_needs_tls(pool_->to());
    answered_ = true;
    unparsed_ += count;
    consume();
}

FOUNDRY_DECL boost::asio::mutable_buffer exchange::prepare_buffer()
{
    if (size_ - unparsed_ < next_read_size_ / 2) {
        std::unique_ptr<char[]> larger(new char[unparsed_ + next_read_size_]);
        if (unparsed_ != 0)
            std::memcpy(larger.get(), buffer_.get(), unparsed_);
        buffer_ = std::move(larger);
        size_ = unparsed_ + next_read_size_;
    }
    return boost::asio::buffer(buffer_.get() + unparsed_, size_ - unparsed_);
}

FOUNDRY_DECL void exchange::consume()
{
    std::size_t const used = parser_.feed({buffer_.get(), unparsed_});
    unparsed_ -= used;
    if (used != 0 && unparsed_ != 0)
        std::memmove(buffer_.get(), buffer_.get() + used, unparsed_);
}

FOUNDRY_DECL void exchange::deliver_to(body_sink& sink, std::size_t body_limit, progress how)
{
    progress_by_ = how;
    parser_.deliver_to(&sink, body_limit);
    if (unparsed_ != 0 && !parser_.done())
        consume();
}

FOUNDRY_DECL connection::step exchange::read_now()
{
    std::size_t n = 0;
    boost::asio::mutable_buffer const into = prepare_buffer();
    if (connection::step const s = lease_->try_read(into, n); s != connection::step::done)
        return s;
    unparsed_ += n;
    bytes_since_yield_ += (std::max)(n, detail::least_read);
    if (n == into.size())
        next_read_size_ = detail::most_read; // small chunks need less memory
    if (n == 0)
        parser_.end();
    else
        consume();
    if (!parser_.done() && unparsed_ > detail::max_unparsed)
        throw error(errc::limit_exceeded, "a chunk header or trailer of the response has no end");
    return connection::step::done;
}

/// Checks the stall limit for reads that do not wait; the timer counts only the time of waits.
FOUNDRY_DECL void exchange::check_flood()
{
    auto const now = clock::now();
    if (idle_reads_++ == 0)
        flooded_since_ = now;
    else if (timeouts_.stall.count() > 0 && now - flooded_since_ > timeouts_.stall)
        throw limit_error({now, errc::stall_timeout, timeouts_.stall, false}, pool_->to().host);
}

FOUNDRY_DECL void exchange::begin_turn()
{
    check_leased();
    bytes_since_yield_ = 0;
    turn_.begin(clock::now());
}

/// close() may run during the wait.
FOUNDRY_DECL void exchange::check_leased() const
{
    if (!lease_)
        throw boost::system::system_error(boost::asio::error::operation_aborted);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<bool> exchange::read_more()
{
    if (parser_.done())
        co_return false;
    std::exception_ptr failed;
    try {
        if (bytes_since_yield_ >= detail::max_at_once) {
            co_await boost::asio::post(limits_->executor(), boost::asio::deferred);
            begin_turn();
        }
        for (connection::step s; (s = read_now()) != connection::step::done;) {
            bytes_since_yield_ = 0;
            begin_waiting();
            co_await lease_->wait(s);
            check_leased();
            end_waiting();
        }
        if (progress_by_ == progress::on_bytes)
            got_content();
        check_flood();
    } catch (...) {
        failed = std::current_exception();
    }
    if (failed)
        rethrow(failed);
    co_return true;
}

/// Drains the rest of a response in the background. Moves the connection to the client's executor, because the caller's executor may end
/// with the caller's coroutine.
class exchange::drain_op final : public wait_callback, private body_sink
{
public:
    explicit drain_op(boost::intrusive_ptr<exchange> rest)
        : rest_(std::move(rest)),
          timer_(rest_->pool_->executor(), detail::max_drain_time)
    {
        rest_->limits_->stop();
        rest_->rebind(timer_.get_executor());
        rest_->lease_->move_to(timer_.get_executor());
        rest_->parser_.deliver_to(this, detail::max_drained);
        rest_->bytes_since_yield_ = 0;
    }

    void start()
    {
        timer_.async_wait(wait_handler{this});
        read();
    }

    void on_wake(boost::system::error_code) override { read(); }

private:
    void read()
    {
        std::lock_guard const lock(mutex_);
        if (clock::now() >= timer_.expiry())
            rest_.reset();
        if (!rest_)
            return;
        try {
            while (!rest_->done() && rest_->bytes_since_yield_ <= detail::max_drained) {
                connection::step const s = rest_->read_now();
                if (s == connection::step::done)
                    continue;
                rest_->lease_->wait(s)(wait_handler{this});
                return;
            }
            rest_->finish();
        } catch (boost::system::system_error const&) { // the connection has failed
        }
        rest_.reset();
        timer_.cancel();
    }

    void on_body(std::string_view) override {}

    std::mutex mutex_; // the timer and the socket may complete at the same time
    boost::intrusive_ptr<exchange> rest_;
    boost::asio::steady_timer timer_;
};

FOUNDRY_DECL void exchange::drain(boost::intrusive_ptr<exchange> rest)
{
    if (rest->done())
        return rest->finish();
    auto* const all = new drain_op(std::move(rest));
    boost::intrusive_ptr<wait_callback> const owner(all);
    all->start();
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
