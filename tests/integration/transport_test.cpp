// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What goes over the wire besides the question: connections and their reuse, credentials, headers, and what cancelling and
// destroying leave behind.

#include "faults/fault_proxy.hpp"
#include "fixture.hpp"

#include <foundry/token_credential.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;
using foundry::testing::received;
using foundry_test::at;
using foundry_test::client_of;
using foundry_test::failure_of;
using foundry_test::run;

constexpr auto long_enough = 20s; // for what happens at once

constexpr char const* foundry_url = foundry_test::urls[0];
constexpr char const* v1_url = foundry_test::urls[1];
constexpr char const* dated_url = foundry_test::urls[2];
constexpr char const* local_url = foundry_test::urls[3];

foundry::chat_request question(std::string text = "How many feet are in a mile?")
{
    foundry::chat_request request{"gpt-4o-mini"};
    request.user(std::move(text));
    return request;
}

/// A limit for tests that would else hang.
foundry::options trusting(emulator const& service)
{
    foundry::options with = foundry_test::trusting(service);
    with.timeouts.total = 60s;
    with.timeouts.stream_total = 60s;
    return with;
}

foundry::client<> make_client(asio::any_io_executor executor, emulator const& service, char const* url,
                              foundry::options with)
{
    foundry::any_credential who = foundry::api_key{service.api_key()};
    return foundry::client<>(std::move(executor), at(service, url), std::move(who), std::move(with));
}

std::string completion_text(std::string const& text)
{
    return R"({"id":"x","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":")" +
           text + "\"}}]}";
}

std::string event(std::string const& text)
{
    return "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
}

std::string message_of(std::string const& body)
{
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

/// The head and one event of a stream that goes on.
std::string begun_stream()
{
    std::string const first = event("a");
    static constexpr char digits[] = "0123456789abcdef";
    std::string size;
    for (std::size_t n = first.size(); n != 0; n /= 16)
        size.insert(size.begin(), digits[n % 16]);
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" + size + "\r\n" +
           first + "\r\n";
}

void queue(emulator& service, answer const& next) { service.queue(next); }

asio::awaitable<void> expect_text(foundry::client<>& client, std::string wanted)
{
    foundry::chat_request const request = question();
    foundry::chat_completion const reply = co_await client.complete(request);
    CHECK(reply.text() == wanted);
}

/// The client answers the next question, as ever.
asio::awaitable<void> goes_on(emulator& service, foundry::client<>& client)
{
    CHECK(service.queued() == 0);
    queue(service, answer::json(200, completion_text("fine")));
    co_await expect_text(client, "fine");
}

} // namespace

// ---- Connections

namespace {

asio::awaitable<void> two_calls(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, url, trusting(service));
    foundry::chat_request const request = question();
    foundry::chat_completion const first = co_await client.complete(request);
    foundry::embedding_request const texts{"text-embedding-3-small", "a mile"};
    foundry::embeddings const vectors = co_await client.embed(texts);
    foundry::client<> copy = client;
    foundry::chat_completion const third = co_await copy.complete(request);
    CHECK(first.text() == third.text());
    CHECK(vectors.size() == 1);
    std::vector<received> const journal = service.journal();
    REQUIRE(journal.size() == 3);
    for (received const& r : journal)
        CHECK(r.connection == journal.front().connection);
}

asio::awaitable<void> read_all(foundry::client<>& client, std::string& text)
{
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_chunk chunk;
    bool more = co_await chunks.read(chunk);
    while (more) {
        text += chunk.text();
        more = co_await chunks.read(chunk);
    }
}

asio::awaitable<void> reuse_after_stream(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options with = trusting(service);
    with.pool.max_connections = 1; // a call that comes before the last bytes have been read away waits for them
    foundry::client<> client = make_client(executor, service, url, with);
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

} // namespace

TEST_CASE("calls of all kinds and copies of a client share one connection")
{
    for (char const* const url : foundry_test::urls) {
        CAPTURE(std::string(url));
        emulator service;
        run(two_calls(service, url));
        CHECK(service.connections() == 1);
    }
}

TEST_CASE("the connection of a stream that was read to its end is used again")
{
    emulator service;
    run(reuse_after_stream(service, foundry_url));
    run(reuse_after_stream(service, local_url));
}

namespace {

asio::awaitable<void> warm_up_then_ask(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, url, trusting(service));
    co_await client.warm_up();
    CHECK(service.journal().empty());
    // Another's whole question: by its answer, the session tickets of the first handshake have been sent.
    foundry::client<> another = make_client(executor, service, url, trusting(service));
    co_await goes_on(service, another);
    co_await goes_on(service, client);
    co_await client.warm_up();
    co_await goes_on(service, client);
    std::vector<received> const journal = service.journal();
    CHECK(journal[1].connection == 1);
    CHECK(journal[2].connection == 1);
    CHECK(service.connections() == 2);
    // Its TLS session is good for the next connection.
    queue(service, answer::json(200, completion_text("the last")).close());
    co_await expect_text(client, "the last");
    co_await goes_on(service, client);
    CHECK(service.journal().back().resumed == client.where().secure());
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
    foundry::client<> client = make_client(executor, service, foundry_url, trusting(service));
    co_await (client.warm_up() && client.warm_up());
    CHECK(service.connections() == 2);
    co_await (ask(client) && ask(client));
    CHECK(service.connections() == 2);
}

