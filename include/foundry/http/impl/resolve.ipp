// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/http/resolve.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>

namespace foundry::inline FOUNDRY_ABI {
namespace http {
namespace detail {

/// A name lookup that nobody has to wait for: Asio's resolver thread cannot be interrupted.
struct lookup
{
    lookup(boost::asio::any_io_executor const& executor, clock::time_point until)
        : resolver(executor),
          done(executor, until)
    {}

    boost::asio::ip::tcp::resolver resolver;
    boost::asio::steady_timer done; // cancelled when the lookup has ended
    bool finished = false;
    boost::system::error_code ec;
    boost::asio::ip::tcp::resolver::results_type found;
};

FOUNDRY_DECL void start(std::shared_ptr<lookup> const& flight, std::string const& host, std::uint16_t port)
{
    flight->resolver.async_resolve(
        host, std::to_string(port),
        [flight](boost::system::error_code ec, boost::asio::ip::tcp::resolver::results_type found) {
            flight->finished = true;
            flight->ec = ec;
            flight->found = std::move(found);
            flight->done.cancel();
        });
}

} // namespace detail

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> resolve(std::string host, std::uint16_t port, deadline& limits,
                                                               std::vector<boost::asio::ip::tcp::endpoint>& addresses)
{
    boost::system::error_code not_literal;
    auto const literal = boost::asio::ip::make_address(host, not_literal);
    if (!not_literal) {
        addresses.push_back(boost::asio::ip::tcp::endpoint(literal, port));
        co_return;
    }

    auto const [until, code] = limits.next();
    std::shared_ptr<detail::lookup> const flight(new detail::lookup(limits.executor(), until));
    detail::start(flight, host, port);
    try {
        co_await flight->done.async_wait(boost::asio::deferred);
    } catch (boost::system::system_error const&) {
        if (!flight->finished)
            throw;
    }
    if (!flight->finished)
        throw error(code, "looking up " + host + " took too long; check this machine's name service");
    if (flight->ec || flight->found.empty()) {
        failure f;
        f.service_message = host + ": " + (flight->ec ? flight->ec.message() : "no address");
        f.advice = "check the endpoint's host name and this machine's name service";
        if (flight->ec == boost::asio::error::host_not_found_try_again)
            f.should_retry = true;
        throw error(make_error_code(errc::resolve_failed), std::move(f));
    }
    for (auto const& entry : flight->found)
        addresses.push_back(entry.endpoint());
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
