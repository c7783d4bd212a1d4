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

inline foundry::client<> make_client(asio::any_io_executor executor, foundry::endpoint where, foundry::options with,
                                     std::string_view key = secret_key)
{
    foundry::any_credential who = foundry::api_key{key};
    return foundry::client<>(std::move(executor), std::move(where), std::move(who), std::move(with));
}

/// Small limits, which a test can exceed with a short answer.
inline foundry::options small_limits(emulator const& service)
{
    foundry::options with = limited(service);
    with.limits.head = 4096;
    with.limits.body = 4096;
    with.limits.event = 2048;
    with.limits.event_line = 2048;
    return with;
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// What every error of the library has to be: it says what is wrong and what to do, on one line, and no secret.
inline void expect_clear(foundry::error const& failed)
{
    std::string const what = failed.what();
    CAPTURE(what);
    CHECK(failed.code().category() == foundry::error_category());
    CHECK(!failed.message().empty());
    // Of a value that a model refuses, the service's own words may be all there is.
    bool const own_words = failed.code() == errc::bad_request || failed.code() == errc::unprocessable;
    CHECK((own_words || !failed.advice().empty()));
    CHECK(what.size() > 10);
    CHECK(!contains(what, secret_key));
    CHECK(!contains(failed.message(), secret_key));
    CHECK(!contains(failed.advice(), secret_key));
    CHECK(std::all_of(what.begin(), what.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20; }));
}

inline void expect_error(foundry::error const& failed, errc code, std::initializer_list<std::string_view> words = {})
{
    std::string const what = failed.what();
    CAPTURE(what);
    expect_clear(failed);
    CHECK(failed.code() == code);
    for (std::string_view const word : words) {
        CAPTURE(std::string(word));
        CHECK(contains(what, word));
    }
}

struct streamed
{
    streamed() = default;

    std::string text;
    std::size_t chunks = 0;
    std::optional<foundry::error> failed;
};

/// Reads a stream until it ends or fails. After a failure there is nothing more.
inline asio::awaitable<streamed> read_stream(foundry::client<>& client, foundry::chat_request const& request)
{
    streamed seen;
    std::optional<foundry::chat_stream> chunks;
    try {
        chunks = co_await client.stream(request);
        std::optional<foundry::chat_chunk> chunk = co_await chunks->next();
        while (chunk) {
            seen.text += chunk->text();
            ++seen.chunks;
            chunk = co_await chunks->next();
        }
    } catch (foundry::error const& e) {
        seen.failed = e;
    }
    if (chunks) {
        std::optional<foundry::chat_chunk> const nothing = co_await chunks->next();
        CHECK(!nothing);
    }
    co_return seen;
}

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
