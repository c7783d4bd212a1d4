// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/noted_scope.hpp>
#include <foundry/detail/http/websocket.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// For coroutines that report what ends them by themselves.
struct ignore_end
{
    void operator()(std::exception_ptr) const noexcept {}
};

/// A cancelled coroutine takes nothing that has come at the same time.
inline void check_cancelled(boost::asio::cancellation_state const& state)
{
    if (is_cancelled(state))
        throw boost::system::system_error(boost::asio::error::make_error_code(boost::asio::error::operation_aborted));
}

/// Waits until the timer is cancelled or expires.
inline FOUNDRY_CORO boost::asio::awaitable<void> until_woken(boost::asio::steady_timer& timer)
{
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::deferred));
    check_cancelled(co_await boost::asio::this_coro::cancellation_state);
}

/// What a message takes in the queue, about.
inline std::size_t cost_of(std::string_view message) { return message.size() + 64; }

} // namespace detail

FOUNDRY_DECL websocket::websocket(boost::intrusive_ptr<exchange> opened, websocket_limits const& within)
    : exchange_(std::move(opened)),
      connection_(exchange_->upgrade()),
      limits_(within),
      parser_(within.max_message),
      arrived_(exchange_->executor()),
      room_(exchange_->executor(), never),
      output_(exchange_->executor(), never),
      sent_(exchange_->executor(), never),
      over_(exchange_->executor(), never),
      watch_(exchange_->executor())
{}

FOUNDRY_DECL void websocket::take(websocket_item const& item)
{
    switch (item.type) {
    case websocket_opcode::ping:
        pong_ = std::string(item.payload);
        flush();
        break;
    case websocket_opcode::pong:
        break;
    case websocket_opcode::close:
        close_code_ = item.close_code;
        close_reason_ = item.payload;
        begin_close(item.close_code == close_code::none ? close_code::normal : item.close_code);
        end(nullptr);
        break;
    default:
        if (has_sent_close_)
            break;
        unread_ += detail::cost_of(item.payload);
        messages_.emplace_back(item.payload);
        arrived_.cancel();
    }
}

FOUNDRY_DECL void websocket::take(std::string_view bytes)
{
    websocket_item item;
    while (!is_over_ && parser_.next(bytes, item))
        take(item);
}

/// Reads what has arrived, by way of the stack: a session that waits needs no buffer.
FOUNDRY_DECL connection::step websocket::read_some(std::size_t& count)
{
    std::array<char, 16 * 1024> buffer; // not initialised
    connection::step const step = connection_.try_read(boost::asio::buffer(buffer), count);
    if (step == connection::step::done) {
        if (count == 0)
            throw boost::system::system_error(boost::asio::error::make_error_code(boost::asio::error::eof));
        take({buffer.data(), count});
    }
    return step;
}

/// Reads until the end; keeps the socket alive as long.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> read_websocket(boost::intrusive_ptr<websocket> socket)
{
    websocket& self = *socket;
    constexpr std::size_t most_at_once = 64 * 1024;
    try {
        self.take(self.exchange_->unparsed());
        for (std::size_t since_wait = 0; !self.is_over_;) {
            if (!self.has_room()) {
                self.silent_at_ = never;
                co_await detail::until_woken(self.room_);
                continue;
            }
            if (since_wait >= most_at_once) {
                since_wait = 0;
                co_await boost::asio::post(self.exchange_->executor(), boost::asio::deferred);
                continue;
            }
            if (self.limits_.silence.count() > 0) {
                self.silent_at_ = clock::now() + self.limits_.silence;
                self.watch_from_now();
            }
            std::size_t count = 0;
            if (connection::step const step = self.read_some(count); step != connection::step::done) {
                since_wait = 0;
                co_await self.connection_.wait(step);
                continue;
            }
            since_wait += count;
        }
    } catch (...) {
        self.end(std::current_exception());
    }
}

