// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// Calls whose answers are queued at the emulator word for word: what arrives, or what they throw.

#include "support/plain_calls.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace foundry_test::queued {

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

/// A chunk with this delta, as an event.
inline std::string chunk(std::string const& delta, std::string const& reason = "null")
{
    return R"(data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":)" +
           delta + R"(,"finish_reason":)" + reason + "}]}\n\n";
}

inline std::string const end = chunk("{}", "\"stop\"") + "data: [DONE]\n\n";

/// The message of a stream that has these deltas.
inline asio::awaitable<foundry::chat_completion> streamed(emulator& service, std::string body,
                                                          char const* url = local_url)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, url, limited(service));
    service.queue(answer::events(std::move(body)));
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_completion reply = co_await chunks.collect();
    co_return reply;
}

inline asio::awaitable<foundry::error> stream_error(emulator& service, std::string body, char const* url = local_url)
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

inline asio::awaitable<foundry::chat_completion> completed(emulator& service, answer next, char const* url = local_url)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, url, limited(service));
    service.queue(std::move(next));
    foundry::chat_request const request = question();
    foundry::chat_completion reply = co_await client.complete(request);
    co_return reply;
}

inline asio::awaitable<foundry::error> completion_error(emulator& service, answer next, char const* url = local_url)
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

inline std::string message(std::string const& members)
{
    return R"({"id":"x","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",)" + members +
           "}}]}";
}

inline void play(asio::awaitable<void> (*story)(emulator&))
{
    emulator service(unchecked());
    run(story(service));
}

// ---- The content filter

} // namespace foundry_test::queued
