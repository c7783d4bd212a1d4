// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// What every error of the library has to be, for tests of whatever can be wrong: with the request, the answer or the way to the service.

#include "support/plain_calls.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace foundry_test {

using foundry::errc;
using foundry::testing::emulator_options;

inline constexpr char const* secret_key = "sekrit-key-4711";

inline emulator_options strict_emulator()
{
    emulator_options with;
    with.api_key = secret_key;
    with.require_key_on_compatible = true;
    return with;
}

foundry::client<> make_client(asio::any_io_executor executor, foundry::endpoint where, foundry::options with,
                              std::string_view key = secret_key);

/// Small limits, which a test can exceed with a short answer.
foundry::options small_limits(emulator const& service);

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// What every error of the library has to be: it says what is wrong and what to do, on one line, and no secret.
void expect_clear(foundry::error const& failed);

void expect_error(foundry::error const& failed, errc code, std::initializer_list<std::string_view> words = {});

struct stream_outcome
{
    stream_outcome() = default;

    std::string text;
    std::size_t chunks = 0;
    std::optional<foundry::error> failed;
};

/// Reads a stream until it ends or fails. After a failure there is nothing more.
asio::awaitable<stream_outcome> read_stream(foundry::client<>& client, foundry::chat_request const& request);

/// What `f` throws.
template <class F>
foundry::error refusal_of(F f)
{
    try {
        f();
    } catch (foundry::error const& e) {
        return e;
    }
    throw std::runtime_error("was to be refused and was not");
}

} // namespace foundry_test
