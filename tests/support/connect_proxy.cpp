// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/connect_proxy.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>

namespace foundry_test {

connect_proxy::connect_proxy(asio::any_io_executor executor, std::uint16_t onward)
    : acceptor_(
          std::make_shared<tcp::acceptor>(std::move(executor), tcp::endpoint(asio::ip::address_v4::loopback(), 0))),
      shared_(std::make_shared<shared>())
{
    shared_->onward = onward;
    asio::co_spawn(acceptor_->get_executor(), accept(acceptor_, shared_), asio::detached);
}

FOUNDRY_CORO asio::awaitable<void> connect_proxy::accept(std::shared_ptr<tcp::acceptor> from, shared_ptr all)
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

FOUNDRY_CORO asio::awaitable<void> connect_proxy::serve(connection_ptr c, shared_ptr all)
{
    boost::system::error_code ec;
    if (c->plan.what_ == kind::deaf)
        co_await c->client.async_wait(tcp::socket::wait_error, asio::redirect_error(asio::use_awaitable, ec));
    bool open = c->plan.what_ != kind::deaf && c->plan.what_ != kind::close_at_once;
    if (open && all->tls) {
        c->context = all->tls;
        c->tls.emplace(c->client, *c->context);
        co_await c->tls->async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, ec));
        open = !ec;
    }
    while (open)
        open = co_await serve_request(c, all);
    c->close();
}

FOUNDRY_CORO asio::awaitable<bool> connect_proxy::serve_request(connection_ptr c, shared_ptr all)
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
        good =
            co_await send(c, page("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"test\"\r\n"));
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

FOUNDRY_CORO asio::awaitable<bool> connect_proxy::read_head(connection_ptr c, proxy_request& asked)
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

FOUNDRY_CORO asio::awaitable<bool> connect_proxy::read_body(connection_ptr c, proxy_request const& asked,
                                                            std::string& body)
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

FOUNDRY_CORO asio::awaitable<bool> connect_proxy::read_more(connection_ptr c)
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

FOUNDRY_CORO asio::awaitable<bool> connect_proxy::send(connection_ptr c, std::string bytes)
{
    boost::system::error_code ec;
    if (c->tls)
        co_await asio::async_write(*c->tls, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
    else
        co_await asio::async_write(c->client, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
    co_return !ec;
}

bool connect_proxy::has_more(connection& c)
{
    boost::system::error_code ec;
    if (!c.unread.empty() || c.client.available(ec) != 0)
        return true;
    SSL* const tls = c.tls ? c.tls->native_handle() : nullptr;
    return tls != nullptr && (SSL_has_pending(tls) != 0 || BIO_ctrl_pending(SSL_get_rbio(tls)) != 0);
}

FOUNDRY_CORO asio::awaitable<void> connect_proxy::wait_for_close(connection_ptr c)
{
    for (bool more = true; more;) {
        c->unread.clear();
        more = co_await read_more(c);
    }
}

FOUNDRY_CORO asio::awaitable<bool> connect_proxy::connect_onward(connection_ptr c, std::uint16_t onward)
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

std::string connect_proxy::origin_form(proxy_request const& asked)
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

FOUNDRY_CORO asio::awaitable<bool> connect_proxy::send_onward(connection_ptr c, std::string bytes)
{
    boost::system::error_code ec;
    co_await asio::async_write(c->server, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
    if (!std::exchange(c->relayed, true))
        asio::co_spawn(c->client.get_executor(), relay(c), asio::detached);
    co_return !ec;
}

FOUNDRY_CORO asio::awaitable<void> connect_proxy::to_server(connection_ptr c)
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

FOUNDRY_CORO asio::awaitable<void> connect_proxy::relay(connection_ptr c)
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

FOUNDRY_CORO asio::awaitable<void> connect_proxy::end(connection_ptr c)
{
    boost::system::error_code ec;
    if (c->tls)
        co_await c->tls->async_shutdown(asio::redirect_error(asio::use_awaitable, ec));
    c->client.shutdown(tcp::socket::shutdown_send, ec);
}

FOUNDRY_CORO asio::awaitable<void> connect_proxy::turn(connection_ptr c)
{
    boost::system::error_code ignored;
    asio::steady_timer timer(c->client.get_executor(), std::chrono::milliseconds(0));
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

std::string connect_proxy::page(std::string const& status, std::string const& fields)
{
    std::string const body = "<html><body><h1>" + status + "</h1></body></html>";
    return "HTTP/1.1 " + status + "\r\nContent-Type: text/html\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

} // namespace foundry_test