asio::awaitable<void> warm_up_in_vain(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::any_credential who = foundry::api_key{"key"};
    foundry::options distrusting = trusting(service);
    distrusting.tls.ca_certificates = emulator().ca_certificate();
    foundry::client<> client(executor, at(service, foundry_url), std::move(who), std::move(distrusting));
    foundry::error const failed = co_await failure_of(client.warm_up());
    CHECK(failed.code() == errc::tls_failed);
    CHECK(service.wait_for_open_at_most(0, long_enough));
}

} // namespace

TEST_CASE("a client that was warmed up asks its first question over the connection that is open already")
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        emulator service;
        run(warm_up_then_ask(service, url));
    }
}

TEST_CASE("two warm-ups at once open two connections")
{
    emulator service;
    run(warm_up_two(service));
}

TEST_CASE("a warm-up that fails says why and leaves nothing open")
{
    emulator service;
    run(warm_up_in_vain(service));
}

namespace {

asio::awaitable<void> drop_stream(emulator& service, int how)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, foundry_url, trusting(service));
    foundry::chat_request const request = question();
    queue(service, answer::raw(begun_stream()).hang());
    {
        foundry::chat_stream chunks = co_await client.stream(request);
        std::optional<foundry::chat_chunk> const chunk = co_await chunks.next();
        REQUIRE(chunk.has_value());
        CHECK(chunk->text() == "a");
        CHECK(service.open_connections() == 1);
        if (how == 1)
            chunks.close();
        if (how == 2)
            chunks = foundry::chat_stream();
        if (how != 0) {
            CHECK(service.wait_for_open_at_most(0, long_enough));
            std::optional<foundry::chat_chunk> const nothing = co_await chunks.next();
            CHECK(!nothing);
        }
    }
    CHECK(service.wait_for_open_at_most(0, long_enough));
    co_await goes_on(service, client);
    CHECK(service.connections() == 2);
}

} // namespace

TEST_CASE("a stream that is dropped, closed or assigned to closes its connection at once")
{
    for (int const how : {0, 1, 2}) {
        CAPTURE(how);
        emulator service;
        run(drop_stream(service, how));
    }
}

namespace {

asio::awaitable<void> not_reused(emulator& service, char const* url, answer next)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, url, trusting(service));
    service.queue(std::move(next));
    std::size_t const connections = service.connections();
    std::size_t const replies = service.journal().size();
    co_await expect_text(client, "once");
    CHECK(service.wait_for_replies(replies + 1, long_enough));
    co_await goes_on(service, client);
    CHECK(service.connections() == connections + 2);
    CHECK(service.wait_for_open_at_most(1, long_enough));
}

} // namespace

TEST_CASE("a connection with bytes behind the answer is not used again, and they are nobody's answer")
{
    emulator service;
    std::string const body = completion_text("once");
    std::string const smuggled = message_of(completion_text("smuggled"));
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        run(not_reused(service, url, answer::raw(message_of(body) + smuggled).keep_open()));
        run(not_reused(service, url, answer::raw(message_of(body) + "x").keep_open()));
        // in a TLS record of their own, which OpenSSL may have read along with the answer's
        std::vector<std::size_t> const apart{message_of(body).size(), smuggled.size()};
        run(not_reused(service, url, answer::raw(message_of(body) + smuggled).chunking(apart).keep_open()));
    }
}

namespace {

using foundry_test::fault;
using foundry_test::fault_proxy;

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
    foundry::client<> client(executor, where, who, trusting(service));
    std::string const message = message_of(completion_text("once"));
    queue(service, answer::raw(message + surplus).chunking({message.size(), 100}).keep_open());
    proxy.arm(stop);
    co_await expect_text(client, "once");
    std::size_t const records = proxy.faulty()->records.ends().size();
    while (stop.what != fault::kind::none && !proxy.faulty()->struck)
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

} // namespace

TEST_CASE("a connection is not used again where a TLS record has begun behind the answer")
{
    emulator service;
    run(head_of_a_record(service));
}

namespace {

/// Two calls for one connection: the second one waits for it.
struct two_in_a_row
{
    two_in_a_row(emulator& s, char const* url) : service(s), client(one_connection(context, s, url)) {}

    static foundry::client<> one_connection(asio::io_context& context, emulator const& service, char const* url)
    {
        foundry::options with = trusting(service);
        with.pool.max_connections = 1;
        return make_client(context.get_executor(), service, url, std::move(with));
    }

    void ask(std::string& said)
    {
        asio::co_spawn(context, client.complete(question()),
                       [&said](std::exception_ptr e, foundry::chat_completion reply) {
                           try {
                               if (e)
                                   std::rethrow_exception(e);
                               said = reply.text();
                           } catch (foundry::error const& failed) {
                               said = failed.code().message();
                           }
                       });
    }

    /// Nothing is read before the first answer was sent whole, so that all of it is there.
    void run()
    {
        std::size_t const before = service.journal().size();
        ask(first);
        ask(second);
        while (!service.wait_for_requests(before + 1, 1ms))
            context.poll();
        CHECK(service.wait_for_replies(before + 1, long_enough));
        context.run();
        context.restart();
    }

    emulator& service;
    asio::io_context context;
    foundry::client<> client;
    std::string first;
    std::string second;
};

} // namespace

TEST_CASE("bytes behind an answer are not the answer to a call that waits for the connection")
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        emulator service;
        two_in_a_row calls(service, url);
        std::string const message = message_of(completion_text("the first"));
        std::string const smuggled = message_of(completion_text("smuggled"));
        // a length at which the client's first read ends
        std::string const padding(8192 - message.size() - 18, ' ');
        std::string const filled = message_of(completion_text("the first") + padding);
        queue(service, answer::raw(filled + smuggled).chunking({filled.size(), 10000}).keep_open());
        queue(service, answer::json(200, completion_text("the second")));
        calls.run();
        CHECK(calls.first == "the first");
        CHECK(calls.second == "the second");
        CHECK(service.connections() == 2);
    }
}

