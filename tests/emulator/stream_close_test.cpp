// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Streams that are closed, dropped or cancelled before their end, and the end that is read in the background.

#include "support/plain_calls.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace foundry_test::stream_close_test {

using foundry::errc;
using foundry::testing::recorded_request;

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

TEST_CASE("stream close: a stream that is dropped, closed or assigned to closes its connection at once")
{
    for (int const how : {0, 1, 2}) {
        CAPTURE(how);
        emulator service;
        run(drop_stream(service, how));
    }
}

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

TEST_CASE("stream close: close() ends the next() for which another coroutine waits")
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        emulator service;
        run(close_while_reading(service, url));
    }
}

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

TEST_CASE("stream close: the end of the body is read in the background, and a long one closes the connection")
{
    emulator service;
    run(long_end(service));
}

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

TEST_CASE("stream close: a stream that loses a race is closed and at its end, and the next call works")
{
    emulator service;
    run(race_in_stream(service, foundry_url));
    run(race_in_stream(service, local_url));
}

} // namespace foundry_test::stream_close_test
