// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test {

namespace asio = boost::asio;

/// A server that does with a request what its model's name says:
///
///     answer-17   answers
///     hang-17     answers after release("hang-17")
///     half-17     answers half, and the rest after release("half-17")
///     busy-17     answers 503, to be asked again in a minute
///
/// Its second port accepts connections and reads nothing. All of it runs on one executor; the functions may be called from any thread.
class scripted_server
{
public:
    explicit scripted_server(asio::any_io_executor executor)
        : front_(executor, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          deaf_(executor)
    {
        asio::ip::tcp::endpoint const local(asio::ip::address_v4::loopback(), 0);
        deaf_.open(local.protocol());
        // Both are those of its connections: little of a request fits in between.
        deaf_.set_option(asio::socket_base::receive_buffer_size(4096));
#if defined(TCP_MAXSEG)
        boost::system::error_code ignored;
        deaf_.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_MAXSEG>(536), ignored);
#endif
        deaf_.bind(local);
        deaf_.listen();
        asio::co_spawn(executor, accept(*this), asio::detached);
        asio::co_spawn(executor, accept_deaf(*this), asio::detached);
    }

    std::uint16_t port() const { return front_.local_endpoint().port(); }
    std::uint16_t deaf_port() const { return deaf_.local_endpoint().port(); }

    /// Whether a request of this model waits to be released.
    bool holds(std::string const& model) const
    {
        std::lock_guard const lock(mutex_);
        return held_.contains(model);
    }

    void release(std::string const& model)
    {
        asio::post(front_.get_executor(), [this, model] {
            std::lock_guard const lock(mutex_);
            if (auto const found = held_.find(model); found != held_.end())
                found->second->cancel();
        });
    }

    /// Closes the connections that are not read, so that who writes to them fails.
    void close_deaf()
    {
        asio::post(front_.get_executor(), [this] { unread_.clear(); });
    }

    /// Ends all that goes on, so that the executor's context runs out of work.
    void stop()
    {
        asio::post(front_.get_executor(), [this] {
            front_.close();
            deaf_.close();
            unread_.clear();
            for (auto const& socket : open_)
                if (auto const s = socket.lock())
                    s->close();
            std::lock_guard const lock(mutex_);
            for (auto const& [model, timer] : held_)
                timer->cancel();
        });
    }

private:
    using socket_ptr = std::shared_ptr<asio::ip::tcp::socket>;

    static asio::awaitable<void> accept(scripted_server& self)
    {
        while (self.front_.is_open()) {
            socket_ptr const socket = std::make_shared<asio::ip::tcp::socket>(self.front_.get_executor());
            try {
                co_await self.front_.async_accept(*socket, asio::use_awaitable);
            } catch (boost::system::system_error const&) {
                continue; // closed, or the client has gone
            }
            std::erase_if(self.open_, [](auto const& one) { return one.expired(); });
            self.open_.push_back(socket);
            asio::co_spawn(self.front_.get_executor(), serve(self, socket), asio::detached);
        }
    }

    static asio::awaitable<void> accept_deaf(scripted_server& self)
    {
        while (self.deaf_.is_open()) {
            asio::ip::tcp::socket socket(self.deaf_.get_executor());
            try {
                co_await self.deaf_.async_accept(socket, asio::use_awaitable);
            } catch (boost::system::system_error const&) {
                continue;
            }
            if (self.unread_.size() == 64)
                self.unread_.erase(self.unread_.begin());
            self.unread_.push_back(std::move(socket));
        }
    }

    static asio::awaitable<void> serve(scripted_server& self, socket_ptr socket)
    {
        try {
            std::string unread;
            for (;;) {
                std::string const request = co_await read_request(*socket, unread);
                std::string const model = model_of(request);
                std::string const reply = model.starts_with("busy") ? busy() : reply_to(request);
                std::size_t const half = model.starts_with("half") ? reply.size() * 3 / 4 : 0;
                if (half != 0)
                    co_await asio::async_write(*socket, asio::buffer(reply.data(), half), asio::use_awaitable);
                if (half != 0 || model.starts_with("hang"))
                    co_await hold(self, model, socket);
                std::string_view const rest = std::string_view(reply).substr(half);
                co_await asio::async_write(*socket, asio::buffer(rest.data(), rest.size()), asio::use_awaitable);
            }
        } catch (boost::system::system_error const&) { // the client has gone
        }
    }

    static asio::awaitable<std::string> read_request(asio::ip::tcp::socket& socket, std::string& unread)
    {
        for (;;) {
            std::size_t const head = unread.find("\r\n\r\n");
            if (head != unread.npos) {
                static constexpr std::string_view field = "Content-Length: ";
                std::size_t const at = unread.find(field);
                std::size_t const body = at < head ? std::stoul(unread.substr(at + field.size(), 12)) : 0;
                if (unread.size() >= head + 4 + body) {
                    std::string request = unread.substr(0, head + 4 + body);
                    unread.erase(0, head + 4 + body);
                    co_return request;
                }
            }
            std::size_t const before = unread.size();
            unread.resize(before + 4096);
            std::size_t const n =
                co_await socket.async_read_some(asio::buffer(unread.data() + before, 4096), asio::use_awaitable);
            unread.resize(before + n);
        }
    }

    /// Waits until it is released, or the client has gone.
    static asio::awaitable<void> hold(scripted_server& self, std::string model, socket_ptr socket)
    {
        auto const timer = std::make_shared<asio::steady_timer>(self.front_.get_executor(), std::chrono::hours{1});
        socket->async_wait(asio::ip::tcp::socket::wait_read, [timer](boost::system::error_code) { timer->cancel(); });
        {
            std::lock_guard const lock(self.mutex_);
            self.held_[model] = timer;
        }
        try {
            co_await timer->async_wait(asio::use_awaitable);
        } catch (boost::system::system_error const&) { // released
        }
        boost::system::error_code ignored;
        socket->cancel(ignored);
        std::lock_guard const lock(self.mutex_);
        self.held_.erase(model);
    }

    static std::string model_of(std::string const& request)
    {
        static constexpr std::string_view member = "\"model\":\"";
        std::size_t const at = request.find(member);
        if (at == request.npos)
            return "answer";
        std::size_t const begin = at + member.size();
        return request.substr(begin, request.find('"', begin) - begin);
    }

    static std::string reply_to(std::string const& request)
    {
        std::string type = "application/json";
        std::string body;
        if (request.find("\"stream\":true") != request.npos) {
            type = "text/event-stream";
            for (char const* const text : {"fi", "n", "e"})
                body +=
                    R"(data: {"id":"x","choices":[{"index":0,"delta":{"content":")" + std::string(text) + "\"}}]}\n\n";
            body += R"(data: {"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
                    "\n\ndata: [DONE]\n\n";
        } else if (request.find("/embeddings ") != request.npos) {
            body = R"({"data":[{"index":0,"embedding":[0.25,0.5]}],"model":"m"})";
        } else {
            body =
                R"({"id":"x","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"fine"}}]})";
        }
        return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body;
    }

    static std::string busy()
    {
        return "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nContent-Type: application/json\r\n"
               "Content-Length: 2\r\n\r\n{}";
    }

    asio::ip::tcp::acceptor front_;
    asio::ip::tcp::acceptor deaf_;
    std::vector<asio::ip::tcp::socket> unread_;
    std::vector<std::weak_ptr<asio::ip::tcp::socket>> open_;
    mutable std::mutex mutex_; // guards what follows
    std::map<std::string, std::shared_ptr<asio::steady_timer>> held_;
};

} // namespace foundry_test
