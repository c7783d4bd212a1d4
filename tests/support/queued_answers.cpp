// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/queued_answers.hpp"

#include <doctest/doctest.h>

namespace foundry_test::queued {

asio::awaitable<foundry::chat_completion> streamed(emulator& service, std::string body, char const* url)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, url, limited(service));
    service.queue(answer::events(std::move(body)));
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_completion reply = co_await chunks.collect();
    co_return reply;
}

asio::awaitable<foundry::error> stream_error(emulator& service, std::string body, char const* url)
{
    std::optional<foundry::error> failed;
    try {
        static_cast<void>(co_await streamed(service, std::move(body), url));
    } catch (foundry::error const& e) {
        failed = e;
    }
    REQUIRE(failed.has_value());
    co_return *failed;
}

asio::awaitable<foundry::chat_completion> completed(emulator& service, answer next, char const* url)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, url, limited(service));
    service.queue(std::move(next));
    foundry::chat_request const request = question();
    foundry::chat_completion reply = co_await client.complete(request);
    co_return reply;
}

asio::awaitable<foundry::error> completion_error(emulator& service, answer next, char const* url)
{
    std::optional<foundry::error> failed;
    try {
        static_cast<void>(co_await completed(service, std::move(next), url));
    } catch (foundry::error const& e) {
        failed = e;
    }
    REQUIRE(failed.has_value());
    co_return *failed;
}

void play(asio::awaitable<void> (*story)(emulator&))
{
    emulator service(unchecked());
    run(story(service));
}

} // namespace foundry_test::queued
