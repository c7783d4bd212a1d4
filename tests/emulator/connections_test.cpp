// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Which call is carried by which connection: reuse, order, replacement, and what one call must not leave to the next.

#include "support/fault_proxy.hpp"
#include "support/plain_calls.hpp"

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

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace foundry_test;
using foundry::errc;
using foundry::testing::recorded_request;

namespace {

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

asio::awaitable<void> read_all(foundry::client<>& client, std::string& text)
{
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_chunk const* chunk = co_await chunks.read();
    while (chunk != nullptr) {
        text += chunk->text();
        chunk = co_await chunks.read();
    }
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

} // namespace

TEST_CASE("calls of all kinds and copies of a client share one connection")
{
    for (char const* const url : urls) {
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
    foundry::client<> client = client_of(executor, service, foundry_url, limited(service));
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

asio::awaitable<void> read_to_end(foundry::chat_stream& chunks, int& texts, bool& ended)
{
    foundry::chat_chunk const* chunk = co_await chunks.read();
    while (chunk != nullptr) {
        ++texts;
        chunk = co_await chunks.read();
    }
    ended = true;
}

asio::awaitable<void> close_while_reading(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url, limited(service));
    foundry::chat_request const request = question();
    queue(service, answer::raw(begun_stream()).hang());
    foundry::chat_stream chunks = co_await client.stream(request);
    int texts = 0;
    bool ended = false;
    asio::co_spawn(executor, read_to_end(chunks, texts, ended), asio::detached);
    while (texts == 0)
        co_await asio::post(executor, asio::use_awaitable);
    chunks.close();
    CHECK(service.wait_for_open_at_most(0, long_enough));
    while (!ended)
        co_await asio::post(executor, asio::use_awaitable);
    CHECK(texts == 1);
    co_await goes_on(service, client);
}

} // namespace

TEST_CASE("a stream may be closed while another coroutine waits for its next chunk, which is the end for that one")
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        emulator service;
        run(close_while_reading(service, url));
    }
}

namespace {

asio::awaitable<void> without_limits(emulator& service)
{
    constexpr auto longest = std::chrono::milliseconds::max();
    auto const executor = co_await asio::this_coro::executor;
    foundry::options with = foundry_test::trusting(service);
    with.timeouts.token = with.timeouts.connect = with.timeouts.tls = with.timeouts.pool = with.timeouts.write =
        with.timeouts.first_byte = with.timeouts.silence = with.timeouts.stall = with.timeouts.total =
            with.timeouts.stream_total = longest;
    with.pool.max_idle = with.pool.max_age = longest;
    foundry::client<> client = client_of(executor, service, foundry_url, with);
    co_await client.warm_up();
    co_await goes_on(service, client);
    std::string text;
    co_await read_all(client, text);
    CHECK(!text.empty());
    foundry::call_options own;
    own.timeouts.total = own.timeouts.stall = own.timeouts.write = longest;
    foundry::chat_request const request = question();
    foundry::chat_completion const reply = co_await client.complete(request, own);
    CHECK(!reply.text().empty());
    CHECK(service.connections() == 1);
}

} // namespace

TEST_CASE("the longest times that there are are no limits")
{
    emulator service;
    run(without_limits(service));
}

namespace {

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
        foundry::options with = limited(service);
        with.pool.max_connections = 1;
        return client_of(context.get_executor(), service, url, std::move(with));
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
        std::string const smuggled = message_of(completion_text("smuggled"));
        // the answer is as long as the client's first read, and a TLS record of its own
        std::string body = completion_text("the first") + std::string(3000, ' ');
        body.append(4096 - message_of(body).size(), ' ');
        std::string const filled = message_of(body);
        queue(service, answer::raw(filled + smuggled).chunking({filled.size(), 10000}).keep_open());
        queue(service, answer::json(200, completion_text("the second")));
        calls.run();
        CHECK(calls.first == "the first");
        CHECK(calls.second == "the second");
        CHECK(service.connections() == 2);
    }
}

