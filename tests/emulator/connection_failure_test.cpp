// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Connections that cannot be made, servers that speak another protocol, and servers that refuse a request before they have read it.

#include "support/clear_error.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::connection_failure_test {

/// The error of a call to an endpoint, the same for both ways to call.
asio::awaitable<foundry::error> failure_at(foundry::endpoint where, foundry::options with)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, std::move(where), std::move(with));
    foundry::chat_request const request = question();
    foundry::error const whole = co_await failure_of(client.complete(request));
    foundry::error const stream = co_await failure_of(client.stream(request));
    CHECK(whole.code() == stream.code());
    CHECK(whole.status() == 0);
    co_return whole;
}

asio::awaitable<void> expect_failure(foundry::endpoint where, foundry::options with, errc code,
                                     std::vector<std::string_view> words)
{
    foundry::error const failed = co_await failure_at(std::move(where), std::move(with));
    expect_error(failed, code);
    CAPTURE(std::string(failed.what()));
    for (std::string_view const word : words)
        CHECK(contains(failed.what(), word));
}

asio::awaitable<void> plain_to_tls(emulator& service)
{
    foundry::endpoint where{local_url};
    where.connect_to("127.0.0.1", service.tls_port());
    foundry::error const failed = co_await failure_at(std::move(where), limited(service));
    expect_clear(failed);
    bool const known = failed.code() == errc::unexpected_reply || failed.code() == errc::connection_lost;
    CAPTURE(std::string(failed.what()));
    CHECK(known);
}

TEST_CASE("connection failure: TLS to a port that speaks plain HTTP fails as TLS")
{
    emulator service(strict_emulator());
    foundry::endpoint where{foundry_url};
    where.connect_to("127.0.0.1", service.plain_port());
    run(expect_failure(where, limited(service), errc::tls_failed, {"TLS"}));
    CHECK(service.journal().empty());
}

TEST_CASE("connection failure: plain HTTP to a port that speaks TLS is an answer that is not HTTP, or none")
{
    emulator service(strict_emulator());
    run(plain_to_tls(service));
    CHECK(service.journal().empty());
}

TEST_CASE("connection failure: a certificate of an authority that is not trusted ends the call before the key is sent")
{
    emulator service(strict_emulator());
    emulator const other;
    foundry::endpoint const where = at(service, foundry_url);
    run(expect_failure(where, limited(other), errc::tls_failed, {"certificate", "additional_ca_file"}));
    CHECK(service.journal().empty());
}

TEST_CASE("connection failure: the system's authorities do not trust the emulator's certificate")
{
    emulator service(strict_emulator());
    foundry::endpoint const where = at(service, foundry_url);
    foundry::options with;
    with.timeouts.total = 30s;
    try {
        run(expect_failure(where, with, errc::tls_failed, {"certificate"}));
    } catch (foundry::error const& e) { // a machine without any
        expect_error(e, errc::no_ca_store);
    }
    CHECK(service.journal().empty());
}

TEST_CASE("connection failure: authorities that are not certificates are rejected where the client is made")
{
    asio::io_context context;
    foundry::options with;
    with.tls.ca_certificates = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n";
    expect_error(refusal_of([&] {
                     foundry::client<foundry::api_key> made(context, foundry::endpoint{foundry_url},
                                                            foundry::api_key{secret_key}, with);
                 }),
                 errc::invalid_argument, {"ca_certificates", "PEM"});
}

TEST_CASE("connection failure: a certificate for another host ends the call before the key is sent")
{
    emulator service(strict_emulator());
    for (char const* const url : {"https://other.example/v1", "https://contoso.services.ai.azure.com.example/v1",
                                  "https://a.b.openai.azure.com/openai/v1", "https://192.0.2.1/v1"}) {
        CAPTURE(std::string(url));
        foundry::endpoint where{url};
        where.connect_to("127.0.0.1", service.tls_port());
        run(expect_failure(where, limited(service), errc::tls_failed, {"certificate"}));
    }
    CHECK(service.journal().empty());
}

TEST_CASE("connection failure: a refused connection names address and port")
{
    emulator service(strict_emulator());
    asio::io_context context;
    asio::ip::tcp::socket bound(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)); // never listens
    std::uint16_t const port = bound.local_endpoint().port();
    for (char const* const url : {foundry_url, local_url}) {
        foundry::endpoint where{url};
        where.connect_to("127.0.0.1", port);
        std::string const named = std::to_string(port);
        std::vector<std::string_view> const words{"127.0.0.1", named};
        run(expect_failure(where, limited(service), errc::connect_failed, words));
    }
}

TEST_CASE("connection failure: a host that does not exist is named by the error")
{
    emulator service(strict_emulator());
    run(expect_failure(foundry::endpoint{"https://no-such-host.invalid/v1"}, limited(service), errc::resolve_failed,
                       {"no-such-host.invalid", "name"}));
}

