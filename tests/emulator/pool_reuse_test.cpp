// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// When a connection is used again, replaced or warmed up, and when it must not be used again; TLS sessions that are resumed.

#include "support/fault_proxy.hpp"
#include "support/plain_calls.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace foundry_test::pool_reuse_test {

using foundry::errc;
using foundry::testing::recorded_request;

asio::awaitable<void> two_calls(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url, limited(service));
    foundry::chat_request const request = question();
    foundry::chat_completion const first = co_await client.complete(request);
    foundry::embedding_request const texts{"text-embedding-3-small", "a mile"};
    foundry::embeddings const vectors = co_await client.embed(texts);
    foundry::client<> copy = client;
    foundry::chat_completion const third = co_await copy.complete(request);
    CHECK(first.text() == third.text());
    CHECK(vectors.size() == 1);
    std::vector<recorded_request> const journal = service.journal();
    REQUIRE(journal.size() == 3);
    for (recorded_request const& r : journal)
        CHECK(r.connection == journal.front().connection);
}

asio::awaitable<void> reuse_after_stream(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options with = limited(service);
    with.pool.max_connections = 1; // a call that comes before the last bytes have been read away waits for them
    foundry::client<> client = client_of(executor, service, url, with);
    std::string const whole = event("a") + event("b") + "data: [DONE]\n\n";
    // All at once; the end of the body in a piece of its own; byte by byte.
    std::vector<std::vector<std::size_t>> chunkings;
    chunkings.emplace_back(1, 100000);
    chunkings.emplace_back(1, 1);
    std::size_t const connections = service.connections();
    for (std::vector<std::size_t> const& sizes : chunkings) {
        queue(service, answer::events(whole).chunking(sizes));
        std::string text;
        co_await read_all(client, text);
        CHECK(text == "ab");
    }
    queue(service, answer::events(whole).header("x-padding", std::string(300, 'x')).chunking({700, 1, 1, 1, 1, 1}));
    std::string text;
    co_await read_all(client, text);
    CHECK(text == "ab");
    co_await goes_on(service, client);
    CHECK(service.connections() == connections + 1);
}

TEST_CASE("pool: calls of all kinds and copies of a client share one connection")
{
    for (char const* const url : urls) {
        CAPTURE(std::string(url));
        emulator service;
        run(two_calls(service, url));
        CHECK(service.connections() == 1);
    }
}

TEST_CASE("pool: the connection of a stream that was read to its end is reused")
{
    emulator service;
    run(reuse_after_stream(service, foundry_url));
    run(reuse_after_stream(service, local_url));
}

asio::awaitable<void> warm_up_then_ask(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url, limited(service));
    co_await client.warm_up();
    CHECK(service.journal().empty());
    // Another's whole question: by its answer, the session tickets of the first handshake have been sent.
    foundry::client<> another = client_of(executor, service, url, limited(service));
    co_await goes_on(service, another);
    co_await goes_on(service, client);
    co_await client.warm_up();
    co_await goes_on(service, client);
    std::vector<recorded_request> const journal = service.journal();
    CHECK(journal[1].connection == 1);
    CHECK(journal[2].connection == 1);
    CHECK(service.connections() == 2);
    // Its TLS session is good for the next connection.
    queue(service, answer::json(200, completion_text("the last")).close());
    co_await expect_text(client, "the last");
    co_await goes_on(service, client);
    CHECK(service.journal().back().resumed == client.endpoint().secure());
    CHECK(service.connections() == 3);
}

asio::awaitable<void> ask(foundry::client<> client)
{
    foundry::chat_request const request = question();
    foundry::chat_completion const reply = co_await client.complete(request);
    CHECK(!reply.text().empty());
}

asio::awaitable<void> warm_up_two(emulator& service)
{
    using namespace asio::experimental::awaitable_operators;
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, foundry_url, limited(service));
    co_await (client.warm_up() && client.warm_up());
    CHECK(service.connections() == 2);
    co_await (ask(client) && ask(client));
    CHECK(service.connections() == 2);
}