TEST_CASE("a question is sent twice at most, also where the second time has to wait for a connection")
{
    emulator service;
    two_in_a_row calls(service, foundry_url);
    std::string warm;
    calls.ask(warm);
    calls.context.run();
    calls.context.restart();
    service.clear_journal();
    for (char const* const text : {"", "the second", "", "a third time"}) {
        if (*text == '\0')
            queue(service, answer::raw(""));
        else
            queue(service, answer::json(200, completion_text(text)));
    }
    calls.ask(calls.first);
    calls.ask(calls.second);
    calls.context.run();
    CHECK(calls.second == "the second");
    CHECK(calls.first == make_error_code(errc::connection_lost).message());
    CHECK(service.queued() == 1);
}

namespace {

/// A stream that has said all, and whose end is long in coming.
asio::awaitable<void> long_end(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, local_url, trusting(service));
    std::string rest;
    for (int i = 0; i != 1000; ++i)
        rest += "1;" + std::string(8000, 'x') + "\r\n\n\r\n";
    std::string const last = "data: [DONE]\n\n";
    queue(service, answer::raw(begun_stream() + "e\r\n" + last + "\r\n" + rest + "0\r\n\r\n").keep_open());
    std::string text;
    co_await read_all(client, text);
    CHECK(text == "a");
    CHECK(service.wait_for_open_at_most(0, long_enough));
    co_await goes_on(service, client);
    CHECK(service.connections() == 2);
}

} // namespace

TEST_CASE("the end of a stream is waited for in the background, and closed where it is long, whatever it consists of")
{
    emulator service;
    run(long_end(service));
}

namespace {

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

asio::awaitable<void> ask_deaf(std::size_t size, int& answered)
{
    auto const executor = co_await asio::this_coro::executor;
    auto const server = std::make_shared<deaf_server>(executor);
    std::string const text(200 * 1024, 'x');
    asio::co_spawn(executor, deaf_server::serve(server, message_of(completion_text(text))), asio::detached);
    foundry::endpoint where{local_url};
    where.connect_to("127.0.0.1", server->acceptor.local_endpoint().port());
    foundry::options with;
    with.retry.max_retries = 0;
    with.timeouts.write = 50ms;
    with.timeouts.total = 20s;
    foundry::any_credential none = foundry::no_credential{};
    foundry::client<> client(executor, where, none, with);
    foundry::chat_request const request = question(std::string(size, 'a'));
    try {
        foundry::chat_completion const reply = co_await client.complete(request);
        CHECK(reply.text() == text);
        ++answered;
    } catch (foundry::error const& failed) {
        CHECK(failed.code() == errc::write_timeout);
    }
}

} // namespace

TEST_CASE("a server that has answered and takes no more is heard out")
{
    // One size or other fills the socket's buffers so far that it counts as not writable, and not to the brim.
    int answered = 0;
    int asked = 0;
    for (double size = 64 * 1024; size < 12 * 1024 * 1024; size *= 1.2, ++asked)
        run(ask_deaf(static_cast<std::size_t>(size), answered));
    CHECK(answered > 0);
    CHECK(answered < asked);
}

namespace {

asio::awaitable<void> resume_each_time(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, foundry_url, trusting(service));
    for (int i = 0; i != 3; ++i) {
        queue(service, answer::json(200, completion_text("fine")).header("Connection", "close"));
        co_await expect_text(client, "fine");
        CHECK(service.journal().back().resumed == (i != 0));
    }
}

asio::awaitable<void> resume_after_drop(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options with = trusting(service);
    // of TLS 1.2, in which a resumed connection has the session of the one before, and no new one
    auto const context = std::make_shared<asio::ssl::context>(asio::ssl::context::tlsv12_client);
    context->set_verify_mode(asio::ssl::verify_peer);
    context->add_certificate_authority(asio::buffer(service.ca_certificate()));
    with.tls = foundry::tls_options();
    with.tls.context = std::shared_ptr<SSL_CTX>(context, context->native_handle());
    foundry::client<> client = make_client(executor, service, foundry_url, with);
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

} // namespace

TEST_CASE("the TLS session of a connection that ends with the answer is good for the next")
{
    emulator service;
    run(resume_each_time(service));
}

TEST_CASE("a connection that is dropped early does not spoil the TLS session that it has resumed")
{
    emulator service;
    run(resume_after_drop(service));
}

TEST_CASE("a connection that the answer says is over is not used again")
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

namespace {

asio::awaitable<void> replace_idle(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, url, trusting(service));
    std::size_t const connections = service.connections();
    queue(service, answer::raw(message_of(completion_text("once")))); // and then closes, without having said so
    co_await expect_text(client, "once");
    CHECK(service.wait_for_open_at_most(0, long_enough));
    co_await goes_on(service, client);
    CHECK(service.connections() == connections + 2);
}

asio::awaitable<void> replace_on_use(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, url, trusting(service));
    co_await goes_on(service, client);
    // The server takes the question and closes without a byte, as where its idle limit passed on the way.
    service.clear_journal();
    std::size_t const connections = service.connections();
    queue(service, answer::raw(""));
    queue(service, answer::json(200, completion_text("second try")));
    co_await expect_text(client, "second try");
    std::vector<received> const journal = service.journal();
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

} // namespace