// ---- Answers to a request that is not read

/// Answers at once with a long body, and reads nothing.
struct deaf_server
{
    explicit deaf_server(asio::any_io_executor executor)
        : acceptor(executor, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          client(executor)
    {}

    static asio::awaitable<void> serve(std::shared_ptr<deaf_server> self, std::string message)
    {
        co_await self->acceptor.async_accept(self->client, asio::use_awaitable);
        boost::system::error_code ignored; // the client may have had enough
        co_await asio::async_write(self->client, asio::buffer(message),
                                   asio::redirect_error(asio::use_awaitable, ignored));
    }

    asio::ip::tcp::acceptor acceptor;
    asio::ip::tcp::socket client;
};

/// How a call with a prompt of this size fails at one.
asio::awaitable<foundry::error> ask_deaf(std::string reply, std::size_t size)
{
    auto const executor = co_await asio::this_coro::executor;
    auto const server = std::make_shared<deaf_server>(executor);
    asio::co_spawn(executor, deaf_server::serve(server, std::move(reply)), asio::detached);
    foundry::endpoint where{local_url};
    where.connect_to("127.0.0.1", server->acceptor.local_endpoint().port());
    foundry::options with;
    with.retry.max_retries = 0;
    with.timeouts.total = 20s;
    foundry::any_credential none = foundry::no_credential{};
    foundry::client<> client(executor, where, none, with);
    foundry::chat_request const request = question(std::string(size, 'a'));
    foundry::error const failed = co_await failure_of(client.complete(request));
    co_return failed;
}

asio::awaitable<void> be_refused(std::size_t size)
{
    std::string const text(200 * 1024, 'x');
    std::string refusal = "HTTP/1.1 413 Payload Too Large\r\nContent-Type: application/json\r\nContent-Length: " +
                          std::to_string(text.size()) + "\r\n\r\n" + text;
    foundry::error const failed = co_await ask_deaf(std::move(refusal), size);
    CHECK(failed.code() == errc::too_large);
    CHECK(failed.body().starts_with("xxxx"));
}

/// One that speaks another protocol.
asio::awaitable<void> ask_stranger(std::string greeting, errc wanted)
{
    foundry::error const failed = co_await ask_deaf(std::move(greeting), std::size_t{16} << 20);
    CHECK(failed.code() == wanted);
}

TEST_CASE("early answer: bytes that are not HTTP end a large request at once")
{
    run(ask_stranger("220 mail.example.com ESMTP ready\r\n", errc::unexpected_reply));
    run(ask_stranger(std::string("\x15\x03\x01\x00\x02\x02\x16", 7), errc::unexpected_reply));
}

TEST_CASE("early answer: a 413 is received whole if the server reads no more, at any size of the request")
{
    // One size or other fills the socket's buffers so far that it counts as not writable, and not to the brim.
    for (double size = 64 * 1024; size < 12 * 1024 * 1024; size *= 1.2)
        run(be_refused(static_cast<std::size_t>(size)));
}

asio::awaitable<foundry::error> failure_of_large_request(foundry::endpoint where, foundry::options with)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::any_credential who = foundry::no_credential();
    foundry::client<> client(executor, std::move(where), std::move(who), std::move(with));
    std::string const large(std::size_t{32} << 20, 'x');
    foundry::error const failed = co_await failure_of(client.complete("gpt-4o-mini", large));
    co_return failed;
}

TEST_CASE("early answer: a 413 before a large request is read is received")
{
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor{context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    auto const server = [](asio::ip::tcp::acceptor& from) -> asio::awaitable<void> {
        asio::ip::tcp::socket client = co_await from.async_accept(asio::use_awaitable);
        std::string head(4096, '\0');
        co_await client.async_read_some(asio::buffer(head), asio::use_awaitable);
        std::string const refusal =
            "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        co_await client.async_write_some(asio::buffer(refusal), asio::use_awaitable);
        client.shutdown(asio::ip::tcp::socket::shutdown_send);
        // Reads a little on, so that the client has time to hear before the connection is reset.
        std::string rest(std::size_t{1} << 20, '\0');
        for (int i = 0; i != 4; ++i)
            co_await client.async_read_some(asio::buffer(rest), asio::use_awaitable);
    };
    asio::co_spawn(context, server(acceptor), asio::detached);
    std::optional<foundry::error> failed;
    foundry::endpoint where{"http://localhost:8080/v1"};
    where.connect_to("127.0.0.1", acceptor.local_endpoint().port());
    foundry::options with;
    with.retry.max_retries = 0;
    asio::co_spawn(context, failure_of_large_request(where, with), [&](std::exception_ptr e, foundry::error f) {
        if (!e)
            failed = f;
    });
    context.run();
    REQUIRE(failed);
    CHECK((failed->code() == errc::too_large || failed->code() == errc::connection_lost));
}

} // namespace foundry_test::connection_failure_test
