// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Realtime sessions in a program that has no memory left for large things.

#include "support/plain_calls.hpp"
#include "support/websocket_server.hpp"

#include <foundry/realtime.hpp>

#include <cstdlib>
#include <new>

namespace foundry_test::realtime_memory_test {

thread_local std::size_t most = SIZE_MAX; // what this thread can allocate at once

} // namespace foundry_test::realtime_memory_test

void* operator new(std::size_t size, std::nothrow_t const&) noexcept
{
    return size <= foundry_test::realtime_memory_test::most ? std::malloc(size) : nullptr;
}
void* operator new(std::size_t size)
{
    if (void* const memory = operator new(size, std::nothrow))
        return memory;
    throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace foundry_test::realtime_memory_test {

using foundry::realtime_event;
using foundry::realtime_session;

struct memory_limit
{
    explicit memory_limit(std::size_t size) { most = size; }
    memory_limit(memory_limit const&) = delete;
    memory_limit& operator=(memory_limit const&) = delete;
    ~memory_limit() { most = SIZE_MAX; }
};

std::string const created = R"({"type":"session.created","session":{"type":"realtime","id":"s"}})";
std::string const large = R"({"type":"of.no.use","text":")" + std::string(200'000, 'a') + "\"}";

foundry::client<> client_of_server(asio::any_io_executor executor, websocket_server const& server)
{
    foundry::endpoint const where("http://127.0.0.1:" + std::to_string(server.port()) + "/v1");
    return foundry::client<>(std::move(executor), where, foundry::any_credential(foundry::api_key("key")));
}

TEST_CASE("realtime: an event for which there is no memory ends the session, and next() says so")
{
    websocket_server server([](websocket_peer& peer) {
        peer.accept();
        peer.write(created);
        peer.write(large);
        peer.wait_for_end();
    });
    run([](websocket_server& at) -> asio::awaitable<void> {
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at);
        foundry::realtime const realtime(client);
        realtime_session session = co_await realtime.connect("gpt-realtime");
        {
            memory_limit const limit(100'000);
            CHECK_THROWS_AS((void)co_await session.next(), std::bad_alloc);
        }
        CHECK(!co_await session.next());
        REQUIRE(session.failure());
        CHECK_THROWS_AS(std::rethrow_exception(session.failure()), std::bad_alloc);
        CHECK(client.connections().open == 0);
    }(server));
}

TEST_CASE("realtime: an event that cannot be sent for want of memory is not sent in part")
{
    std::string heard;
    websocket_server server([&](websocket_peer& peer) {
        peer.accept();
        peer.write(created);
        heard = peer.read_text().value_or("");
        peer.close(1000);
    });
    run([](websocket_server& at) -> asio::awaitable<void> {
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at);
        foundry::realtime const realtime(client);
        realtime_session session = co_await realtime.connect("gpt-realtime");
        std::string text = large;
        {
            memory_limit const limit(100'000);
            CHECK_THROWS_AS(co_await session.send_raw(std::move(text)), std::bad_alloc);
        }
        co_await session.send_raw("{}");
        CHECK(!co_await session.next());
        CHECK(!session.failure());
    }(server));
    CHECK(heard == "{}");
}

TEST_CASE("realtime: connect() does not wait for a session that has no memory for its first event")
{
    websocket_server server([](websocket_peer& peer) {
        peer.accept();
        peer.write(large);
        peer.wait_for_end();
    });
    run([](websocket_server& at) -> asio::awaitable<void> {
        foundry::client<> const client = client_of_server(co_await asio::this_coro::executor, at);
        foundry::realtime const realtime(client);
        memory_limit const limit(100'000);
        CHECK_THROWS_AS((void)co_await realtime.connect("gpt-realtime"), std::bad_alloc);
        CHECK(client.connections().open == 0);
    }(server));
}

} // namespace foundry_test::realtime_memory_test