FOUNDRY_DECL void websocket::append(websocket_opcode type, std::string_view payload)
{
    if (written_ == outgoing_.size() || written_ > 64 * 1024) {
        outgoing_.erase(0, written_);
        written_ = 0;
    }
    append_websocket_frame(outgoing_, type, payload, make_websocket_mask());
}

FOUNDRY_DECL void websocket::flush()
{
    if (is_over_ || is_write_broken_)
        return;
    if (pong_ && !has_sent_close_ && unsent() < limits_.max_unsent) {
        std::string const payload = std::move(*pong_);
        pong_.reset();
        append(websocket_opcode::pong, payload);
    }
    std::size_t const before = unsent();
    try {
        for (connection::step step = connection::step::done; unsent() != 0 && step == connection::step::done;) {
            std::size_t count = 0;
            step = connection_.try_write(std::string_view(outgoing_).substr(written_), count);
            written_ += count;
        }
    } catch (boost::system::system_error const&) { // what has arrived can still be read, and then the reason
        is_write_broken_ = true;
        outgoing_.clear();
        written_ = 0;
    }
    if (unsent() != before)
        sent_.cancel();
    if (unsent() == 0) {
        late_at_ = never;
        return;
    }
    if (limits_.write.count() > 0 && (late_at_ == never || unsent() != before)) {
        late_at_ = clock::now() + limits_.write;
        watch_from_now();
    }
    output_.cancel();
}

/// Writes what the socket did not take at once.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> write_websocket(boost::intrusive_ptr<websocket> socket)
{
    websocket& self = *socket;
    try {
        while (!self.is_over_) {
            if (self.unsent() == 0) {
                co_await detail::until_woken(self.output_);
                continue;
            }
            co_await self.connection_.wait(connection::step::want_write);
            self.flush();
        }
    } catch (...) {
        self.end(std::current_exception());
    }
}

FOUNDRY_DECL clock::time_point websocket::next_limit() const noexcept
{
    return (std::min)((std::min)(ping_at_, silent_at_), (std::min)(late_at_, close_at_));
}

/// Makes the timer fire at the next limit, if it would fire later.
FOUNDRY_DECL void websocket::watch_from_now()
{
    if (next_limit() < watched_until_)
        watch_.cancel();
}

