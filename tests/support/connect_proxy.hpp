// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include "support/certificates.hpp"

#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/base/config.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

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

    connect_proxy(asio::any_io_executor executor, std::uint16_t onward)
        : acceptor_(
              std::make_shared<tcp::acceptor>(std::move(executor), tcp::endpoint(asio::ip::address_v4::loopback(), 0))),
          shared_(std::make_shared<shared>())
    {
        shared_->onward = onward;
        asio::co_spawn(acceptor_->get_executor(), accept(acceptor_, shared_), asio::detached);
    }

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

    FOUNDRY_CORO static asio::awaitable<void> accept(std::shared_ptr<tcp::acceptor> from, shared_ptr all)
    {
        for (;;) {
            boost::system::error_code ec;
            tcp::socket client = co_await from->async_accept(asio::redirect_error(asio::use_awaitable, ec));
            if (ec)
                co_return;
            auto const c = std::make_shared<connection>(std::move(client));
            c->number = ++all->accepted;
            c->client.set_option(tcp::no_delay(true), ec);
            if (!all->planned.empty()) {
                c->plan = std::move(all->planned.front());
                all->planned.pop_front();
            }
            std::erase_if(all->connections, [](auto const& one) { return one.expired(); });
            all->connections.push_back(c);
            asio::co_spawn(from->get_executor(), serve(c, all), asio::detached);
        }
    }

    /// Until the client closes, or is closed to.
    FOUNDRY_CORO static asio::awaitable<void> serve(connection_ptr c, shared_ptr all)
    {
        boost::system::error_code ec;
        if (c->plan.what_ == kind::deaf)
            co_await c->client.async_wait(tcp::socket::wait_error, asio::redirect_error(asio::use_awaitable, ec));
        bool open = c->plan.what_ != kind::deaf && c->plan.what_ != kind::close_at_once;
        if (open && all->tls) {
            c->context = all->tls;
            c->tls.emplace(c->client, *c->context);
            co_await c->tls->async_handshake(asio::ssl::stream_base::server,
                                             asio::redirect_error(asio::use_awaitable, ec));
            open = !ec;
        }
        while (open)
            open = co_await serve_request(c, all);
        c->close();
    }

    /// False if the connection is to be closed.
    FOUNDRY_CORO static asio::awaitable<bool> serve_request(connection_ptr c, shared_ptr all)
    {
        proxy_request asked;
        asked.connection = c->number;
        bool good = co_await read_head(c, asked);
        if (!good)
            co_return false;
        bool const is_connect = asked.method == "CONNECT";
        std::string body;
        if (!is_connect)
            good = co_await read_body(c, asked, body);
        if (!good)
            co_return false;
        asked.early = is_connect && has_more(*c);
        std::size_t const entry = all->journal.size();
        all->journal.push_back(asked);

        proxy_behaviour const plan = std::exchange(c->plan, proxy_behaviour());
        if (plan.what_ == kind::silent) {
            for (bool more = true; more;) {
                more = co_await read_more(c);
                all->journal[entry].early = is_connect && !c->unread.empty();
            }
            co_return false;
        }
        if (plan.what_ == kind::answer && plan.after_ != then::tunnel) {
            good = co_await send(c, plan.bytes_);
            if (plan.after_ == then::close) {
                co_await end(c);
                co_await wait_for_close(c); // for a reset could overtake the answer
            }
            co_return good&& plan.after_ == then::next_request;
        }
        if (!all->authorization.empty() && asked.header("Proxy-Authorization") != all->authorization) {
            good = co_await send(
                c, page("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"test\"\r\n"));
            co_return good;
        }
        good = co_await connect_onward(c, all->onward);
        if (!good) {
            good = co_await send(c, page("502 Bad Gateway", ""));
            co_return good;
        }
        if (!is_connect) {
            std::string const forwarded = origin_form(asked) + body;
            good = co_await send_onward(c, forwarded);
            co_return good;
        }
        std::string const answer = plan.what_ == kind::answer ? plan.bytes_ : std::string(established);
        std::size_t const first = plan.what_ == kind::usual ? answer.size() : std::min(plan.at_, answer.size());
        if (plan.what_ == kind::cut) {
            co_await send(c, answer.substr(0, first));
            co_return false;
        }
        if (plan.what_ == kind::slow) {
            good = co_await send(c, answer.substr(0, first));
            co_await turn(c);
            all->journal[entry].early = asked.early || has_more(*c);
            if (good)
                good = co_await send(c, answer.substr(first));
        } else {
            good = co_await send(c, answer);
        }
        if (good) {
            ++all->tunnels;
            asio::co_spawn(c->client.get_executor(), relay(c), asio::detached);
            co_await to_server(c);
        }
        co_return false;
    }

    FOUNDRY_CORO static asio::awaitable<bool> read_head(connection_ptr c, proxy_request& asked)
    {
        std::size_t end = c->unread.find("\r\n\r\n");
        while (end == std::string::npos) {
            bool const good = co_await read_more(c);
            if (!good)
                co_return false;
            end = c->unread.find("\r\n\r\n");
        }
        asked.head = c->unread.substr(0, end + 4);
        c->unread.erase(0, end + 4);
        std::size_t const blank = asked.head.find(' ');
        asked.method = asked.head.substr(0, blank);
        asked.target = asked.head.substr(blank + 1, asked.head.find(' ', blank + 1) - blank - 1);
        co_return true;
    }

    FOUNDRY_CORO static asio::awaitable<bool> read_body(connection_ptr c, proxy_request const& asked, std::string& body)
    {
        std::size_t const size = std::stoul(asked.header("Content-Length").value_or("0"));
        while (c->unread.size() < size) {
            bool const good = co_await read_more(c);
            if (!good)
                co_return false;
        }
        body = c->unread.substr(0, size);
        c->unread.erase(0, size);
        co_return true;
    }

    /// Appends to what is unread; false at the end.
    FOUNDRY_CORO static asio::awaitable<bool> read_more(connection_ptr c)
    {
        boost::system::error_code ec;
        std::vector<char> bytes(16 * 1024);
        std::size_t n = 0;
        if (c->tls)
            n = co_await c->tls->async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
        else
            n = co_await c->client.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
        c->unread.append(bytes.data(), n);
        co_return !ec;
    }

    FOUNDRY_CORO static asio::awaitable<bool> send(connection_ptr c, std::string bytes)
    {
        boost::system::error_code ec;
        if (c->tls)
            co_await asio::async_write(*c->tls, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
        else
            co_await asio::async_write(c->client, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
        co_return !ec;
    }

    /// Whether bytes are there after those that were asked for.
    static bool has_more(connection& c)
    {
        boost::system::error_code ec;
        if (!c.unread.empty() || c.client.available(ec) != 0)
            return true;
        SSL* const tls = c.tls ? c.tls->native_handle() : nullptr;
        return tls != nullptr && (SSL_has_pending(tls) != 0 || BIO_ctrl_pending(SSL_get_rbio(tls)) != 0);
    }

    /// What comes until then is dropped.
    FOUNDRY_CORO static asio::awaitable<void> wait_for_close(connection_ptr c)
    {
        for (bool more = true; more;) {
            c->unread.clear();
            more = co_await read_more(c);
        }
    }

    /// The first time; later requests in absolute form use the same connection.
    FOUNDRY_CORO static asio::awaitable<bool> connect_onward(connection_ptr c, std::uint16_t onward)
    {
        if (c->server.is_open())
            co_return true;
        boost::system::error_code ec;
        tcp::endpoint const to(asio::ip::address_v4::loopback(), onward);
        co_await c->server.async_connect(to, asio::redirect_error(asio::use_awaitable, ec));
        boost::system::error_code ignored;
        if (ec)
            c->server.close(ignored);
        else
            c->server.set_option(tcp::no_delay(true), ignored);
        co_return !ec;
    }

    /// The request as the server gets it, without what is meant for the proxy.
    static std::string origin_form(proxy_request const& asked)
    {
        std::size_t const host = asked.target.find("://") + 3;
        std::size_t const path = std::min(asked.target.find_first_of("/?", host), asked.target.size());
        std::string made =
            asked.method + ' ' + (asked.target[path] == '/' ? "" : "/") + asked.target.substr(path) + " HTTP/1.1";
        for (std::size_t at = asked.head.find("\r\n"); at + 2 < asked.head.size();) {
            std::size_t const next = std::min(asked.head.find("\r\n", at + 2), asked.head.size());
            std::string const line = asked.head.substr(at, next - at);
            if (!line.starts_with("\r\nProxy-"))
                made += line;
            at = next;
        }
        return made + "\r\n";
    }

    /// A request in absolute form; the answers are relayed as they come.
    FOUNDRY_CORO static asio::awaitable<bool> send_onward(connection_ptr c, std::string bytes)
    {
        boost::system::error_code ec;
        co_await asio::async_write(c->server, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
        if (!std::exchange(c->relayed, true))
            asio::co_spawn(c->client.get_executor(), relay(c), asio::detached);
        co_return !ec;
    }

    /// From the client, until it closes; what a server that is gone does not take is dropped.
    FOUNDRY_CORO static asio::awaitable<void> to_server(connection_ptr c)
    {
        for (bool more = true; more;) {
            std::string const bytes = std::exchange(c->unread, {});
            boost::system::error_code ignored;
            if (!bytes.empty() && c->server.is_open())
                co_await asio::async_write(c->server, asio::buffer(bytes),
                                           asio::redirect_error(asio::use_awaitable, ignored));
            more = co_await read_more(c);
        }
    }

    /// From the server to the client, until one of them closes.
    FOUNDRY_CORO static asio::awaitable<void> relay(connection_ptr c)
    {
        std::vector<char> bytes(16 * 1024);
        for (bool good = true; good;) {
            boost::system::error_code ec;
            std::size_t const n =
                co_await c->server.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
            good = !ec;
            if (good)
                good = co_await send(c, std::string(bytes.data(), n));
        }
        co_await end(c);
    }

    /// The end of what the client gets, in TLS with a close_notify.
    FOUNDRY_CORO static asio::awaitable<void> end(connection_ptr c)
    {
        boost::system::error_code ec;
        if (c->tls)
            co_await c->tls->async_shutdown(asio::redirect_error(asio::use_awaitable, ec));
        c->client.shutdown(tcp::socket::shutdown_send, ec);
    }

    FOUNDRY_CORO static asio::awaitable<void> turn(connection_ptr c)
    {
        boost::system::error_code ignored;
        asio::steady_timer timer(c->client.get_executor(), std::chrono::milliseconds(0));
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    /// As proxies explain themselves.
    static std::string page(std::string const& status, std::string const& fields)
    {
        std::string const body = "<html><body><h1>" + status + "</h1></body></html>";
        return "HTTP/1.1 " + status + "\r\nContent-Type: text/html\r\n" + fields +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    std::shared_ptr<tcp::acceptor> acceptor_;
    shared_ptr shared_;
};

} // namespace foundry_test
