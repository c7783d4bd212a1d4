// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Clients that are closed or drained while calls are in progress, and idle connections that are closed.

#include "support/clear_error.hpp"
#include "support/connect_proxy.hpp"
#include "support/plain_calls.hpp"

#include <foundry/token_credential.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace foundry_test::client_close_test {

using foundry::errc;

asio::awaitable<void> until(std::function<bool()> is_true)
{
    auto const executor = co_await asio::this_coro::executor;
    while (!is_true())
        co_await asio::post(executor, asio::use_awaitable);
}

/// A call that runs beside the test, and its outcome.
struct background_call
{
    template <class T>
    background_call(asio::any_io_executor executor, asio::awaitable<T> call)
    {
        asio::co_spawn(executor, std::move(call), [this](std::exception_ptr e, auto&&...) { note(e); });
    }
    background_call(asio::any_io_executor executor, asio::awaitable<void> call)
    {
        asio::co_spawn(executor, std::move(call), [this](std::exception_ptr e) { note(e); });
    }

    void note(std::exception_ptr e)
    {
        is_over = true;
        try {
            if (e)
                std::rethrow_exception(e);
        } catch (foundry::error const& known) {
            failed = known;
        } catch (std::exception const& other) {
            odd = other.what();
        }
    }

    bool is_over = false;
    std::optional<foundry::error> failed;
    std::string odd;
};

asio::awaitable<void> expect_closed(foundry::client<> client)
{
    foundry::chat_request const request = question();
    foundry::error const call = co_await failure_of(client.complete(request));
    CHECK(call.code() == errc::client_closed);
    foundry::error const stream = co_await failure_of(client.stream(request));
    CHECK(stream.code() == errc::client_closed);
    foundry::error const warm = co_await failure_of(client.warm_up());
    CHECK(warm.code() == errc::client_closed);
    CHECK(client.connections().open == 0);
}

asio::awaitable<void> expect_ended(foundry::client<> client, std::unique_ptr<background_call> call)
{
    client.close();
    co_await until([&] { return call->is_over; });
    REQUIRE(call->failed);
    expect_clear(*call->failed);
    CHECK(call->failed->code() == errc::client_closed);
    co_await expect_closed(client);
}

/// A credential whose token never comes.
struct silent_credential
{
    std::shared_ptr<int> asked = std::make_shared<int>(0);

    FOUNDRY_CORO asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        ++*asked;
        asio::steady_timer never(co_await asio::this_coro::executor, std::chrono::hours{1});
        co_await never.async_wait(asio::use_awaitable);
        co_return foundry::access_token();
    }
};

TEST_CASE("close: a call that waits for its answer ends, and the client takes no more")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        for (char const* const url : urls) {
            CAPTURE(std::string(url));
            std::size_t const before = s.journal().size();
            foundry::client<> client = client_of(executor, s, url, limited(s));
            queue(s, answer::raw("").hang());
            auto call = std::make_unique<background_call>(executor, client.complete(question()));
            co_await until([&] { return s.journal().size() > before; });
            co_await expect_ended(client, std::move(call));
        }
    }(service));
}

TEST_CASE("close: a call that waits for a connection ends")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::options with = limited(s);
        with.pool.max_connections = 1;
        foundry::client<> client = client_of(executor, s, foundry_url, with);
        queue(s, answer::raw(begun_stream()).hang());
        foundry::chat_request const request = question();
        foundry::chat_stream holds = co_await client.stream(request);
        auto call = std::make_unique<background_call>(executor, client.complete(request));
        co_await until([&] { return client.connections().waiting == 1; });
        client.close();
        co_await until([&] { return call->is_over; });
        REQUIRE(call->failed);
        CHECK(call->failed->code() == errc::client_closed);
        holds.close();
        co_await expect_closed(client);
    }(service));
}

