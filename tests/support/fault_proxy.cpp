// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/fault_proxy.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace foundry_test {

fault_proxy::fault_proxy(tcp::acceptor listening, std::uint16_t onward)
    : acceptor_(std::make_shared<tcp::acceptor>(std::move(listening))),
      shared_(std::make_shared<shared>())
{
    shared_->onward = onward;
    port_ = acceptor_->local_endpoint().port();
    asio::co_spawn(acceptor_->get_executor(), accept(acceptor_, shared_), asio::detached);
}

FOUNDRY_CORO asio::awaitable<void> fault_proxy::accept(std::shared_ptr<tcp::acceptor> from, std::shared_ptr<shared> all)
{
    for (;;) {
        boost::system::error_code ec;
        tcp::socket client = co_await from->async_accept(asio::redirect_error(asio::use_awaitable, ec));
        if (ec)
            co_return;
        ++all->accepted;
        fault const plan = std::exchange(all->next, fault());
        auto made = std::make_shared<link>(std::move(client), plan);
        if (std::exchange(all->armed, false))
            all->struck = made;
        std::erase_if(all->links, [](std::weak_ptr<link> const& l) { return l.expired(); });
        all->links.push_back(made);
        asio::co_spawn(from->get_executor(), join(made, all->onward), asio::detached);
    }
}

FOUNDRY_CORO asio::awaitable<void> fault_proxy::join(std::shared_ptr<link> l, std::uint16_t onward)
{
    boost::system::error_code ec;
    tcp::endpoint const to(asio::ip::address_v4::loopback(), onward);
    co_await l->server.async_connect(to, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) {
        l->close();
        co_return;
    }
    l->client.set_option(tcp::no_delay(true), ec);
    l->server.set_option(tcp::no_delay(true), ec);
    asio::co_spawn(l->client.get_executor(), to_client(l), asio::detached);
    co_await to_server(l);
}

FOUNDRY_CORO asio::awaitable<void> fault_proxy::to_server(std::shared_ptr<link> l)
{
    std::vector<char> bytes(16 * 1024);
    boost::system::error_code ec;
    for (;;) {
        std::size_t const n =
            co_await l->client.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
        if (ec)
            break;
        bool const was_struck = l->struck;
        std::size_t const taken = l->plan.of_client ? strike_client(*l, bytes.data(), n) : n;
        boost::system::error_code ignored;
        if (l->server.is_open())
            co_await asio::async_write(l->server, asio::buffer(bytes.data(), taken),
                                       asio::redirect_error(asio::use_awaitable, ignored));
        if (l->plan.of_client && l->struck && !was_struck && l->plan.what == fault::kind::cut)
            l->server.close(ignored); // and so the other coroutine ends what the client gets
    }
    l->close();
}

std::size_t fault_proxy::strike_client(link& l, char* bytes, std::size_t count)
{
    bool const is_garble = l.plan.what == fault::kind::garble;
    std::size_t const before = l.seen_of_client;
    l.seen_of_client += count;
    l.client_records.see({bytes, count});
    auto const& ends = l.client_records.ends();
    if (l.struck)
        return is_garble ? count : 0;
    if (l.plan.what == fault::kind::none || ends.size() < l.plan.records)
        return count;
    std::size_t const place = l.plan.at + (l.plan.records == 0 ? 0 : ends[l.plan.records - 1]);
    if (place > l.seen_of_client || (place == l.seen_of_client && is_garble))
        return count;
    l.struck = true;
    if (!is_garble)
        return place - before;
    bytes[place - before] = static_cast<char>(bytes[place - before] ^ l.plan.flip);
    return count;
}

FOUNDRY_CORO asio::awaitable<bool> fault_proxy::forward(std::shared_ptr<link> l, std::string_view bytes)
{
    boost::system::error_code ec;
    l->forwarded += bytes.size(); // at once, for the client may have read it all before this coroutine goes on
    std::size_t const n =
        co_await asio::async_write(l->client, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
    l->forwarded -= bytes.size() - n;
    co_return !ec;
}

FOUNDRY_CORO asio::awaitable<void> fault_proxy::to_client(std::shared_ptr<link> l)
{
    std::vector<char> bytes(16 * 1024);
    std::string held;
    boost::system::error_code ec;
    std::size_t begin = l->plan.preamble; // where the fault's count begins
    bool begun = l->plan.records == 0;
    bool good = true;
    while (good) {
        std::size_t const n =
            co_await l->server.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
        if (ec)
            break;
        std::string_view const came{bytes.data(), n};
        l->records.see(came);
        held.append(came);
        if (!begun && l->records.ends().size() >= l->plan.records) {
            begun = true;
            begin = l->records.ends()[l->plan.records - 1];
        }
        if (begun && !l->struck && !l->plan.of_client && l->plan.what != fault::kind::none) {
            std::size_t const seen = l->forwarded + held.size();
            std::size_t const place = begin + l->plan.at;
            if (seen > place || (seen == place && l->plan.at != 0 && l->plan.what != fault::kind::garble)) {
                l->struck = true;
                good = co_await strike(l, held, place - l->forwarded);
                if (!good)
                    co_return;
            } else if (l->plan.at_once) {
                std::size_t const before = begin > l->forwarded ? begin - l->forwarded : 0;
                good = co_await forward(l, std::string_view(held).substr(0, before));
                held.erase(0, before);
                continue;
            }
        }
        good = co_await forward(l, held);
        held.clear();
    }
    if (good)
        good = co_await forward(l, held);
    l->client.shutdown(tcp::socket::shutdown_send, ec);
}

FOUNDRY_CORO asio::awaitable<bool> fault_proxy::strike(std::shared_ptr<link> l, std::string& held, std::size_t before)
{
    fault::kind const what = l->plan.what;
    if (what == fault::kind::garble) {
        held[before] = static_cast<char>(held[before] ^ l->plan.flip);
        co_return true;
    }
    if (!co_await forward(l, std::string_view(held).substr(0, before)))
        co_return false;
    l->in_force = true;
    held.erase(0, before);
    boost::system::error_code ignored;
    if (what == fault::kind::pause) {
        asio::steady_timer timer(l->client.get_executor(), l->plan.pause);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_return true;
    }
    if (what == fault::kind::cut) {
        l->client.shutdown(tcp::socket::shutdown_send, ignored);
        l->server.close(ignored);
    } else if (what == fault::kind::reset) {
        l->client.set_option(asio::socket_base::linger(true, 0), ignored);
        l->close();
    }
    co_return false;
}

} // namespace foundry_test
