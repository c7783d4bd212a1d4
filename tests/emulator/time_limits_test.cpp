// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Each time limit of a call and of its steps, and what the error says of it.

#include "support/clear_error.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace foundry_test::time_limits_test {

// ---- Servers that are silent

asio::awaitable<void> silence(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::chat_request const request = question();
    foundry::call_options hasty;
    hasty.timeouts.total = 100ms;
    foundry::client<> client = make_client(executor, at(service, foundry_url), limited(service));

    answer mute = answer::raw("").hang();
    service.queue(mute);
    foundry::error const whole = co_await failure_of(client.complete(request, hasty));
    expect_error(whole, errc::total_timeout, {"timeouts.total"});
    service.queue(mute);
    foundry::error const stream = co_await failure_of(client.stream(request, hasty));
    expect_error(stream, errc::total_timeout, {"timeouts.total"});
    answer half = answer::raw(sized("", completion_text("x")).substr(0, 100)).hang();
    service.queue(std::move(half));
    foundry::error const body = co_await failure_of(client.complete(request, hasty));
    expect_error(body, errc::total_timeout);
    answer interim = answer::raw("HTTP/1.1 100 Continue\r\n\r\n").hang();
    service.queue(std::move(interim));
    foundry::error const head = co_await failure_of(client.complete(request, hasty));
    expect_error(head, errc::total_timeout);
    answer refused = answer::raw("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\n{\"message\":").hang();
    service.queue(std::move(refused));
    foundry::error const status = co_await failure_of(client.complete(request, hasty));
    expect_error(status, errc::service_error); // half an error's text is better than none
    CHECK(status.status() == 503);
    co_await goes_on(service, client);
}

asio::awaitable<void> silence_in_mid_stream(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::chat_request const request = question();
    foundry::options with = limited(service);
    with.timeouts.silence = 100ms;
    foundry::client<> client = make_client(executor, at(service, foundry_url), with);

    answer stalled = answer::raw(stream_head + http_chunk(event("a"))).hang();
    service.queue(stalled);
    stream_outcome const seen = co_await read_stream(client, request);
    CHECK(seen.text == "a");
    REQUIRE(seen.failed.has_value());
    expect_error(*seen.failed, errc::silence_timeout, {"timeouts.silence"});

    answer half = answer::raw(sized("", completion_text("x")).substr(0, 100)).hang();
    service.queue(std::move(half));
    foundry::error const body = co_await failure_of(client.complete(request));
    expect_error(body, errc::silence_timeout);
    co_await goes_on(service, client);
}

asio::awaitable<void> long_stream(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::chat_request const request = question();
    foundry::options with = limited(service);
    with.timeouts.stream_total = 100ms;
    foundry::client<> client = make_client(executor, at(service, foundry_url), with);
    answer stalled = answer::raw(stream_head + http_chunk(event("a"))).hang();
    service.queue(std::move(stalled));
    stream_outcome const seen = co_await read_stream(client, request);
    CHECK(seen.text == "a");
    REQUIRE(seen.failed.has_value());
    expect_error(*seen.failed, errc::total_timeout);
    co_await goes_on(service, client);
}

TEST_CASE("time limits: a server that sends nothing, or stops, ends a call at timeouts.total")
{
    emulator service(strict_emulator());
    run(silence(service));
}

TEST_CASE("time limits: a server that stops within an answer ends the call at timeouts.silence")
{
    emulator service(strict_emulator());
    run(silence_in_mid_stream(service));
}

TEST_CASE("time limits: a stream ends at timeouts.stream_total")
{
    emulator service(strict_emulator());
    run(long_stream(service));
}

asio::awaitable<void> without_limits(emulator& service)
{
    constexpr auto longest = std::chrono::milliseconds::max();
    auto const executor = co_await asio::this_coro::executor;
    foundry::options with = trusting(service);
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

TEST_CASE("time limits: milliseconds::max() is no limit")
{
    emulator service;
    run(without_limits(service));
}

// ---- Each step

char const* const model = "gpt-4o-mini";

bool says(foundry::error const& e, std::string_view one, std::string_view other = {})
{
    std::string_view const what = e.what();
    return what.find(one) != what.npos && what.find(other) != what.npos;
}

/// Accepts, and then does nothing.
class silent_server
{
public:
    explicit silent_server(asio::any_io_executor executor)
        : acceptor_(std::move(executor), asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0))
    {}

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    asio::ip::tcp::acceptor acceptor_;
};

asio::awaitable<foundry::error> failure_at(foundry::endpoint where, foundry::options with)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::any_credential who = foundry::no_credential();
    foundry::client<> client(executor, std::move(where), std::move(who), std::move(with));
    std::string const large(std::size_t{32} << 20, 'x');
    foundry::error const failed = co_await failure_of(client.complete(model, large));
    co_return failed;
}

