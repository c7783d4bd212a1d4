// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Servers that refuse a client with an alert of TLS, during the handshake or after it.

#include "support/clear_error.hpp"
#include "support/tls_peer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace foundry_test::tls_alerts_test {

/// Refuses the certificate of each client.
asio::awaitable<void> refuse_all(std::shared_ptr<tls_peer> server)
{
    for (;;) {
        std::unique_ptr<tls_stream> const stream = co_await accept(*server);
        try {
            co_await stream->async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
        } catch (boost::system::system_error const&) { // as it is to be
        }
        co_await wait_for_close(*stream);
    }
}

/// A client certificate by an authority of its own.
foundry::tls_options certificate_by(wish const& its_authority)
{
    issued const signer = issue(its_authority, nullptr);
    issued const made = issue(wish(), &signer);
    foundry::tls_options own;
    own.client_certificate = to_pem(made.certificate.get());
    own.client_key = to_pem(made.key.get());
    return own;
}

/// A call to a server that requires a client certificate.
asio::awaitable<void> expect_refusal(int version, foundry::tls_options own, std::vector<std::string_view> words)
{
    auto const executor = co_await asio::this_coro::executor;
    auto const server = std::make_shared<tls_peer>(executor);
    server->speak_only(version);
    server->require_client_certificate();
    foundry::options with = server->trusted();
    with.tls.client_certificate = own.client_certificate;
    with.tls.client_key = own.client_key;
    asio::co_spawn(executor, refuse_all(server), asio::detached);
    {
        foundry::client<> const client = server->make_client(std::move(with));
        foundry::error const failed = co_await failure_of(client.complete(question()));
        expect_error(failed, errc::tls_failed, {"options.tls.client_certificate"});
        CAPTURE(std::string(failed.what()));
        for (std::string_view const word : words)
            CHECK(contains(failed.what(), word));
        CHECK(failed.attempts().size() == 1);
        CHECK(server->accepted == 1);
    }
    server->acceptor.close();
}

TEST_CASE("TLS alert: a server that requires a client certificate ends a call without one in one attempt, and is "
          "quoted")
{
    foundry::tls_options const none;
    run(expect_refusal(TLS1_3_VERSION, none, {"alert", "certificate required"}));
    run(expect_refusal(TLS1_2_VERSION, none, {"alert", "handshake failure"}));
}

TEST_CASE(
    "TLS alert: a server that does not trust the client's certificate ends the call in one attempt, and is quoted")
{
    wish other = authority();
    other.common_name = "other authority";
    foundry::tls_options const of_other = certificate_by(other);
    foundry::tls_options const of_namesake = certificate_by(authority()); // the signature does not fit
    for (int const version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        CAPTURE(version);
        run(expect_refusal(version, of_other, {"alert", "unknown ca"}));
        run(expect_refusal(version, of_namesake, {"alert", "decrypt error"}));
    }
}

#if !defined(_WIN32) // which drops the alert when the reset arrives that follows it

/// Refuses connections on a thread of its own and closes them at once, while the client writes.
class abrupt_server
{
public:
    explicit abrupt_server(tls_peer& as) : as_(as), thread_([this] { refuse_connections(); }) {}
    ~abrupt_server()
    {
        has_ended_ = true;
        asio::io_context context;
        boost::system::error_code ignored;
        asio::ip::tcp::socket(context).connect(as_.acceptor.local_endpoint(),
                                               ignored); // ends the accept() of the thread
        thread_.join();
    }
    abrupt_server(abrupt_server const&) = delete;
    abrupt_server& operator=(abrupt_server const&) = delete;

private:
    void refuse_connections()
    {
        while (!has_ended_) {
            tls_stream stream(as_.acceptor.get_executor(), as_.context);
            boost::system::error_code refused;
            as_.acceptor.accept(stream.next_layer(), refused);
            stream.handshake(asio::ssl::stream_base::server, refused);
        }
    }

    tls_peer& as_;
    std::atomic<bool> has_ended_{false};
    std::thread thread_;
};