TEST_CASE("close: a stream ends at its next read")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_of(executor, s, foundry_url, limited(s));
        queue(s, answer::raw(begun_stream()).hang());
        foundry::chat_request const request = question();
        foundry::chat_stream chunks = co_await client.stream(request);
        foundry::chat_chunk const* const first = co_await chunks.read();
        CHECK(first != nullptr);
        client.close();
        foundry::error const failed = co_await failure_of(chunks.read());
        CHECK(failed.code() == errc::client_closed);
        foundry::chat_chunk const* const after = co_await chunks.read();
        CHECK(after == nullptr);
        co_await expect_closed(client);
    }(service));
}

TEST_CASE("close: a call between two attempts ends")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::options with = limited(s);
        with.retry.max_retries = 3;
        bool waits = false;
        with.retry.on_retry = [&waits](foundry::attempt const&, std::chrono::milliseconds) { waits = true; };
        foundry::client<> client = client_of(executor, s, foundry_url, with);
        queue(s, answer::json(503, "{}").header("retry-after", "50"));
        auto call = std::make_unique<background_call>(executor, client.complete(question()));
        co_await until([&] { return waits; });
        co_await expect_ended(client, std::move(call));
    }(service));
}

TEST_CASE("close: a call that reads the body of an error ends, and is not tried again")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_of(executor, s, foundry_url, with_retries(s));
        queue(s, answer::raw("HTTP/1.1 503 Unavailable\r\nContent-Length: 100\r\n\r\n{").hang());
        auto call = std::make_unique<background_call>(executor, client.complete(question()));
        co_await until([&] { return !s.journal().empty(); });
        for (int i = 0; i != 50; ++i)
            co_await asio::post(executor, asio::use_awaitable);
        co_await expect_ended(client, std::move(call));
        CHECK(s.journal().size() == 1);
    }(service));
}

TEST_CASE("close: a call that waits for a token ends")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        silent_credential const silent;
        foundry::any_credential who = silent;
        foundry::client<> client(executor, at(s, v1_url), who, limited(s));
        auto call = std::make_unique<background_call>(executor, client.complete(question()));
        co_await until([&] { return *silent.asked == 1; });
        co_await expect_ended(client, std::move(call));
    }(service));
}

TEST_CASE("close: a call that connects ends")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.tls_port());
        proxy.plan(proxy_behaviour::silent());
        foundry::options with = limited(s);
        with.proxy = proxy.url();
        foundry::any_credential who = foundry::api_key("emulator-key");
        foundry::client<> client(executor, foundry::endpoint{foundry_url}, who, with);
        auto call = std::make_unique<background_call>(executor, client.complete(question()));
        co_await until([&] { return !proxy.journal().empty(); });
        co_await expect_ended(client, std::move(call));
    }(service));
}

TEST_CASE("close: from another thread, calls on several contexts end, each on its own")
{
    emulator service;
    asio::io_context first;
    asio::io_context second;
    foundry::client<> const client = client_of(first.get_executor(), service, foundry_url, limited(service));
    for (int i = 0; i != 8; ++i)
        service.queue(answer::raw(begun_stream()).hang());
    std::vector<std::unique_ptr<background_call>> calls;
    std::thread::id ended_on[2];
    for (int i = 0; i != 8; ++i) {
        asio::io_context& context = i % 2 == 0 ? first : second;
        calls.push_back(std::make_unique<background_call>(
            context.get_executor(), [](foundry::client<> c, std::thread::id& on) -> asio::awaitable<void> {
                foundry::chat_request const request = question();
                foundry::chat_stream chunks = co_await c.stream(request);
                for (bool more = true; more;) {
                    try {
                        more = co_await chunks.read() != nullptr;
                    } catch (foundry::error const&) {
                        on = std::this_thread::get_id();
                        throw;
                    }
                }
            }(client, ended_on[i % 2])));
    }
    std::thread one([&] { first.run(); });
    std::thread two([&] { second.run(); });
    CHECK(service.wait_for_requests(8, long_enough));
    client.close();
    std::thread::id const ids[] = {one.get_id(), two.get_id()};
    one.join();
    two.join();
    for (auto const& call : calls) {
        CHECK(call->is_over);
        REQUIRE(call->failed);
        CHECK(call->failed->code() == errc::client_closed);
    }
    for (int i = 0; i != 2; ++i) {
        bool const is_own = ended_on[i] == ids[i] || ended_on[i] == std::thread::id(); // or before its stream began
        CHECK(is_own);
    }
    CHECK(client.connections().open == 0);
}

