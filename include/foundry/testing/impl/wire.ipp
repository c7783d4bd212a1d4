// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/emulator.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// One accepted socket, with or without TLS. It can read while it sleeps, so it notices at once if the client closes.
class wire : public std::enable_shared_from_this<wire>
{
public:
    wire(tcp::socket socket, asio::ssl::context* tls);

    asio::awaitable<bool> handshake();                       ///< False if the TLS handshake failed.
    asio::awaitable<bool> receive();                         ///< Appends to `input()`; false at the end of the stream.
    asio::awaitable<bool> send(std::string_view bytes);      ///< False if the client has closed.
    asio::awaitable<bool> sleep(std::chrono::nanoseconds t); ///< False as soon as the client has closed.
    asio::awaitable<void> wait_until_closed();               ///< Discards bytes that still arrive.
    asio::awaitable<void> finish();                          ///< Closes cleanly, within a quarter of a second.
    void abort();                                            ///< Closes the socket without a TLS close_notify.
    void reset();                                            ///< The same, with a TCP reset.
    std::function<void()> closer();                          ///< Calls `abort`; for any thread.

    bool is_tls() const { return tls_.has_value(); }
    bool is_resumed() { return tls_ && SSL_session_reused(tls_->native_handle()) == 1; }
    std::string server_name(); ///< The SNI of the handshake; empty without one.
    std::string& input() { return input_; }
    tcp::socket& socket() { return socket_; }
    asio::ssl::stream<tcp::socket&>* tls() { return tls_ ? &*tls_ : nullptr; } ///< Null without TLS.

private:
    void listen();
    void heard(boost::system::error_code failed, std::size_t size);

    tcp::socket socket_;
    std::optional<asio::ssl::stream<tcp::socket&>> tls_;
    asio::steady_timer signal_;   ///< Waits for the read in progress, or for a time to pass.
    asio::steady_timer deadline_; ///< Time limit of `finish`.
    std::array<char, 16384> chunk_;
    std::string input_;
    bool listening_ = false;
    bool ended_ = false;
};

FOUNDRY_DECL wire::wire(tcp::socket socket, asio::ssl::context* tls)
    : socket_(std::move(socket)),
      signal_(socket_.get_executor()),
      deadline_(socket_.get_executor())
{
    boost::system::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    if (tls)
        tls_.emplace(socket_, *tls);
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<bool> wire::handshake()
{
    if (!tls_)
        co_return true;
    boost::system::error_code failed;
    co_await tls_->async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, failed));
    co_return !failed;
}

FOUNDRY_DECL std::string wire::server_name()
{
    auto const* const name = tls_ ? SSL_get_servername(tls_->native_handle(), TLSEXT_NAMETYPE_host_name) : nullptr;
    return name ? std::string(name) : std::string();
}

/// Starts a read unless one is in progress. The read can outlive its caller: its bytes stay in `input_`.
FOUNDRY_DECL void wire::listen()
{
    if (listening_ || ended_)
        return;
    listening_ = true;
    auto done = [self = shared_from_this()](boost::system::error_code failed, std::size_t size) {
        self->heard(failed, size);
    };
    if (tls_)
        tls_->async_read_some(asio::buffer(chunk_), std::move(done));
    else
        socket_.async_read_some(asio::buffer(chunk_), std::move(done));
}

FOUNDRY_DECL void wire::heard(boost::system::error_code failed, std::size_t size)
{
    listening_ = false;
    ended_ = static_cast<bool>(failed);
    input_.append(chunk_.data(), size);
    signal_.cancel();
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<bool> wire::receive()
{
    auto const before = input_.size();
    listen();
    while (input_.size() == before && !ended_) {
        boost::system::error_code woken;
        signal_.expires_at((asio::steady_timer::time_point::max)());
        co_await signal_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    co_return input_.size() != before;
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<bool> wire::sleep(std::chrono::nanoseconds t)
{
    auto const end = std::chrono::steady_clock::now() + t;
    while (!ended_ && std::chrono::steady_clock::now() < end) {
        listen();
        boost::system::error_code woken;
        signal_.expires_at(end);
        co_await signal_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    co_return !ended_;
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<bool> wire::send(std::string_view bytes)
{
    boost::system::error_code failed;
    auto const buffer = asio::buffer(bytes);
    if (tls_)
        co_await asio::async_write(*tls_, buffer, asio::redirect_error(asio::use_awaitable, failed));
    else
        co_await asio::async_write(socket_, buffer, asio::redirect_error(asio::use_awaitable, failed));
    co_return !failed;
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void> wire::wait_until_closed()
{
    while (!ended_) {
        input_.clear();
        co_await receive();
    }
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void> wire::finish()
{
    deadline_.expires_after(std::chrono::milliseconds(250));
    deadline_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
        if (!cancelled)
            self->abort();
    });
    boost::system::error_code ignored;
    if (tls_)
        co_await tls_->async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    if (!tls_)
        co_await wait_until_closed();
    deadline_.cancel();
    abort();
}

FOUNDRY_DECL void wire::abort()
{
    boost::system::error_code ignored;
    socket_.close(ignored);
}

FOUNDRY_DECL void wire::reset()
{
    boost::system::error_code ignored;
    socket_.set_option(tcp::socket::linger(true, 0), ignored);
    abort();
}

FOUNDRY_DECL std::function<void()> wire::closer()
{
    return [executor = socket_.get_executor(), self = weak_from_this()] {
        asio::post(executor, [self] {
            if (auto const open = self.lock())
                open->abort();
        });
    };
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