TEST_CASE("a kept connection that the server has closed is replaced without an error, once")
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        emulator service;
        run(replace_idle(service, url));
        run(replace_on_use(service, url));
    }
}

namespace {

asio::awaitable<void> ask(foundry::client<> client, std::string text, int& done)
{
    foundry::chat_request const request = question(std::move(text));
    foundry::chat_completion const reply = co_await client.complete(request);
    CHECK(!reply.text().empty());
    ++done;
}

} // namespace

TEST_CASE("a pool of one connection serves eight calls one after another, in order")
{
    emulator service;
    asio::io_context context;
    foundry::options with = trusting(service);
    with.pool.max_connections = 1;
    int done = 0;
    {
        foundry::client<> client = make_client(context.get_executor(), service, foundry_url, with);
        for (int i = 0; i != 8; ++i)
            asio::co_spawn(context, ask(client, "question " + std::to_string(i), done), asio::detached);
    }
    context.run();
    CHECK(done == 8);
    CHECK(service.connections() == 1);
    std::vector<received> const journal = service.journal();
    REQUIRE(journal.size() == 8);
    for (int i = 0; i != 8; ++i) {
        std::string const text = "question " + std::to_string(i);
        CHECK(journal[static_cast<std::size_t>(i)].body.find(text) != std::string::npos);
    }
}

TEST_CASE("calls beyond the pool's limit take over where connections end")
{
    emulator service;
    asio::io_context context;
    foundry::options with = trusting(service);
    with.pool.max_connections = 2;
    for (int i = 0; i != 8; ++i)
        service.queue(answer::json(200, completion_text("over")).header("Connection", "close"));
    int done = 0;
    {
        foundry::client<> client = make_client(context.get_executor(), service, foundry_url, with);
        for (int i = 0; i != 8; ++i)
            asio::co_spawn(context, ask(client, "question " + std::to_string(i), done), asio::detached);
    }
    context.run();
    CHECK(done == 8);
    CHECK(service.connections() == 8);
}

namespace {

asio::awaitable<void> no_turn(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options with = trusting(service);
    with.pool.max_connections = 1;
    foundry::client<> client = make_client(executor, service, foundry_url, with);
    foundry::chat_request const request = question();
    queue(service, answer::raw(begun_stream()).hang());
    foundry::chat_stream holds = co_await client.stream(request);
    foundry::call_options hasty;
    hasty.timeouts.emplace();
    hasty.timeouts->total = 50ms;
    foundry::error const failed = co_await failure_of(client.complete(request, hasty));
    CHECK(failed.code() == errc::total_timeout);
    CHECK(std::string(failed.what()).find("max_connections") != std::string::npos);
    holds.close();
    co_await goes_on(service, client);
}

} // namespace

TEST_CASE("a call that gets no connection in its time says so")
{
    emulator service;
    run(no_turn(service));
}

// ---- Cancellation

namespace {

asio::awaitable<void> a_moment()
{
    asio::steady_timer timer(co_await asio::this_coro::executor, 2ms);
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> race_in_stream(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, url, trusting(service));
    foundry::chat_request const request = question();
    queue(service, answer::raw(begun_stream()).hang());
    foundry::chat_stream chunks = co_await client.stream(request);
    std::optional<foundry::chat_chunk> const one = co_await chunks.next();
    REQUIRE(one.has_value());
    using namespace asio::experimental::awaitable_operators;
    auto const raced = co_await (chunks.next() || a_moment());
    CHECK(raced.index() == 1);
    CHECK(service.wait_for_open_at_most(0, long_enough));
    std::optional<foundry::chat_chunk> const nothing = co_await chunks.next();
    CHECK(!nothing);
    co_await goes_on(service, client);
}

} // namespace

TEST_CASE("a stream that loses a race is closed and at its end, and the next call works")
{
    emulator service;
    run(race_in_stream(service, foundry_url));
    run(race_in_stream(service, local_url));
}

// ---- What is sent

namespace {

/// The request that a call to this endpoint makes; what is answered is of no matter.
asio::awaitable<received> request_of(emulator& service, foundry::endpoint where, foundry::any_credential who,
                                     foundry::options with, foundry::chat_request request, foundry::call_options call)
{
    auto const executor = co_await asio::this_coro::executor;
    where.connect_to("127.0.0.1", where.secure() ? service.tls_port() : service.plain_port());
    foundry::client<> client(executor, std::move(where), std::move(who), std::move(with));
    service.clear_journal();
    queue(service, answer::json(200, completion_text("fine")));
    foundry::chat_completion const reply = co_await client.complete(request, call);
    CHECK(reply.text() == "fine");
    std::vector<received> const journal = service.journal();
    REQUIRE(journal.size() == 1);
    CHECK(reply.info().client_request_id() == journal.front().header("x-ms-client-request-id").value_or(""));
    co_return journal.front();
}

asio::awaitable<void> store_request(received& into, emulator& service, foundry::endpoint where,
                                    foundry::any_credential who, foundry::options with, foundry::chat_request request,
                                    foundry::call_options call)
{
    into = co_await request_of(service, std::move(where), std::move(who), std::move(with), std::move(request),
                               std::move(call));
}

/// The blocking form, for what needs no coroutine of its own.
struct asking
{
    explicit asking(emulator& s) : service(s), with(trusting(s)), who(foundry::api_key{"a-key"}), request(question()) {}

    received send(std::string_view url)
    {
        received sent;
        run(store_request(sent, service, foundry::endpoint{url}, who, with, request, call));
        return sent;
    }

