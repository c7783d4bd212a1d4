// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/clear_error.hpp"

#include <doctest/doctest.h>

namespace foundry_test {

foundry::client<> make_client(asio::any_io_executor executor, foundry::endpoint where, foundry::options with,
                              std::string_view key)
{
    foundry::any_credential who = foundry::api_key{key};
    return foundry::client<>(std::move(executor), std::move(where), std::move(who), std::move(with));
}

foundry::options small_limits(emulator const& service)
{
    foundry::options with = limited(service);
    with.limits.head = 4096;
    with.limits.body = 4096;
    with.limits.event = 2048;
    with.limits.event_line = 2048;
    return with;
}

void expect_clear(foundry::error const& failed)
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

void expect_error(foundry::error const& failed, errc code, std::initializer_list<std::string_view> words)
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

asio::awaitable<stream_outcome> read_stream(foundry::client<>& client, foundry::chat_request const& request)
{
    stream_outcome seen;
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

} // namespace foundry_test