asio::awaitable<void> warm_up_in_vain(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::any_credential who = foundry::api_key{"key"};
    foundry::options distrusting = limited(service);
    distrusting.tls.ca_certificates = emulator().ca_certificate();
    foundry::client<> client(executor, at(service, foundry_url), std::move(who), std::move(distrusting));
    foundry::error const failed = co_await failure_of(client.warm_up());
    CHECK(failed.code() == errc::tls_failed);
    CHECK(service.wait_for_open_at_most(0, long_enough));
}

TEST_CASE("warm_up: the first request uses the connection that is open already")
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        emulator service;
        run(warm_up_then_ask(service, url));
    }
}

TEST_CASE("warm_up: two at once open two connections")
{
    emulator service;
    run(warm_up_two(service));
}

TEST_CASE("warm_up: a failure says why and leaves nothing open")
{
    emulator service;
    run(warm_up_in_vain(service));
}

asio::awaitable<void> not_reused(emulator& service, char const* url, answer next)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url, limited(service));
    service.queue(std::move(next));
    std::size_t const connections = service.connections();
    std::size_t const replies = service.journal().size();
    co_await expect_text(client, "once");
    CHECK(service.wait_for_replies(replies + 1, long_enough));
    co_await goes_on(service, client);
    CHECK(service.connections() == connections + 2);
    CHECK(service.wait_for_open_at_most(1, long_enough));
}

TEST_CASE("pool: a connection with bytes after the answer is not reused, and no call gets them")
{
    emulator service;
    std::string const body = completion_text("once");
    std::string const smuggled = sized("", completion_text("smuggled"));
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        run(not_reused(service, url, answer::raw(sized("", body) + smuggled).keep_open()));
        run(not_reused(service, url, answer::raw(sized("", body) + "x").keep_open()));
        // in a TLS record of their own, which OpenSSL may have read along with the answer's
        std::vector<std::size_t> const apart{sized("", body).size(), smuggled.size()};
        run(not_reused(service, url, answer::raw(sized("", body) + smuggled).chunking(apart).keep_open()));
    }
}

/// One answer through a proxy, and then another.
///
/// @return how many TLS records came until the first.
asio::awaitable<std::size_t> through_proxy(emulator& service, std::string surplus, fault stop)
{
    auto const executor = co_await asio::this_coro::executor;
    fault_proxy proxy(executor, service.tls_port());
    foundry::endpoint where{foundry_url};
    where.connect_to("127.0.0.1", proxy.port());
    foundry::any_credential who = foundry::api_key{service.api_key()};
    foundry::client<> client(executor, where, who, limited(service));
    std::string const message = sized("", completion_text("once"));
    queue(service, answer::raw(message + surplus).chunking({message.size(), 100}).keep_open());
    proxy.arm(stop);
    co_await expect_text(client, "once");
    std::size_t const records = proxy.faulty()->records.ends().size();
    while (stop.what != fault::kind::none && !proxy.faulty()->in_force)
        co_await asio::post(executor, asio::use_awaitable);
    co_await goes_on(service, client);
    CHECK(proxy.connections() == (surplus.empty() ? 1 : 2));
    co_return records;
}

asio::awaitable<void> head_of_a_record(emulator& service)
{
    fault stop;
    stop.records = co_await through_proxy(service, "", stop);
    stop.what = fault::kind::stall;
    stop.at_once = false;
    for (std::size_t at = 1; at != 7; ++at) {
        CAPTURE(at);
        stop.at = at;
        co_await through_proxy(service, "surplus", stop);
    }
}

TEST_CASE("pool: a connection is not reused if a TLS record has begun after the answer")
{
    emulator service;
    run(head_of_a_record(service));
}

