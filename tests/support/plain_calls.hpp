// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// One question and its answers, for tests of what happens around them.

#include "support/fixture.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace foundry_test {

using namespace std::chrono_literals;
using foundry::testing::answer;
using foundry::testing::emulator;

inline constexpr auto long_enough = 20s; // for what happens at once

inline constexpr char const* foundry_url = urls[0];
inline constexpr char const* v1_url = urls[1];
inline constexpr char const* dated_url = urls[2];
inline constexpr char const* local_url = urls[3];

inline foundry::chat_request question(std::string text = "How many feet are in a mile?")
{
    foundry::chat_request request{"gpt-4o-mini"};
    request.user(std::move(text));
    return request;
}

/// With limits, for tests that would else hang.
inline foundry::options limited(emulator const& service)
{
    foundry::options with = trusting(service);
    with.timeouts.total = 60s;
    with.timeouts.stream_total = 60s;
    return with;
}

inline std::string completion_text(std::string const& text)
{
    return R"({"id":"x","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":")" +
           text + "\"}}]}";
}

inline std::string event(std::string const& text)
{
    return "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
}

inline void queue(emulator& service, answer const& next) { service.queue(next); }

inline asio::awaitable<void> expect_text(foundry::client<>& client, std::string wanted)
{
    foundry::chat_request const request = question();
    foundry::chat_completion const reply = co_await client.complete(request);
    CHECK(reply.text() == wanted);
}

/// The client answers the next question, as ever.
inline asio::awaitable<void> goes_on(emulator& service, foundry::client<>& client)
{
    CHECK(service.queued() == 0);
    queue(service, answer::json(200, completion_text("fine")));
    co_await expect_text(client, "fine");
}

} // namespace foundry_test
