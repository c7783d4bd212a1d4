// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Many streams at once, on one thread and on four, built with the thread sanitizer.

#include "integration/fixture.hpp"

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <string>
#include <vector>

using namespace foundry_test;

namespace {

constexpr int rounds = 10;
constexpr int streams = 64;

/// The question of a stream; the emulator's answer to it is its own.
std::string question(int round, int i)
{
    return "Tell me about ship number " + std::to_string(round * streams + i) + " of the fleet.";
}

FOUNDRY_CORO asio::awaitable<void> read_one(foundry::client<> client, std::string prompt, std::string& text)
{
    foundry::chat_stream chunks = co_await client.stream("gpt-4o-mini", prompt);
    foundry::chat_chunk chunk;
    while (co_await chunks.read(chunk))
        text += chunk.text();
}

FOUNDRY_CORO asio::awaitable<void> ask_one(foundry::client<> client, std::string prompt, std::string& text)
{
    foundry::chat_completion const reply = co_await client.complete("gpt-4o-mini", prompt);
    text = reply.text();
}

/// Runs every call of a round at once, each on a strand of its own, and waits for all.
template <class Call>
void round_of(asio::execution_context& context, asio::any_io_executor executor, int round, foundry::client<> client,
              Call call, std::vector<std::string>& texts, void (*drive)(asio::execution_context&))
{
    std::atomic<int> failures = 0;
    for (int i = 0; i != streams; ++i) {
        auto& text = texts[static_cast<std::size_t>(round * streams + i)];
        asio::co_spawn(asio::make_strand(executor), call(client, question(round, i), text), [&](std::exception_ptr e) {
            if (e)
                ++failures;
        });
    }
    drive(context);
    CHECK(failures == 0);
}

void on_one_thread(asio::execution_context& context)
{
    auto& io = static_cast<asio::io_context&>(context);
    io.restart();
    io.run();
}

void on_four_threads(asio::execution_context& context)
{
    auto& io = static_cast<asio::io_context&>(context);
    io.restart();
    asio::thread_pool threads(4);
    for (int i = 0; i != 4; ++i)
        asio::post(threads, [&io] { io.run(); });
    threads.join();
}

void all_rounds(void (*drive)(asio::execution_context&))
{
    foundry::testing::emulator service;
    std::vector<std::string> sent(rounds * streams);
    std::vector<std::string> streamed(rounds * streams);
    {
        // What the service says to each question, asked one after another.
        foundry::testing::emulator reference;
        asio::io_context context;
        foundry::client<> const client = client_of(context.get_executor(), reference);
        for (int round = 0; round != rounds; ++round)
            round_of(context, context.get_executor(), round, client, &ask_one, sent, &on_one_thread);
    }
    asio::io_context context;
    foundry::client<> const client = client_of(context.get_executor(), service);
    for (int round = 0; round != rounds; ++round)
        round_of(context, context.get_executor(), round, client, &read_one, streamed, drive);

    int equal = 0;
    for (std::size_t i = 0; i != sent.size(); ++i)
        equal += !sent[i].empty() && sent[i] == streamed[i];
    CHECK(equal == rounds * streams);
    CHECK(std::set<std::string>(sent.begin(), sent.end()).size() == sent.size());
    CHECK(service.journal().size() == rounds * streams);
    CHECK(service.connections() <= streams);
    MESSAGE(equal << " of " << rounds * streams << " texts equal over " << service.connections() << " connections");
}

} // namespace

TEST_CASE("10 rounds of 64 concurrent streams on one thread give every text whole over at most 64 connections")
{
    all_rounds(&on_one_thread);
}

TEST_CASE("10 rounds of 64 concurrent streams on four threads, a strand for each call, do the same")
{
    all_rounds(&on_four_threads);
}
