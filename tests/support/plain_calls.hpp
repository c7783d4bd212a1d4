// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// One question and its answers, for tests of what happens around them.

#include "support/fixture.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>

namespace foundry_test {

using namespace std::chrono_literals;
using foundry::testing::answer;
using foundry::testing::emulator;

inline constexpr auto long_enough = 20s; // for what happens at once

inline constexpr char const* foundry_url = urls[0];
inline constexpr char const* v1_url = urls[1];
inline constexpr char const* dated_url = urls[2];
inline constexpr char const* local_url = urls[3];

foundry::chat_request question(std::string text = "How many feet are in a mile?");

/// With limits, for tests that would else hang.
foundry::options limited(emulator const& service);

inline std::string completion_text(std::string const& text)
{
    return R"({"id":"x","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":")" +
           text + "\"}}]}";
}

inline std::string event(std::string const& text)
{
    return "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
}

inline std::string const done_event = "data: [DONE]\n\n";

/// A whole response of status 200 with a length; `fields` are header lines.
inline std::string sized(std::string const& fields, std::string const& body)
{
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline std::string const stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

inline std::string http_chunk(std::string const& bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string size;
    for (std::size_t n = bytes.size(); n != 0; n /= 16)
        size.insert(size.begin(), digits[n % 16]);
    return size + "\r\n" + bytes + "\r\n";
}

/// The head and one event of a stream that goes on.
inline std::string begun_stream() { return stream_head + http_chunk(event("a")); }

asio::awaitable<void> read_all(foundry::client<>& client, std::string& text);

inline void queue(emulator& service, answer const& next) { service.queue(next); }

asio::awaitable<void> expect_text(foundry::client<>& client, std::string wanted);

/// The client answers the next question, as ever.
asio::awaitable<void> goes_on(emulator& service, foundry::client<>& client);

} // namespace foundry_test
