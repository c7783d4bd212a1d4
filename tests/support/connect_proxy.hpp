// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include "support/certificates.hpp"

#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/base/config.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry_test {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// What a proxy was asked: `CONNECT host:port`, or a method and an absolute URL.
struct proxy_request
{
    std::size_t connection = 0; ///< 1 for the first that was accepted.
    std::string method;
    std::string target;
    std::string head;   ///< All of it, the empty line included.
    bool early = false; ///< Whether bytes came after the head of a CONNECT before it was answered.

    /// The value of the first header with this name, in any case.
    std::optional<std::string> header(std::string_view name) const
    {
        auto const same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
        for (std::size_t at = head.find("\r\n"); at + 4 < head.size(); at = head.find("\r\n", at + 2)) {
            std::string_view const line = std::string_view(head).substr(at + 2, head.find("\r\n", at + 2) - at - 2);
            std::string_view const field = line.substr(0, line.find(':'));
            if (field.size() == line.size() || !std::equal(field.begin(), field.end(), name.begin(), name.end(), same))
                continue;
            std::size_t const value = line.find_first_not_of(" \t", field.size() + 1);
            return std::string(value == line.npos ? "" : line.substr(value));
        }
        return std::nullopt;
    }
};

/// What a proxy does with the first request of a connection.
class proxy_behaviour
{
public:
    /// Sends these bytes as its answer and closes, unless one of the two functions after it is called.
    static proxy_behaviour answer(std::string bytes) { return {kind::answer, std::move(bytes)}; }
    /// Takes the next request of the connection.
    proxy_behaviour keep_open() &&
    {
        after_ = then::next_request;
        return std::move(*this);
    }
    /// Opens the tunnel after the bytes.
    proxy_behaviour then_tunnel() &&
    {
        after_ = then::tunnel;
        return std::move(*this);
    }

    /// Reads and does not answer; what comes after the head of a CONNECT is early.
    static proxy_behaviour silent() { return {kind::silent}; }
    /// Does not read; with TLS, there is no handshake.
    static proxy_behaviour deaf() { return {kind::deaf}; }
    /// Closes before it has read.
    static proxy_behaviour close_at_once() { return {kind::close_at_once}; }
    /// Opens the tunnel; after so many bytes of the answer comes a turn of the loop.
    static proxy_behaviour slow(std::size_t first) { return {kind::slow, {}, first}; }
    /// Closes after so many bytes of the answer that opens a tunnel.
    static proxy_behaviour cut_after(std::size_t bytes) { return {kind::cut, {}, bytes}; }

private:
    friend class connect_proxy;

    enum class kind
    {
        usual,
        answer,
        silent,
        deaf,
        close_at_once,
        slow,
        cut
    };
    enum class then
    {
        close,
        next_request,
        tunnel
    };

    proxy_behaviour() = default;
    proxy_behaviour(kind what, std::string bytes = {}, std::size_t at = 0)
        : what_(what),
          bytes_(std::move(bytes)),
          at_(at)
    {}

    kind what_ = kind::usual;
    then after_ = then::close;
    std::string bytes_;
    std::size_t at_ = 0;
};

/// An HTTP proxy on the loopback: CONNECT, and requests in absolute form, whose bodies have a Content-Length. Whatever host it is asked
/// for, it connects to one port of the loopback. Its functions are called on its executor's thread.
class connect_proxy
{
public:
    static constexpr std::string_view established = "HTTP/1.1 200 Connection established\r\n\r\n";

    connect_proxy(asio::any_io_executor executor, std::uint16_t onward);

    /// With TLS.
    connect_proxy(asio::any_io_executor executor, std::uint16_t onward, issued const& own)
        : connect_proxy(std::move(executor), onward)
    {
        shared_->tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
        SSL_CTX_use_certificate(shared_->tls->native_handle(), own.certificate.get());
        SSL_CTX_use_PrivateKey(shared_->tls->native_handle(), own.key.get());
    }

    ~connect_proxy()
    {
        acceptor_->close();
        close_connections();
    }

    connect_proxy(connect_proxy const&) = delete;
    connect_proxy& operator=(connect_proxy const&) = delete;

    std::uint16_t port() const { return acceptor_->local_endpoint().port(); }
    std::string url(std::string const& credentials = "") const
    {
        return (shared_->tls ? "https://" : "http://") + credentials + (credentials.empty() ? "" : "@") +
               "127.0.0.1:" + std::to_string(port());
    }