FOUNDRY_DECL void websocket::check_limits(clock::time_point now)
{
    if (now >= ping_at_) {
        ping_at_ = now + limits_.ping;
        if (!has_sent_close_ && unsent() < limits_.max_unsent) {
            append(websocket_opcode::ping, {});
            flush();
        }
    }
    if (now >= silent_at_ && connection_.is_readable()) // the program stood still, and the reader has not run yet
        silent_at_ = now + limits_.silence;
    std::string const& host = exchange_->to().host;
    if (now >= silent_at_)
        end(std::make_exception_ptr(limit_error({now, errc::silence_timeout, limits_.silence, true}, host)));
    else if (now >= late_at_)
        end(std::make_exception_ptr(limit_error({now, errc::write_timeout, limits_.write, true}, host)));
    else if (now >= close_at_)
        end(nullptr);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> watch_websocket(boost::intrusive_ptr<websocket> socket)
{
    websocket& self = *socket;
    try {
        while (!self.is_over_) {
            self.watched_until_ = self.next_limit();
            self.watch_.expires_at(self.watched_until_);
            co_await detail::until_woken(self.watch_);
            if (!self.is_over_)
                self.check_limits(clock::now());
        }
    } catch (...) {
        self.end(std::current_exception());
    }
}

FOUNDRY_DECL FOUNDRY_CORO void websocket::start()
{
    if (limits_.ping.count() > 0)
        ping_at_ = clock::now() + limits_.ping;
    boost::intrusive_ptr<websocket> const self(this);
    boost::asio::any_io_executor const& executor = exchange_->executor();
    try {
        boost::asio::co_spawn(executor, read_websocket(self), detail::ignore_end());
        boost::asio::co_spawn(executor, write_websocket(self), detail::ignore_end());
        boost::asio::co_spawn(executor, watch_websocket(self), detail::ignore_end());
    } catch (...) {
        end(std::current_exception()); // of those that run
        throw;
    }
}

FOUNDRY_DECL void websocket::begin_close(std::uint16_t code)
{
    if (std::exchange(has_sent_close_, true))
        return;
    close_at_ = clock::now() + limits_.close;
    watch_from_now(); // also without the memory for the frame
    append_close_frame(outgoing_, code, {}, make_websocket_mask());
    room_.cancel();
    sent_.cancel();
    flush();
}

FOUNDRY_DECL void websocket::end(std::exception_ptr why)
{
    if (is_over_)
        return;
    if (parser_.failure_code() != 0 && !has_sent_close_) {
        has_sent_close_ = true;
        try {
            append_close_frame(outgoing_, parser_.failure_code(), {}, make_websocket_mask());
            std::size_t count = 0;
            connection_.try_write(std::string_view(outgoing_).substr(written_), count);
        } catch (std::exception const&) { // what ended it says more
        }
    }
    is_over_ = true;
    if (why) {
        try {
            exchange_->rethrow(why);
        } catch (...) {
            failure_ = std::current_exception();
        }
    }
    exchange_->close();
    wake_all();
}

FOUNDRY_DECL void websocket::wake_all() noexcept
{
    for (boost::asio::steady_timer* const each : {&arrived_, &room_, &output_, &sent_, &over_, &watch_})
        each->cancel();
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<std::string>> websocket::next(clock::time_point until)
{
    boost::intrusive_ptr<websocket> const self(this);
    if (reader_ != nullptr)
        throw error(errc::invalid_argument, "another next() waits already; call one at a time");
    foundry::detail::noted_scope const waits(&reader_, arrived_);
    if (turn_.is_over()) {
        co_await boost::asio::post(exchange_->executor(), boost::asio::deferred);
        detail::check_cancelled(co_await boost::asio::this_coro::cancellation_state);
        turn_.begin(clock::now());
    }
    while (messages_.empty() && !is_over_ && clock::now() < until) {
        arrived_.expires_at(until);
        co_await detail::until_woken(arrived_);
        turn_.begin(clock::now());
    }
    std::optional<std::string> message;
    if (!messages_.empty()) {
        message = std::move(messages_.front());
        messages_.pop_front();
        unread_ -= detail::cost_of(*message);
        if (has_room())
            room_.cancel();
    } else if (failure_ && !std::exchange(is_failure_told_, true)) {
        std::rethrow_exception(failure_);
    }
    co_return message;
}

FOUNDRY_DECL void websocket::check_sendable() const
{
    if (is_write_broken_ && !is_over_)
        throw error(errc::connection_lost, "the connection broke; next() says why");
    if (failure_)
        std::rethrow_exception(failure_);
    if (is_over_ || has_sent_close_)
        throw error(errc::invalid_argument, "the session is closed; open another");
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> websocket::send(std::string message)
{
    boost::intrusive_ptr<websocket> const self(this);
    std::size_t const size = message.size();
    check_sendable();
    if (senders_ != 0 || is_full(size)) {
        ++senders_;
        try {
            do
                co_await detail::until_woken(sent_);
            while (!is_over_ && !has_sent_close_ && is_full(size));
        } catch (...) {
            --senders_;
            throw;
        }
        --senders_;
        check_sendable();
    }
    append(websocket_opcode::text, message);
    flush();
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> websocket::close()
{
    boost::intrusive_ptr<websocket> const self(this);
    if (!is_over_)
        begin_close(close_code::normal);
    while (!is_over_)
        co_await detail::until_woken(over_);
}

FOUNDRY_DECL void websocket::abandon() noexcept
{
    if (is_over_)
        return;
    try {
        begin_close(close_code::normal);
        end(nullptr);
    } catch (...) { // no memory for a close frame
        is_over_ = true;
        exchange_->close();
        wake_all();
    }
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