TEST_CASE("drain: calls in progress finish, no other begins")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_of(executor, s, foundry_url, limited(s));
        queue(s, answer::events(event("a") + event("b") + done_event).chunking({10, 10, 1000}));
        foundry::chat_request const request = question();
        foundry::chat_stream chunks = co_await client.stream(request);
        background_call drained(executor, client.drain(long_enough));
        co_await asio::post(executor, asio::use_awaitable);
        foundry::error const refused = co_await failure_of(client.complete(request));
        CHECK(refused.code() == errc::client_closed);
        CHECK(!drained.is_over);
        std::string text;
        for (foundry::chat_chunk const* chunk = co_await chunks.read(); chunk != nullptr;
             chunk = co_await chunks.read())
            text += chunk->text();
        CHECK(text == "ab");
        co_await until([&] { return drained.is_over; });
        CHECK(!drained.failed);
        CHECK(drained.odd.empty());
        co_await until(
            [&] { return client.connections().open == 0; }); // the last bytes of the stream are read in the background
        co_await expect_closed(client);
    }(service));
}

TEST_CASE("drain: it ends at once if no call is in progress, and closes idle connections")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_of(executor, s, foundry_url, limited(s));
        co_await client.warm_up();
        CHECK(client.connections().idle == 1);
        co_await client.drain(long_enough);
        co_await expect_closed(client);
    }(service));
}

TEST_CASE("drain: what has not finished in time is ended")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_of(executor, s, foundry_url, limited(s));
        queue(s, answer::raw("").hang());
        background_call call(executor, client.complete(question()));
        co_await until([&] { return !s.journal().empty(); });
        co_await client.drain(20ms);
        co_await until([&] { return call.is_over; });
        REQUIRE(call.failed);
        CHECK(call.failed->code() == errc::client_closed);
    }(service));
}

TEST_CASE("drain: a cancelled one lets the calls go on, and takes no others")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_of(executor, s, foundry_url, limited(s));
        queue(s, answer::events(event("a") + done_event).chunking({10, 1000}));
        foundry::chat_request const request = question();
        foundry::chat_stream chunks = co_await client.stream(request);
        asio::cancellation_signal cancel;
        std::exception_ptr failed;
        asio::co_spawn(executor, client.drain(long_enough),
                       asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e) { failed = e; }));
        co_await asio::post(executor, asio::use_awaitable);
        cancel.emit(asio::cancellation_type::terminal);
        co_await until([&] { return failed != nullptr; });
        CHECK(is_cancellation(failed));
        foundry::chat_chunk const* const first = co_await chunks.read();
        CHECK(first != nullptr);
        foundry::error const refused = co_await failure_of(client.complete(request));
        CHECK(refused.code() == errc::client_closed);
    }(service));
}

TEST_CASE("close_idle: idle connections are closed, one in use is not, and the client goes on")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_of(executor, s, foundry_url, limited(s));
        queue(s, answer::raw(begun_stream()).hang());
        foundry::chat_request const request = question();
        foundry::chat_stream holds = co_await client.stream(request);
        co_await client.warm_up();
        CHECK(client.connections().open == 2);
        CHECK(client.connections().idle == 1);
        client.close_idle();
        CHECK(client.connections().open == 1);
        CHECK(client.connections().idle == 0);
        co_await goes_on(s, client);
        holds.close();
        CHECK(client.connections().open == 1);
    }(service));
}

} // namespace foundry_test::client_close_test
