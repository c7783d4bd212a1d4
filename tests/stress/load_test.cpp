// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Many requests to a service that fails one in ten: each ends in a result or an error, and nothing is left behind.

#include "support/fixture.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

using namespace foundry_test;
using namespace std::chrono_literals;
using foundry::testing::answer;
using foundry::testing::emulator;

namespace {

constexpr std::size_t at_once = 32;

struct tally
{
    std::size_t begun = 0;
    std::size_t results = 0;
    std::size_t errors = 0;
    std::size_t others = 0; // exceptions of any other type
};

/// What goes wrong, in turn.
answer failing(std::size_t i)
{
    switch (i % 11) {
    case 0:
        return answer::json(429, R"({"error":{"code":"429","message":"Slow down."}})").header("retry-after-ms", "2");
    case 1:
        return answer::json(503, R"({"error":{"code":"503","message":"Overloaded."}})");
    case 2:
        return answer::json(200, "{}").cut_after(0);
    case 3:
        return answer::json(200, "{}").cut_after(20);
    case 4:
        return answer::json(200, R"({"id":"a","object":"chat.completion","choices":[]})").cut_after(400);
    case 5:
        return answer::events("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n");
    case 6:
        return answer::raw("220 mail.example.com ESMTP\r\n");
    case 7:
        return answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{").hang();
    case 8:
        return answer::json(200, R"({"choices":7})");
    case 9:
        return answer::json(200, "{}").delay(1h);
    default:
        return answer::json(500, "<html>no JSON</html>").close();
    }
}

FOUNDRY_CORO asio::awaitable<void> ask(foundry::client<>& client, std::size_t i)
{
    switch (i % 3) {
    case 0:
        static_cast<void>(co_await client.complete("gpt-4o-mini", "How many feet are in a mile?"));
        break;
    case 1: {
        foundry::chat_stream chunks = co_await client.stream("gpt-4o-mini", "How many feet are in a mile?");
        foundry::chat_chunk const* chunk = co_await chunks.read();
        while (chunk != nullptr)
            chunk = co_await chunks.read();
        break;
    }
    default:
        static_cast<void>(co_await client.embed({"text-embedding-3-small", "a mile"}));
    }
}

FOUNDRY_CORO asio::awaitable<void> ask_on(foundry::client<>& client, emulator& service, std::size_t end, tally& done)
{
    while (done.begun != end) {
        std::size_t const i = done.begun++;
        if (i % 10 == 0)
            service.queue(failing(i / 10));
        if (i % 500 == 0)
            service.clear_journal();
        try {
            co_await ask(client, i);
            ++done.results;
        } catch (foundry::error const&) {
            ++done.errors;
        } catch (...) {
            ++done.others;
        }
    }
}

/// As many streams at once as there may be connections: all of those are open and idle afterwards.
FOUNDRY_CORO asio::awaitable<void> fill_pool(foundry::client<>& client)
{
    std::vector<foundry::chat_stream> streams;
    for (std::size_t i = 0; i != at_once; ++i) {
        foundry::chat_stream opened = co_await client.stream("gpt-4o-mini", "How many feet are in a mile?");
        streams.push_back(std::move(opened));
    }
    for (foundry::chat_stream& stream : streams)
        static_cast<void>(co_await stream.collect());
}

void ask_until(std::size_t end, asio::io_context& context, foundry::client<>& client, emulator& service, tally& done)
{
    for (std::size_t i = 0; i != at_once; ++i)
        asio::co_spawn(context, ask_on(client, service, end, done), asio::detached);
    context.restart();
    context.run();
    CHECK(service.queued() == 0);
    asio::co_spawn(context, fill_pool(client), [&done](std::exception_ptr e) { done.others += e ? 1U : 0U; });
    context.restart();
    context.run();
}

double resident_mib()
{
    std::ifstream statm("/proc/self/statm");
    std::size_t pages = 0;
    std::size_t resident = 0;
    statm >> pages >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

std::size_t descriptors()
{
    std::filesystem::directory_iterator const all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

} // namespace

TEST_SUITE_BEGIN("load");

TEST_CASE("load: requests to a service that fails one in ten all end, and memory and descriptors stay constant")
{
    std::size_t const count = std::getenv("FOUNDRY_LONG") != nullptr ? 200'000 : 20'000;
    emulator service;
    asio::io_context context;
    asio::steady_timer const makes_the_reactor(context);
    std::size_t const before = descriptors();
    tally done;
    std::size_t early = 0;
    std::size_t late = 0;
    double small = 0;
    double large = 0;
    {
        foundry::options with = trusting(service);
        with.retry.max_retries = 1;
        with.retry.backoff = 1ms;
        with.timeouts.silence = 50ms;
        with.timeouts.first_byte = 500ms;
        with.pool.max_connections = at_once;
        foundry::any_credential key = foundry::api_key{service.api_key()};
        foundry::client<> client(context.get_executor(), at(service, urls[0]), std::move(key), with);
        ask_until(count / 10, context, client, service, done);
        CHECK(service.wait_for_open_at_most(at_once, 10s));
        small = resident_mib();
        early = descriptors();
        ask_until(count, context, client, service, done);
        CHECK(service.wait_for_open_at_most(at_once, 10s));
        large = resident_mib();
        late = descriptors();
    }
    CHECK(done.others == 0);
    CHECK(done.results + done.errors == count);
    CHECK(done.errors > 0);
    CHECK(done.results > count * 8 / 10);
    CHECK(large < small * 1.05);
    CHECK(early == before + 2 * at_once); // the kept connections, and their other ends in the emulator
    CHECK(late == early);
    CHECK(service.wait_for_open_at_most(0, 10s));
    CHECK(descriptors() == before);
    std::cout << "report: load: " << count << " requests, " << done.results << " results, " << done.errors
              << " errors, RSS " << small << " -> " << large << " MiB, descriptors " << early << " -> " << late
              << std::endl;
}

TEST_SUITE_END();