TEST_CASE("time limits: TLS, write and first byte have each a limit and a code")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        silent_server const silent{co_await asio::this_coro::executor};
        foundry::options with = trusting(service);
        with.timeouts.tls = 30ms;
        foundry::endpoint secure{"https://contoso.openai.azure.com/openai/v1"};
        secure.connect_to("127.0.0.1", silent.port());
        foundry::error const shake = co_await failure_at(secure, with);
        CHECK(shake.code() == errc::tls_timeout);
        CHECK(says(shake, "contoso.openai.azure.com within 30 ms", "timeouts.tls"));

        with.timeouts.write = 30ms; // 32 MiB do not fit into the socket's buffers
        foundry::endpoint plain{"http://localhost:8080/v1"};
        plain.connect_to("127.0.0.1", silent.port());
        foundry::error const write = co_await failure_at(plain, with);
        CHECK(write.code() == errc::write_timeout);
        CHECK(says(write, "localhost has taken no byte of the request for 30 ms", "timeouts.write"));

        foundry::options impatient = trusting(service);
        impatient.timeouts.first_byte = 1s;
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, urls[0], impatient);
        service.queue(answer::json(200, "{}").delay(1h));
        foundry::error const first = co_await failure_of(client.complete(model, "Hello."));
        CHECK(first.code() == errc::first_byte_timeout);
        CHECK(first.attempts().size() == 1);
        CHECK(says(first, "contoso.services.ai.azure.com within 1 s", "stream the answer, or raise"));
        foundry::chat_completion const next = co_await client.complete(model, "Hello.");
        CHECK(!next.text().empty());
    }(azure));
}

TEST_CASE("time limits: tls_timeout is retried, first_byte_timeout is not")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        silent_server const silent{co_await asio::this_coro::executor};
        foundry::options with = with_retries(service);
        with.timeouts.tls = 10ms;
        foundry::endpoint secure{"https://contoso.openai.azure.com/openai/v1"};
        secure.connect_to("127.0.0.1", silent.port());
        foundry::error const shake = co_await failure_at(secure, with);
        CHECK(shake.attempts().size() == 4);
        CHECK(says(shake, "after 4 attempts in "));

        foundry::options impatient = with_retries(service);
        impatient.timeouts.first_byte = 1s;
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, urls[0], impatient);
        service.queue(answer::json(200, "{}").delay(1h));
        foundry::error const first = co_await failure_of(client.complete(model, "Hello."));
        CHECK(first.attempts().size() == 1);
    }(azure));
}

TEST_CASE("time limits: a call waits for a connection for timeouts.pool")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::options with = trusting(service);
        with.pool.max_connections = 1;
        with.timeouts.pool = 30ms;
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, urls[0], with);
        service.queue(answer::events("data: {\"choices\":[]}\n\n").hang());
        foundry::chat_stream holds = co_await client.stream(model, "Hello.");
        foundry::error const failed = co_await failure_of(client.complete(model, "Hello."));
        CHECK(failed.code() == errc::pool_timeout);
        CHECK(says(failed, "no free connection to contoso.services.ai.azure.com within 30 ms", "max_connections"));
    }(azure));
}

TEST_CASE("time limits: keep-alives reset timeouts.silence, but not timeouts.stall")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::options with = trusting(service);
        with.timeouts.silence = 700ms;
        with.timeouts.stall = 900ms;
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, urls[3], with);
        std::string events = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
        for (int i = 0; i != 200; ++i)
            events += ": still here\n\n";
        answer alive = answer::events(events);
        alive.pace(20ms);
        service.queue(alive);
        foundry::chat_stream chunks = co_await client.stream(model, "Hello.");
        auto const first = co_await chunks.next();
        REQUIRE(first);
        CHECK(first->text() == "a");
        foundry::error const stalled = co_await failure_of(chunks.next());
        CHECK(stalled.code() == errc::stall_timeout);
        CHECK(says(stalled, "no content from localhost for 900 ms", "timeouts.stall"));
    }(azure));
}

TEST_CASE("time limits: the error of a stream names the limit of streams, and does not advise to stream")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::options with = trusting(service);
        with.timeouts.first_byte = 300ms;
        foundry::client<> const hasty = client_of(executor, service, urls[3], with);
        service.queue(answer::raw("").hang());
        foundry::error const first = co_await failure_of(hasty.stream(model, "Hello."));
        CHECK(first.code() == errc::first_byte_timeout);
        CHECK(says(first, "no answer from localhost within 300 ms", "timeouts.first_byte"));
        CHECK(!says(first, "stream the answer"));

        with = trusting(service);
        with.timeouts.stream_total = 400ms;
        foundry::client<> const brief = client_of(executor, service, urls[3], with);
        service.queue(answer::raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n").hang());
        foundry::chat_stream chunks = co_await brief.stream(model, "Hello.");
        foundry::error const late = co_await failure_of(chunks.collect());
        CHECK(late.code() == errc::total_timeout);
        CHECK(says(late, "the stream from localhost has taken longer than 400 ms", "timeouts.stream_total"));
        CHECK(!says(late, "timeouts.total"));

        with = trusting(service);
        with.timeouts.total = 400ms;
        foundry::client<> const whole = client_of(executor, service, urls[3], with);
        service.queue(answer::raw("").hang());
        foundry::error const total = co_await failure_of(whole.stream(model, "Hello."));
        CHECK(total.code() == errc::total_timeout);
        CHECK(says(total, "the call to localhost has taken longer than 400 ms", "timeouts.total"));
    }(azure));
}

TEST_CASE("time limits: a program that is slow between two reads does not count as a silent server")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::options with = trusting(service);
        with.timeouts.silence = 500ms;
        with.timeouts.stall = 500ms;
        foundry::client<> client = client_of(executor, service, urls[0], with);
        foundry::chat_stream chunks = co_await client.stream(model, "How many feet are in a mile?");
        asio::steady_timer timer{executor};
        int pauses = 0;
        std::string text;
        while (auto chunk = co_await chunks.next()) {
            text += chunk->text();
            if (pauses++ < 2) {
                timer.expires_after(700ms);
                co_await timer.async_wait(asio::use_awaitable);
            }
        }
        CHECK(text.find("5,280") != std::string::npos);
    }(azure));
}

} // namespace foundry_test::time_limits_test
