// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/plain_calls.hpp"

#include <foundry/call.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <utility>

namespace foundry_test::lent_chunks_test {

asio::awaitable<void> lend(emulator& service, std::string_view url)
{
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, url);
    foundry::chat_request const request = question();
    foundry::chat_completion const whole = co_await client.complete(request);

    std::string lent;
    std::string copied;
    foundry::chat_accumulator all;
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_chunk const* const first = co_await chunks.read();
    REQUIRE(first != nullptr);
    lent += first->text();
    all.add(*first);
    for (bool is_read = false;; is_read = !is_read) { // both in one loop
        if (is_read) {
            foundry::chat_chunk const* const chunk = co_await chunks.read();
            if (chunk == nullptr)
                break;
            CHECK(chunk == first); // the stream's own
            lent += chunk->text();
            all.add(*chunk);
        } else {
            std::optional<foundry::chat_chunk> const chunk = co_await chunks.next();
            if (!chunk)
                break;
            CHECK(&*chunk != first);
            CHECK(chunk->raw() == first->raw()); // a copy of the one that is lent
            lent += chunk->text();
            all.add(*chunk);
        }
    }
    CHECK(lent == whole.text());
    CHECK(all.completion().text() == whole.text());
    CHECK((co_await chunks.read()) == nullptr);
    std::optional<foundry::chat_chunk> const after = co_await chunks.next();
    CHECK_FALSE(after);
}

asio::awaitable<void> keep_copies(emulator& service)
{
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, v1_url);
    foundry::chat_stream chunks = co_await client.stream(question());
    std::vector<foundry::chat_chunk> kept;
    std::vector<std::string> texts;
    while (auto chunk = co_await chunks.next()) {
        texts.emplace_back(chunk->text());
        kept.push_back(std::move(*chunk));
    }
    REQUIRE(kept.size() > 3);
    for (std::size_t i = 0; i != kept.size(); ++i)
        CHECK(kept[i].text() == texts[i]);
}

/// Works on each chunk for longer than a turn of a stream takes.
asio::awaitable<void> read_slowly(emulator& service, std::size_t& chunks, bool& is_over)
{
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, v1_url);
    foundry::chat_stream stream = co_await client.stream(question());
    while (foundry::chat_chunk const* const chunk = co_await stream.read()) {
        auto const end = std::chrono::steady_clock::now() + 100us;
        while (std::chrono::steady_clock::now() < end)
            continue;
        ++chunks;
    }
    is_over = true;
}

/// Counts how often another coroutine comes to its turn between chunks.
asio::awaitable<void> take_turns(std::size_t& turns, std::size_t const& chunks, bool const& is_over)
{
    std::size_t seen = 0;
    while (!is_over) {
        turns += std::exchange(seen, chunks) != chunks ? 1 : 0;
        co_await asio::post(asio::deferred);
    }
}

asio::awaitable<void> lend_events(emulator& service)
{
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, v1_url);
    boost::json::object const message{{"role", "user"}, {"content", "How many feet are in a mile?"}};
    boost::json::object const body{{"model", "gpt-4o-mini"}, {"stream", true}, {"messages", {message}}};
    foundry::event_stream events = co_await client.call<foundry::event_stream>({"POST", "chat/completions"}, body);
    foundry::raw_event const* const first = co_await events.read();
    REQUIRE(first != nullptr);
    std::optional<foundry::raw_event> const second = co_await events.next();
    REQUIRE(second);
    CHECK(second->data == first->data);
    std::size_t count = 2;
    while (foundry::raw_event const* const event = co_await events.read()) {
        CHECK(event == first);
        ++count;
    }
    CHECK(count > 3);
    CHECK((co_await events.read()) == nullptr);
}

TEST_CASE("chat stream: read() lends the stream's own chunk, next() copies it, in one loop")
{
    emulator service;
    for (char const* const url : urls)
        run(lend(service, url));
}

TEST_CASE("chat stream: chunks from next() are the caller's and stay as they are")
{
    emulator service;
    run(keep_copies(service));
}

TEST_CASE("event stream: read() lends the stream's own event, next() copies it")
{
    emulator service;
    run(lend_events(service));
}

TEST_CASE("chat stream: others run between chunks that have all arrived, if the caller takes long for each")
{
    emulator service;
    asio::io_context context(1);
    std::size_t chunks = 0;
    std::size_t turns = 0;
    bool is_over = false;
    asio::co_spawn(context, read_slowly(service, chunks, is_over), foundry::rethrow);
    asio::co_spawn(context, take_turns(turns, chunks, is_over), foundry::rethrow);
    context.run();
    CHECK(chunks > 8);
    CHECK(turns >= chunks / 4);
}

TEST_CASE("chat stream: a stream at its end lends nothing")
{
    run([]() -> asio::awaitable<void> {
        foundry::chat_stream none;
        CHECK((co_await none.read()) == nullptr);
        foundry::event_stream nothing;
        CHECK((co_await nothing.read()) == nullptr);
    }());
}

} // namespace foundry_test::lent_chunks_test