    emulator& service;
    foundry::options with;
    foundry::any_credential who;
    foundry::chat_request request;
    foundry::call_options call;
};

std::string header(received const& r, std::string_view name) { return std::string(r.header(name).value_or("(none)")); }

std::size_t count(received const& r, std::string_view name)
{
    return static_cast<std::size_t>(std::count_if(r.headers.begin(), r.headers.end(), [name](auto const& field) {
        return std::equal(field.first.begin(), field.first.end(), name.begin(), name.end(),
                          [](char a, char b) { return (a | 32) == (b | 32); });
    }));
}

boost::json::object body_of(received const& r) { return boost::json::parse(r.body).as_object(); }

} // namespace

TEST_CASE("the host, SNI and path are the URL's, wherever the socket leads")
{
    emulator service;
    asking a(service);
    received const plain_port = a.send("https://Contoso.OpenAI.azure.com/openai/v1/");
    CHECK(plain_port.tls);
    CHECK(plain_port.sni == "contoso.openai.azure.com");
    CHECK(plain_port.host == "contoso.openai.azure.com");
    CHECK(plain_port.method == "POST");
    CHECK(plain_port.target == "/openai/v1/chat/completions");
    received const other_port = a.send("https://contoso.openai.azure.com:8443/openai/v1");
    CHECK(other_port.sni == "contoso.openai.azure.com");
    CHECK(other_port.host == "contoso.openai.azure.com:8443");
    received const local = a.send("http://localhost:8080/v1");
    CHECK(!local.tls);
    CHECK(local.host == "localhost:8080");
    CHECK(local.target == "/v1/chat/completions");
    received const models = a.send(foundry_url);
    CHECK(models.target == "/models/chat/completions?api-version=2024-05-01-preview");
    received const dated = a.send(dated_url);
    CHECK(dated.target == "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21");
}

TEST_CASE("a request is framed by its length and says what it holds")
{
    emulator service;
    asking a(service);
    for (char const* const url : foundry_test::urls) {
        received const sent = a.send(url);
        CHECK(header(sent, "Content-Length") == std::to_string(sent.body.size()));
        CHECK(header(sent, "Content-Type") == "application/json");
        CHECK(count(sent, "Content-Type") == 1);
        CHECK(count(sent, "Host") == 1);
        CHECK(count(sent, "Accept-Encoding") == 0);
        CHECK(count(sent, "Transfer-Encoding") == 0);
        CHECK(!body_of(sent).contains("stream"));
    }
}

TEST_CASE("a key goes where the endpoint expects it")
{
    emulator service;
    asking a(service);
    for (char const* const url :
         {foundry_url, v1_url, dated_url, "https://contoso.cognitiveservices.azure.com/openai/v1",
          "https://contoso.azure-api.net/openai/v1"}) {
        CAPTURE(std::string(url));
        received const sent = a.send(url);
        CHECK(header(sent, "api-key") == "a-key");
        CHECK(header(sent, "authorization") == "(none)");
    }
    for (char const* const url :
         {local_url, "https://m.eastus2.models.ai.azure.com", "https://models.github.ai/inference",
          "https://m.eastus2.inference.ml.azure.com/score"}) {
        CAPTURE(std::string(url));
        received const sent = a.send(url);
        CHECK(header(sent, "authorization") == "Bearer a-key");
        CHECK(header(sent, "api-key") == "(none)");
    }
}

TEST_CASE("a key goes where the program says")
{
    emulator service;
    asking a(service);
    a.who = foundry::api_key("a-key", foundry::key_header::both);
    for (char const* const url : {foundry_url, local_url}) {
        received const both = a.send(url);
        CHECK(header(both, "api-key") == "a-key");
        CHECK(header(both, "authorization") == "Bearer a-key");
    }
    a.who = foundry::api_key("a-key", foundry::key_header::bearer);
    received const bearer = a.send(foundry_url);
    CHECK(header(bearer, "authorization") == "Bearer a-key");
    CHECK(header(bearer, "api-key") == "(none)");
    a.who = foundry::api_key("a-key", foundry::key_header::api_key);
    received const own = a.send(local_url);
    CHECK(header(own, "api-key") == "a-key");
    CHECK(header(own, "authorization") == "(none)");
    a.who = foundry::api_key("a-key", std::string("Ocp-Apim-Subscription-Key"));
    received const named = a.send(foundry_url);
    CHECK(header(named, "ocp-apim-subscription-key") == "a-key");
    CHECK(header(named, "api-key") == "(none)");
    CHECK(header(named, "authorization") == "(none)");
    a.who = foundry::bearer_token("a-token");
    received const token = a.send(foundry_url);
    CHECK(header(token, "authorization") == "Bearer a-token");
    CHECK(header(token, "api-key") == "(none)");
    a.who = foundry::no_credential{};
    received const none = a.send(foundry_url);
    CHECK(header(none, "authorization") == "(none)");
    CHECK(header(none, "api-key") == "(none)");
}

namespace {

/// A user's own credential.
struct counting_credential
{
    struct record
    {
        int calls = 0;
        std::vector<std::string> scopes;
        std::string token = "my-token";
        std::chrono::minutes lifetime{60};
    };

    asio::awaitable<foundry::access_token> get_token(foundry::token_request request)
    {
        ++seen->calls;
        seen->scopes.push_back(request.scope);
        foundry::access_token token(seen->token + std::to_string(seen->calls),
                                    std::chrono::system_clock::now() + seen->lifetime);
        co_return token;
    }