TEST_CASE("TLS alert: one that arrives while a large request is written is quoted, also if the connection is closed "
          "after it")
{
    asio::io_context of_server;
    tls_peer server(of_server.get_executor());
    server.require_client_certificate();
    std::optional<foundry::error> failed;
    {
        abrupt_server const abrupt(server);
        asio::io_context context;
        foundry::client<> const client = server.make_client(server.trusted());
        std::string const large(std::size_t{32} << 20, 'x');
        asio::co_spawn(context, failure_of(client.complete("gpt-4o-mini", large)),
                       [&](std::exception_ptr e, foundry::error f) {
                           if (!e)
                               failed = f;
                       });
        context.run();
    }
    REQUIRE(failed);
    expect_error(*failed, errc::tls_failed, {"alert", "certificate required"});
    CHECK(failed->attempts().size() == 1);
}

#endif

asio::awaitable<void> alert_within_stream(std::shared_ptr<tls_peer> server)
{
    std::unique_ptr<tls_stream> const stream = co_await accept(*server);
    co_await stream->async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
    co_await read_request(*stream);
    co_await write_text(*stream, stream_head + http_chunk(event("a")) + http_chunk(event("b")));
    co_await send_alert(*stream);
    co_await wait_for_close(*stream);
}

asio::awaitable<void> expect_broken_stream(int version)
{
    auto const executor = co_await asio::this_coro::executor;
    auto const server = std::make_shared<tls_peer>(executor);
    server->speak_only(version);
    asio::co_spawn(executor, alert_within_stream(server), asio::detached);
    foundry::client<> client = server->make_client(server->trusted());
    foundry::chat_request const request = question();
    stream_outcome const seen = co_await read_stream(client, request);
    CHECK(seen.text == "ab");
    REQUIRE(seen.failed);
    expect_error(*seen.failed, errc::stream_truncated, {"alert", "bad record mac"});
    CHECK(server->accepted == 1);
}

TEST_CASE("TLS alert: in the middle of a stream, it ends the stream as truncated after the chunks before it")
{
    for (int const version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        CAPTURE(version);
        run(expect_broken_stream(version));
    }
}

/// Asks for another handshake before it answers, and then goes on or waits for the handshake.
asio::awaitable<void> renegotiate(std::shared_ptr<tls_peer> server, bool insists)
{
    std::unique_ptr<tls_stream> const stream = co_await accept(*server);
    try {
        co_await stream->async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
        co_await read_request(*stream);
        SSL_renegotiate(stream->native_handle());
        co_await stream->async_handshake(asio::ssl::stream_base::server,
                                         asio::use_awaitable); // sends the request for it
        if (insists)
            co_await read_to_end(*server, *stream);
        else
            co_await write_text(*stream, sized("", completion_text("fine")));
    } catch (boost::system::system_error const& e) {
        server->end = e.code();
    }
    co_await wait_for_close(*stream);
}

asio::awaitable<void> answer_after_renegotiation()
{
    auto const executor = co_await asio::this_coro::executor;
    auto const server = std::make_shared<tls_peer>(executor);
    server->speak_only(TLS1_2_VERSION);
    asio::co_spawn(executor, renegotiate(server, false), asio::detached);
    foundry::client<> client = server->make_client(server->trusted());
    co_await expect_text(client, "fine");
    CHECK(!server->end);
}

asio::awaitable<void> insist_on_renegotiation()
{
    auto const executor = co_await asio::this_coro::executor;
    auto const server = std::make_shared<tls_peer>(executor);
    server->speak_only(TLS1_2_VERSION);
    asio::co_spawn(executor, renegotiate(server, true), asio::detached);
    foundry::client<> const client = server->make_client(server->trusted());
    foundry::error const failed = co_await failure_of(client.complete(question()));
    expect_error(failed, errc::tls_failed, {"alert", "handshake failure"});
    CHECK(server->accepted == 1);
}

TEST_CASE("TLS renegotiation: the client refuses it and reads the answer after it")
{
    run(answer_after_renegotiation());
}

TEST_CASE("TLS renegotiation: a server that insists on it ends the call with an alert, which the error quotes")
{
    run(insist_on_renegotiation());
}

} // namespace foundry_test::tls_alerts_test