asio::awaitable<void> resume_each_time(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, foundry_url, limited(service));
    for (int i = 0; i != 3; ++i) {
        queue(service, answer::json(200, completion_text("fine")).header("Connection", "close"));
        co_await expect_text(client, "fine");
        CHECK(service.journal().back().resumed == (i != 0));
    }
}

asio::awaitable<void> resume_after_drop(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options with = limited(service);
    // of TLS 1.2, in which a resumed connection has the session of the one before, and no new one
    auto const context = std::make_shared<asio::ssl::context>(asio::ssl::context::tlsv12_client);
    context->set_verify_mode(asio::ssl::verify_peer);
    context->add_certificate_authority(asio::buffer(service.ca_certificate()));
    with.tls = foundry::tls_options();
    with.tls.context = std::shared_ptr<SSL_CTX>(context, context->native_handle());
    foundry::client<> client = client_of(executor, service, foundry_url, with);
    co_await goes_on(service, client);
    queue(service, answer::json(200, completion_text("the last")).close());
    co_await expect_text(client, "the last");
    for (int i = 0; i != 2; ++i) {
        queue(service, answer::raw(begun_stream()).hang());
        foundry::chat_request const request = question();
        foundry::chat_stream dropped = co_await client.stream(request);
        CHECK(service.journal().back().resumed);
    }
    co_await goes_on(service, client);
    CHECK(service.journal().back().resumed);
    CHECK(service.connections() == 4);
}

TEST_CASE("TLS session: that of a connection that ended with its answer is resumed")
{
    emulator service;
    run(resume_each_time(service));
}

TEST_CASE("TLS session: a connection that is dropped early does not spoil the session that it has resumed")
{
    emulator service;
    run(resume_after_drop(service));
}

TEST_CASE("pool: a connection is not reused if the answer says that it ends")
{
    emulator service;
    std::string const body = completion_text("once");
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        run(not_reused(service, url, answer::json(200, body).header("Connection", "close")));
        run(not_reused(service, url, answer::json(200, body).close()));
        run(not_reused(
            service, url,
            answer::raw("HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)
                .keep_open()));
        run(not_reused(service, url, answer::raw("HTTP/1.1 200 OK\r\n\r\n" + body))); // ends with the connection
    }
}

asio::awaitable<void> replace_idle(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url, limited(service));
    std::size_t const connections = service.connections();
    queue(service, answer::raw(sized("", completion_text("once")))); // and then closes, without having said so
    co_await expect_text(client, "once");
    CHECK(service.wait_for_open_at_most(0, long_enough));
    co_await goes_on(service, client);
    CHECK(service.connections() == connections + 2);
}

asio::awaitable<void> replace_on_use(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url, limited(service));
    co_await goes_on(service, client);
    // The server takes the question and closes without a byte, as where its idle limit passed on the way.
    service.clear_journal();
    std::size_t const connections = service.connections();
    queue(service, answer::raw(""));
    queue(service, answer::json(200, completion_text("second try")));
    co_await expect_text(client, "second try");
    std::vector<recorded_request> const journal = service.journal();
    REQUIRE(journal.size() == 2);
    CHECK(journal[0].connection != journal[1].connection);
    CHECK(journal[0].body == journal[1].body);
    CHECK(service.connections() == connections + 1);
    // Not for ever.
    queue(service, answer::raw(""));
    queue(service, answer::raw(""));
    foundry::chat_request const request = question();
    foundry::error const failed = co_await failure_of(client.complete(request));
    CHECK(failed.code() == errc::connection_lost);
    // Nor where it has begun to answer.
    co_await goes_on(service, client);
    queue(service, answer::raw("HTTP/1.1 2"));
    foundry::error const begun = co_await failure_of(client.complete(request));
    CHECK(begun.code() == errc::stream_truncated);
    co_await goes_on(service, client);
}

TEST_CASE("pool: a stale connection is replaced without an error, once")
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        emulator service;
        run(replace_idle(service, url));
        run(replace_on_use(service, url));
    }
}

} // namespace foundry_test::pool_reuse_test