    /// From now on, other requests get a 407.
    void require(std::string const& user, std::string const& password)
    {
        shared_->authorization = "Basic " + foundry::detail::to_base64(user + ':' + password);
    }

    /// For the next connection, or for the one after those that are planned already.
    void plan(proxy_behaviour next) { shared_->planned.push_back(std::move(next)); }

    void lead_to(std::uint16_t onward) { shared_->onward = onward; }

    /// As a proxy does that finds them idle.
    void close_connections()
    {
        for (auto const& open : shared_->connections)
            if (auto const c = open.lock())
                c->close();
    }

    std::vector<proxy_request> const& journal() const noexcept { return shared_->journal; }
    std::size_t connections() const noexcept { return shared_->accepted; }
    /// How many tunnels were opened.
    std::size_t tunnels() const noexcept { return shared_->tunnels; }

private:
    struct connection
    {
        explicit connection(tcp::socket from) : client(std::move(from)), server(client.get_executor()) {}

        void close()
        {
            boost::system::error_code ignored;
            client.close(ignored);
            server.close(ignored);
        }

        tcp::socket client;
        tcp::socket server;
        std::shared_ptr<asio::ssl::context> context; // lives longer than its stream
        std::optional<asio::ssl::stream<tcp::socket&>> tls;
        proxy_behaviour plan;
        std::size_t number = 0;
        bool relayed = false; // whether bytes of the server are sent on
        std::string unread;
    };
    using connection_ptr = std::shared_ptr<connection>;

    struct shared
    {
        std::uint16_t onward = 0;
        std::shared_ptr<asio::ssl::context> tls;
        std::string authorization;
        std::deque<proxy_behaviour> planned;
        std::vector<proxy_request> journal;
        std::size_t accepted = 0;
        std::size_t tunnels = 0;
        std::vector<std::weak_ptr<connection>> connections;
    };
    using shared_ptr = std::shared_ptr<shared>;
    using kind = proxy_behaviour::kind;
    using then = proxy_behaviour::then;

    FOUNDRY_CORO static asio::awaitable<void> accept(std::shared_ptr<tcp::acceptor> from, shared_ptr all);

    /// Until the client closes, or is closed to.
    FOUNDRY_CORO static asio::awaitable<void> serve(connection_ptr c, shared_ptr all);

    /// False if the connection is to be closed.
    FOUNDRY_CORO static asio::awaitable<bool> serve_request(connection_ptr c, shared_ptr all);

    FOUNDRY_CORO static asio::awaitable<bool> read_head(connection_ptr c, proxy_request& asked);

    FOUNDRY_CORO static asio::awaitable<bool> read_body(connection_ptr c, proxy_request const& asked,
                                                        std::string& body);

    /// Appends to what is unread; false at the end.
    FOUNDRY_CORO static asio::awaitable<bool> read_more(connection_ptr c);

    FOUNDRY_CORO static asio::awaitable<bool> send(connection_ptr c, std::string bytes);

    /// Whether bytes are there after those that were asked for.
    static bool has_more(connection& c);

    /// What comes until then is dropped.
    FOUNDRY_CORO static asio::awaitable<void> wait_for_close(connection_ptr c);

    /// The first time; later requests in absolute form use the same connection.
    FOUNDRY_CORO static asio::awaitable<bool> connect_onward(connection_ptr c, std::uint16_t onward);

    /// The request as the server gets it, without what is meant for the proxy.
    static std::string origin_form(proxy_request const& asked);

    /// A request in absolute form; the answers are relayed as they come.
    FOUNDRY_CORO static asio::awaitable<bool> send_onward(connection_ptr c, std::string bytes);

    /// From the client, until it closes; what a server that is gone does not take is dropped.
    FOUNDRY_CORO static asio::awaitable<void> to_server(connection_ptr c);

    /// From the server to the client, until one of them closes.
    FOUNDRY_CORO static asio::awaitable<void> relay(connection_ptr c);

    /// The end of what the client gets, in TLS with a close_notify.
    FOUNDRY_CORO static asio::awaitable<void> end(connection_ptr c);

    FOUNDRY_CORO static asio::awaitable<void> turn(connection_ptr c);

    /// As proxies explain themselves.
    static std::string page(std::string const& status, std::string const& fields);

    std::shared_ptr<tcp::acceptor> acceptor_;
    shared_ptr shared_;
};

} // namespace foundry_test