    std::shared_ptr<record> seen = std::make_shared<record>();
};

asio::awaitable<void> call_with_tokens(emulator& service, char const* url, counting_credential credential)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options const with = trusting(service);
    foundry::client<counting_credential> const typed(executor, at(service, url), credential, with);
    foundry::client<> client = typed;
    co_await goes_on(service, client);
    foundry::client<> copy = client;
    co_await goes_on(service, copy);
}

} // namespace

TEST_CASE("a token is asked for once, for the endpoint's scope, and sent as a bearer")
{
    for (auto const& [url, scope] :
         {std::pair(foundry_url, "https://cognitiveservices.azure.com/.default"),
          std::pair(dated_url, "https://cognitiveservices.azure.com/.default"),
          std::pair("https://contoso.services.ai.azure.com/api/projects/p/openai/v1", "https://ai.azure.com/.default"),
          std::pair("https://m.eastus2.models.ai.azure.com", "https://ml.azure.com/.default")}) {
        CAPTURE(std::string(url));
        emulator service;
        counting_credential const credential;
        run(call_with_tokens(service, url, credential));
        CHECK(credential.seen->calls == 1);
        CHECK(credential.seen->scopes == std::vector<std::string>{scope});
        std::vector<received> const journal = service.journal();
        REQUIRE(journal.size() == 2);
        for (received const& sent : journal) {
            CHECK(header(sent, "authorization") == "Bearer my-token1");
            CHECK(header(sent, "api-key") == "(none)");
        }
    }
}

TEST_CASE("a token that has ended is asked for again")
{
    emulator service;
    counting_credential const credential;
    credential.seen->lifetime = std::chrono::minutes{0};
    run(call_with_tokens(service, foundry_url, credential));
    CHECK(credential.seen->calls == 2);
    std::vector<received> const journal = service.journal();
    REQUIRE(journal.size() == 2);
    CHECK(header(journal[0], "authorization") == "Bearer my-token1");
    CHECK(header(journal[1], "authorization") == "Bearer my-token2");
}

namespace {

asio::awaitable<void> bad_token(emulator& service, counting_credential credential)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options const with = trusting(service);
    foundry::client<counting_credential> const client(executor, at(service, foundry_url), credential, with);
    foundry::chat_request const request = question();
    foundry::error const failed = co_await failure_of(client.complete(request));
    CHECK(failed.code() == errc::invalid_argument);
    CHECK(std::string(failed.what()).find("Injected") == std::string::npos);
    CHECK(std::string(failed.what()).find("token") != std::string::npos);
    CHECK(service.connections() == 0);
}

} // namespace

TEST_CASE("a token with a line break is refused, and nothing is sent")
{
    emulator service;
    counting_credential const credential;
    credential.seen->token = "my-token\r\nInjected: ";
    run(bad_token(service, credential));
}

TEST_CASE("each call has an id of its own, a given one, or none")
{
    emulator service;
    asking a(service);
    std::set<std::string> ids;
    for (int i = 0; i != 3; ++i) {
        std::string const id = header(a.send(foundry_url), "x-ms-client-request-id");
        REQUIRE(id.size() == 36);
        CHECK(id[8] == '-');
        CHECK(id[14] == '4');
        ids.insert(id);
    }
    CHECK(ids.size() == 3);
    a.call.client_request_id = "mine";
    CHECK(header(a.send(foundry_url), "x-ms-client-request-id") == "mine");
    a.call.client_request_id = "";
    CHECK(header(a.send(foundry_url), "x-ms-client-request-id") == "(none)");
    a.call.client_request_id.reset();
    a.with.client_request_ids = false;
    CHECK(header(a.send(foundry_url), "x-ms-client-request-id") == "(none)");
    a.call.client_request_id = "mine";
    CHECK(header(a.send(foundry_url), "x-ms-client-request-id") == "mine");
}

TEST_CASE("the user agent is the library's, a given one, or none")
{
    emulator service;
    asking a(service);
    CHECK(header(a.send(foundry_url), "User-Agent") == "foundry-cpp/0.1");
    a.with.user_agent = "mine/1";
    CHECK(header(a.send(foundry_url), "User-Agent") == "mine/1");
    a.call.headers.emplace_back("user-agent", "this call's/2");
    received const sent = a.send(foundry_url);
    CHECK(header(sent, "User-Agent") == "this call's/2");
    CHECK(count(sent, "user-agent") == 1);
    a.call.headers.clear();
    a.with.user_agent.clear();
    CHECK(header(a.send(foundry_url), "User-Agent") == "(none)");
}

TEST_CASE("headers of the endpoint, the client and the call are all sent")
{
    emulator service;
    asking a(service);
    foundry::endpoint where{foundry_url};
    where.add_header("x-endpoint", "1").add_query("region", "east us");
    a.with.headers.emplace_back("x-client", "2");
    a.call.headers.emplace_back("X-Call", "3");
    received sent;
    run(store_request(sent, service, where, a.who, a.with, a.request, a.call));
    CHECK(header(sent, "x-endpoint") == "1");
    CHECK(header(sent, "x-client") == "2");
    CHECK(header(sent, "x-call") == "3");
    CHECK(sent.target == "/models/chat/completions?api-version=2024-05-01-preview&region=east%20us");
}

