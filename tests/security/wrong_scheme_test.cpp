// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// http:// in the URL of a port that speaks TLS, and https:// in that of one that does not.

#include "support/fixture.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

namespace foundry_test::wrong_scheme_test {

using asio::ip::tcp;
using foundry::errc;
using foundry::testing::emulator;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

/// What a call to a port of this machine throws.
asio::awaitable<foundry::error> failure_at(std::string url, std::uint16_t port)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::endpoint where{url};
    where.connect_to("127.0.0.1", port);
    foundry::options with;
    with.retry.max_retries = 0;
    foundry::client const client(executor, std::move(where), foundry::no_credential(), std::move(with));
    foundry::error const failed = co_await failure_of(client.complete("m", "Hello."));
    co_return failed;
}

/// Answers what comes first with an alert, as most TLS servers answer plain text.
asio::awaitable<void> alert_once(tcp::acceptor& from)
{
    tcp::socket client = co_await from.async_accept(asio::use_awaitable);
    std::string request(4096, ' ');
    co_await client.async_read_some(asio::buffer(request), asio::use_awaitable);
    std::string const protocol_version("\x15\x03\x01\0\x02\x02\x46", 7);
    co_await asio::async_write(client, asio::buffer(protocol_version), asio::use_awaitable);
}

asio::awaitable<void> expect_alert_understood()
{
    auto const executor = co_await asio::this_coro::executor;
    tcp::acceptor acceptor(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    auto const port = acceptor.local_endpoint().port();
    asio::co_spawn(executor, alert_once(acceptor), asio::detached);
    foundry::error const failed = co_await failure_at("http://localhost/v1", port);
    CHECK(failed.code() == errc::unexpected_reply);
    CHECK(contains(failed.what(), "port " + std::to_string(port) + " speaks TLS"));
    CHECK(contains(failed.advice(), "write https://"));
}

TEST_CASE("wrong scheme: https to a port without TLS: the error says that the server answers without TLS")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        foundry::error const failed = co_await failure_at("https://localhost/v1", s.plain_port());
        CHECK(failed.code() == errc::tls_failed);
        CHECK(contains(failed.what(), "answers without TLS"));
        CHECK(contains(failed.advice(), "write http://"));
    }(service));
}

TEST_CASE("wrong scheme: http to a port that speaks TLS: the error says to write https")
{
    run(expect_alert_understood());
    emulator service; // which closes without a word
    run([](emulator& s) -> asio::awaitable<void> {
        foundry::error const failed = co_await failure_at("http://localhost/v1", s.tls_port());
        CHECK(failed.code() == errc::connection_lost);
        CHECK(contains(failed.advice(), "if this port speaks TLS, write https://"));
    }(service));
}

} // namespace foundry_test::wrong_scheme_test
