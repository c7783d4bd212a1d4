// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// Calls of a client whose proxy leads to the emulator.

#include "support/connect_proxy.hpp"
#include "support/plain_calls.hpp"
#include "support/temporary_file.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

namespace foundry_test {

/// A client of the service behind the proxy; its socket is not led anywhere.
inline foundry::client<> behind(asio::any_io_executor executor, std::string_view url, foundry::options with)
{
    foundry::any_credential who = foundry::api_key("emulator-key");
    return foundry::client<>(std::move(executor), foundry::endpoint{url}, std::move(who), std::move(with));
}

inline foundry::options through(emulator const& service, connect_proxy const& proxy,
                                std::string const& credentials = "")
{
    foundry::options with = limited(service);
    with.proxy = proxy.url(credentials);
    return with;
}

/// A whole answer, a stream and vectors.
inline asio::awaitable<void> all_operations(foundry::client<> client)
{
    foundry::chat_request const request = question();
    foundry::chat_completion const reply = co_await client.complete(request);
    CHECK(!reply.text().empty());
    std::string streamed;
    co_await read_all(client, streamed);
    CHECK(streamed == reply.text());
    foundry::embedding_request const texts{"text-embedding-3-small", "a mile"};
    foundry::embeddings const vectors = co_await client.embed(texts);
    CHECK(vectors.size() == 1);
}

} // namespace foundry_test