TEST_CASE("a Foundry Models endpoint is told what to do with members beyond its API")
{
    emulator service;
    asking a(service);
    CHECK(header(a.send(foundry_url), "extra-parameters") == "(none)");
    a.request.temperature = 0.5;
    a.request.max_tokens = 10;
    a.request.stop.push_back("x");
    a.request.seed = 1;
    CHECK(header(a.send(foundry_url), "extra-parameters") == "(none)");

    void (*const extras[])(foundry::chat_request&) = {
        [](foundry::chat_request& r) { r.max_completion_tokens = 5; },
        [](foundry::chat_request& r) { r.n = 1; },
        [](foundry::chat_request& r) { r.user_ = "me"; },
        [](foundry::chat_request& r) { r.parallel_tool_calls = false; },
        [](foundry::chat_request& r) { r.reasoning_effort = foundry::reasoning_effort::low; },
        [](foundry::chat_request& r) { r.stream_options.emplace().include_usage = true; },
        [](foundry::chat_request& r) { r.metadata["a"] = "b"; },
        [](foundry::chat_request& r) { r.logit_bias["1"] = 2; },
        [](foundry::chat_request& r) { r.extra["top_k"] = 40; },
    };
    for (auto const extra : extras) {
        foundry::chat_request const before = a.request;
        extra(a.request);
        CAPTURE(a.request.to_json());
        CHECK(header(a.send(foundry_url), "extra-parameters") == "pass-through");
        CHECK(header(a.send("https://m.eastus2.models.ai.azure.com"), "extra-parameters") == "pass-through");
        for (char const* const url : {v1_url, dated_url, local_url})
            CHECK(header(a.send(url), "extra-parameters") == "(none)");
        a.call.extra_parameters = foundry::extra_parameters::error;
        CHECK(header(a.send(foundry_url), "extra-parameters") == "error");
        a.call.extra_parameters = foundry::extra_parameters::drop;
        CHECK(header(a.send(foundry_url), "extra-parameters") == "drop");
        for (char const* const url : {v1_url, dated_url, local_url})
            CHECK(header(a.send(url), "extra-parameters") == "(none)");
        a.call.extra_parameters.reset();
        a.request = before;
    }
}

namespace {

asio::awaitable<void> extras_for_real(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, foundry_url, trusting(service));
    foundry::chat_request request = question();
    request.extra["top_k"] = 40;
    foundry::chat_completion const passed = co_await client.complete(request);
    CHECK(!passed.text().empty());
    foundry::call_options call;
    call.extra_parameters = foundry::extra_parameters::drop;
    foundry::chat_completion const dropped = co_await client.complete(request, call);
    CHECK(!dropped.text().empty());
    call.extra_parameters = foundry::extra_parameters::error;
    foundry::error const failed = co_await failure_of(client.complete(request, call));
    CHECK(failed.code() == errc::bad_request);
    CHECK(std::string(failed.what()).find("top_k") != std::string::npos);
    CHECK(failed.advice().find("pass_through") != std::string::npos);
}

} // namespace

TEST_CASE("members beyond the API are passed through, dropped or refused as the call says")
{
    emulator service;
    run(extras_for_real(service));
}

TEST_CASE("a request without a model is for the default one")
{
    emulator service;
    asking a(service);
    a.with.default_model = "gpt-4o";
    a.with.default_embedding_model = "not-this-one";
    CHECK(body_of(a.send(foundry_url)).at("model") == "gpt-4o-mini");
    a.request.model.reset();
    for (char const* const url : {foundry_url, v1_url, local_url})
        CHECK(body_of(a.send(url)).at("model") == "gpt-4o");
    received const dated = a.send(dated_url);
    CHECK(dated.target.starts_with("/openai/deployments/gpt-4o/chat/completions?"));
    // The URL's deployment comes first.
    received const fixed = a.send("https://contoso.openai.azure.com/openai/deployments/gpt-35");
    CHECK(fixed.target.starts_with("/openai/deployments/gpt-35/chat/completions?"));
    a.with.default_model.clear();
    CHECK(!body_of(a.send("https://m.eastus2.models.ai.azure.com")).contains("model"));
}

TEST_CASE("a deployment is one segment of the path, whatever its name")
{
    emulator service;
    asking a(service);
    a.request.model = "a/b c?d#e\r\nX: y";
    received const sent = a.send(dated_url);
    CHECK(sent.target == "/openai/deployments/a%2Fb%20c%3Fd%23e%0D%0AX%3A%20y/chat/completions?api-version=2024-10-21");
}

namespace {

asio::awaitable<void> mismatch(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client =
        make_client(executor, service, "https://contoso.openai.azure.com/openai/deployments/gpt-4o", trusting(service));
    foundry::chat_request const request = question(); // for gpt-4o-mini
    foundry::error const failed = co_await failure_of(client.complete(request));
    CHECK(failed.code() == errc::invalid_argument);
    std::string const said = failed.what();
    CHECK(said.find("'gpt-4o-mini'") != std::string::npos);
    CHECK(said.find("'gpt-4o'") != std::string::npos);
    CHECK(service.connections() == 0);
    foundry::chat_request same = question();
    same.model = "GPT-4o";
    queue(service, answer::json(200, completion_text("fine")));
    foundry::chat_completion const reply = co_await client.complete(same);
    CHECK(reply.text() == "fine");
    foundry::client<> unnamed = make_client(executor, service, dated_url, trusting(service));
    foundry::chat_request nothing = question();
    nothing.model.reset();
    foundry::error const missing = co_await failure_of(unnamed.complete(nothing));
    CHECK(missing.code() == errc::invalid_argument);
    CHECK(std::string(missing.what()).find("model") != std::string::npos);
}

} // namespace

TEST_CASE("a request for another deployment than the URL's is refused, and nothing is sent")
{
    emulator service;
    run(mismatch(service));
}

// ---- What is left behind

