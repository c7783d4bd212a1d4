// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace foundry_test {

namespace asio = boost::asio;

/// Relays connections to a port of this machine. When so many bytes have passed, in both directions together, the connection that they pass
/// is cut; all others, and later ones, are whole.
class cutting_relay
{
public:
    /// @param after how many bytes; they are all relayed.
    cutting_relay(asio::any_io_executor executor, std::uint16_t to, std::size_t after)
        : acceptor_(executor, {asio::ip::address_v4::loopback(), 0}),
          to_(asio::ip::address_v4::loopback(), to),
          left_(after)
    {
        asio::co_spawn(executor, accept(*this), asio::detached);
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    std::size_t relayed() const noexcept { return relayed_; }

private:
    using socket = asio::ip::tcp::socket;

    struct pair
    {
        pair(socket c, asio::any_io_executor const& executor) : client(std::move(c)), server(executor) {}

        void cut()
        {
            boost::system::error_code ignored;
            for (socket* each : {&client, &server}) {
                each->shutdown(socket::shutdown_both, ignored);
                each->close(ignored);
            }
        }

        socket client;
        socket server;
    };

    static asio::awaitable<void> accept(cutting_relay& self)
    {
        for (;;) {
            socket next = co_await self.acceptor_.async_accept(asio::use_awaitable);
            auto const both = std::make_shared<pair>(std::move(next), self.acceptor_.get_executor());
            co_await both->server.async_connect(self.to_, asio::use_awaitable);
            asio::co_spawn(self.acceptor_.get_executor(), pass(self, both, both->client, both->server), asio::detached);
            asio::co_spawn(self.acceptor_.get_executor(), pass(self, both, both->server, both->client), asio::detached);
        }
    }

    static asio::awaitable<void> pass(cutting_relay& self, std::shared_ptr<pair> both, socket& from, socket& to)
    {
        std::array<char, 16 * 1024> bytes;
        for (;;) {
            std::size_t count = 0;
            try {
                count = co_await from.async_read_some(asio::buffer(bytes), asio::use_awaitable);
            } catch (boost::system::system_error const&) {
                break;
            }
            bool const is_last = !self.has_cut_ && count >= self.left_;
            std::size_t const passed = is_last ? self.left_ : count;
            self.relayed_ += passed;
            self.left_ -= self.has_cut_ ? 0 : passed;
            self.has_cut_ = self.has_cut_ || is_last;
            try {
                co_await asio::async_write(to, asio::buffer(bytes.data(), passed), asio::use_awaitable);
            } catch (boost::system::system_error const&) {
                break;
            }
            if (is_last)
                break;
        }
        both->cut();
    }

    asio::ip::tcp::acceptor acceptor_;
    asio::ip::tcp::endpoint to_;
    std::size_t left_;
    std::size_t relayed_ = 0;
    bool has_cut_ = false;
};

} // namespace foundry_test
