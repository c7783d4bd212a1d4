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
asio::awaitable<foundry::chat_completion> streamed(emulator& service, std::string body, char const* url = local_url);

asio::awaitable<foundry::error> stream_error(emulator& service, std::string body, char const* url = local_url);

asio::awaitable<foundry::chat_completion> completed(emulator& service, answer next, char const* url = local_url);

asio::awaitable<foundry::error> completion_error(emulator& service, answer next, char const* url = local_url);

inline std::string message(std::string const& members)
{
    return R"({"id":"x","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",)" + members +
           "}}]}";
}

void play(asio::awaitable<void> (*story)(emulator&));

// ---- The content filter

} // namespace foundry_test::queued