namespace {

asio::awaitable<foundry::chat_stream> stream_of_a_passing_client(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, foundry_url, trusting(service));
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    co_return chunks;
}

asio::awaitable<void> outlive(emulator& service)
{
    queue(service, answer::events(event("a") + event("b") + "data: [DONE]\n\n").chunking({300, 1}));
    foundry::chat_stream chunks = co_await stream_of_a_passing_client(service);
    foundry::chat_completion const reply = co_await chunks.collect();
    CHECK(reply.text() == "ab");
    // A call, too: the client is gone before it starts.
    auto const executor = co_await asio::this_coro::executor;
    std::optional<asio::awaitable<foundry::chat_completion>> call;
    {
        foundry::client<> client = make_client(executor, service, foundry_url, trusting(service));
        foundry::chat_request const request = question();
        call = client.complete(request);
    }
    queue(service, answer::json(200, completion_text("fine")));
    foundry::chat_completion const late = co_await std::move(*call);
    CHECK(late.text() == "fine");
}

} // namespace

TEST_CASE("a stream and a call may outlive their client")
{
    emulator service;
    run(outlive(service));
    CHECK(service.wait_for_open_at_most(0, long_enough));
}

// ---- What came with the answer

namespace {

asio::awaitable<void> heads(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, foundry_url, trusting(service));
    foundry::chat_request const request = question();
    foundry::call_options call;
    call.client_request_id = "mine";
    answer next = answer::json(200, completion_text("fine"));
    next.header("x-request-id", "r-1").header("apim-request-id", "a-1").header("X-RateLimit-Limit-Requests", "120");
    next.header("x-ratelimit-limit-tokens", "120000").header("x-ratelimit-remaining-requests", "-1");
    next.header("x-ratelimit-remaining-tokens", "119986").header("x-ratelimit-reset-requests", "500");
    next.header("x-ratelimit-reset-tokens", "6m0s");
    service.queue(next);
    foundry::chat_completion const reply = co_await client.complete(request, call);
    foundry::response_info const& info = reply.info();
    CHECK(info.status() == 200);
    CHECK(info.request_id() == "r-1");
    CHECK(info.apim_request_id() == "a-1");
    CHECK(info.client_request_id() == "mine");
    CHECK(info.header("X-REQUEST-ID") == "r-1");
    CHECK(info.header("x-none").empty());
    foundry::rate_limits const limits = info.rate_limits();
    CHECK(limits.limit_requests == 120);
    CHECK(limits.limit_tokens == 120000);
    CHECK(!limits.remaining_requests);
    CHECK(limits.remaining_tokens == 119986);
    CHECK(limits.reset_requests == std::chrono::seconds{500});
    CHECK(limits.reset_tokens == std::chrono::minutes{6});
    CHECK(!info.retry_after());
}

asio::awaitable<void> stream_and_error_heads(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, service, foundry_url, trusting(service));
    foundry::chat_request const request = question();
    answer events = answer::events("data: [DONE]\n\n");
    events.header("x-request-id", "r-2").header("x-ratelimit-remaining-tokens", "7");
    service.queue(std::move(events));
    foundry::chat_stream chunks = co_await client.stream(request);
    CHECK(chunks.info().status() == 200);
    CHECK(chunks.info().request_id() == "r-2");
    CHECK(chunks.info().client_request_id().size() == 36);
    CHECK(chunks.info().rate_limits().remaining_tokens == 7);
    foundry::chat_completion const all = co_await chunks.collect();
    CHECK(all.info().request_id() == "r-2");

    answer busy = answer::json(429, R"({"error":{"code":"429","message":"slow down"}})");
    busy.header("x-request-id", "r-3").header("apim-request-id", "a-3").header("Retry-After", "7");
    service.queue(std::move(busy));
    foundry::call_options call;
    call.client_request_id = "mine";
    foundry::error const failed = co_await failure_of(client.complete(request, call));
    CHECK(failed.code() == errc::rate_limited);
    CHECK(failed.status() == 429);
    CHECK(failed.request_id() == "r-3");
    CHECK(failed.apim_request_id() == "a-3");
    CHECK(failed.client_request_id() == "mine");
    CHECK(failed.retry_after() == 7s);
    CHECK(std::string(failed.what()).find("r-3") != std::string::npos);
}

} // namespace

TEST_CASE("an answer has its status, ids and rate limits")
{
    emulator service;
    run(heads(service));
}

TEST_CASE("a stream and an error have their status and ids")
{
    emulator service;
    run(stream_and_error_heads(service));
}

TEST_CASE("what a burst of calls has left idle for too long is closed by a later call")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::options with = trusting(s);
        with.pool.max_idle = 20ms;
        foundry::any_credential key = foundry::api_key{s.api_key()};
        foundry::client<> client(executor, foundry_test::at(s, foundry_test::urls[1]), key, with);
        int left = 8;
        for (int i = 0; i != 8; ++i)
            asio::co_spawn(executor, client.complete("gpt-4o-mini", "Hello."),
                           [&left](std::exception_ptr, foundry::chat_completion) { --left; });
        asio::steady_timer turn(executor);
        while (left != 0) {
            turn.expires_after(1ms);
            co_await turn.async_wait(asio::use_awaitable);
        }
        REQUIRE(s.open_connections() > 2);
        bool closed = false;
        for (int i = 0; i != 1000 && !closed; ++i) {
            static_cast<void>(co_await client.complete("gpt-4o-mini", "Hello."));
            closed = s.open_connections() <= 2;
        }
        CHECK(closed);
    }(service));
}