TEST_CASE("a call that is cancelled at the moment in which its turn comes sends nothing")
{
    for (char const* const url : {foundry_url, local_url}) {
        emulator service;
        two_in_a_row calls(service, url);
        asio::cancellation_signal cancel;
        std::exception_ptr failed;
        asio::co_spawn(calls.context, calls.client.complete(question()),
                       [&](std::exception_ptr e, foundry::chat_completion) {
                           CHECK(!e);
                           cancel.emit(asio::cancellation_type::terminal);
                       });
        asio::co_spawn(calls.context, calls.client.complete(question()),
                       asio::bind_cancellation_slot(
                           cancel.slot(), [&](std::exception_ptr e, foundry::chat_completion) { failed = e; }));
        calls.context.run();
        CHECK(foundry_test::is_cancellation(failed));
        CHECK(service.journal().size() == 1);
        CHECK(service.open_connections() == 1);
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
    // The first question is answered once the second call waits.
    std::promise<void> both_have_begun;
    std::shared_future<void> const begun = both_have_begun.get_future().share();
    service.reply_when(
        [begun](foundry::testing::recorded_request const&) {
            begun.wait();
            return false;
        },
        answer::json(500, ""));
    calls.ask(calls.first);
    calls.ask(calls.second);
    asio::post(calls.context, [&] { both_have_begun.set_value(); });
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
    foundry::client<> client = client_of(executor, service, local_url, limited(service));
    std::string rest;
    for (int i = 0; i != 1000; ++i)
        rest += "1;" + std::string(8000, 'x') + "\r\n\n\r\n";
    std::string const last = "data: [DONE]\n\n";
    queue(service, answer::raw(begun_stream() + "e\r\n" + last + "\r\n" + rest + "0\r\n\r\n").keep_open());
    std::string text;
    co_await read_all(client, text);
    CHECK(text == "a");
    bool closed = false;
    for (auto left = long_enough / 1ms; left != 0 && !closed; --left) {
        co_await asio::post(executor, asio::use_awaitable); // the background has its turn
        closed = service.wait_for_open_at_most(0, 1ms);
    }
    CHECK(closed);
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

} // namespace

TEST_CASE("what answers a large request early and is no HTTP server is told at once")
{
    run(ask_stranger("220 mail.example.com ESMTP ready\r\n", errc::unexpected_reply));
    run(ask_stranger(std::string("\x15\x03\x01\x00\x02\x02\x16", 7), errc::unexpected_reply));
}

TEST_CASE("a server that has refused a request and takes no more is heard out")
{
    // One size or other fills the socket's buffers so far that it counts as not writable, and not to the brim.
    for (double size = 64 * 1024; size < 12 * 1024 * 1024; size *= 1.2)
        run(be_refused(static_cast<std::size_t>(size)));
}

namespace {

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
    foundry::client<> client = client_of(executor, service, url, limited(service));
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
    foundry::options with = limited(service);
    with.pool.max_connections = 1;
    int done = 0;
    {
        foundry::client<> client = client_of(context.get_executor(), service, foundry_url, with);
        for (int i = 0; i != 8; ++i)
            asio::co_spawn(context, ask(client, "question " + std::to_string(i), done), asio::detached);
    }
    context.run();
    CHECK(done == 8);
    CHECK(service.connections() == 1);
    std::vector<recorded_request> const journal = service.journal();
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
    foundry::options with = limited(service);
    with.pool.max_connections = 2;
    for (int i = 0; i != 8; ++i)
        service.queue(answer::json(200, completion_text("over")).header("Connection", "close"));
    int done = 0;
    {
        foundry::client<> client = client_of(context.get_executor(), service, foundry_url, with);
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
    foundry::options with = limited(service);
    with.pool.max_connections = 1;
    foundry::client<> client = client_of(executor, service, foundry_url, with);
    foundry::chat_request const request = question();
    queue(service, answer::raw(begun_stream()).hang());
    foundry::chat_stream holds = co_await client.stream(request);
    foundry::call_options hasty;
    hasty.timeouts.total = 50ms;
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

namespace {

asio::awaitable<void> a_moment()
{
    asio::steady_timer timer(co_await asio::this_coro::executor, 2ms);
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> race_in_stream(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url, limited(service));
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

TEST_CASE("what a burst of calls has left idle for too long is closed by a later call")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::options with = limited(s);
        with.pool.max_idle = 20ms;
        foundry::client<> client = client_of(executor, s, urls[1], with);
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
