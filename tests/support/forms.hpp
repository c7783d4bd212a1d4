// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// Every form of the API, as bits of tables, and the three operations that a table is tried with.

#include "support/fixture.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry_test::forms {

using foundry::testing::answer;
using foundry_test::failure_of;
using headers = std::vector<std::pair<char const*, char const*>>;

enum form_bits : unsigned
{
    models = 1,
    v1 = 2,
    project = 4,
    dated = 8,
    serverless = 16,
    managed = 32,
    github = 64,
    local = 128,

    inference = models | serverless | managed,
    openai = v1 | project | dated,
    azure = inference | openai,
    every = azure | github | local,
};

struct form
{
    unsigned bit;
    char const* url;
};

inline constexpr form all[] = {
    {models, "https://contoso.services.ai.azure.com/models"},
    {v1, "https://contoso.openai.azure.com/openai/v1"},
    {project, "https://contoso.services.ai.azure.com/api/projects/p/openai/v1"},
    {dated, "https://contoso.openai.azure.com"},
    {serverless, "https://llama.eastus.models.ai.azure.com"},
    {managed, "https://llama.eastus.inference.ml.azure.com"},
    {github, "https://models.github.ai/inference"},
    {local, "http://localhost:8080/v1"},
};

enum operation_bits : unsigned
{
    whole = 1,
    streamed = 2,
    embedded = 4,

    chat = whole | streamed,
    any = chat | embedded,
};

inline std::string const completion =
    R"({"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",)"
    R"("message":{"role":"assistant","content":"fine"}}]})";

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

inline foundry::chat_request question()
{
    foundry::chat_request request{"m"};
    request.user("How many feet are in a mile?");
    return request;
}

inline answer with_fields(answer next, headers const& fields)
{
    for (auto const& [name, value] : fields)
        next.header(name, value);
    return next;
}

/// Opens a stream and reads on to the error. One that comes before the first event is thrown where the stream is opened.
inline asio::awaitable<bool> read_stream(foundry::client<>& client, foundry::chat_request const& request,
                                         unsigned status)
{
    bool opened = false;
    try {
        foundry::chat_stream chunks = co_await client.stream(request);
        opened = true;
        co_await chunks.collect();
    } catch (foundry::error const&) {
        CHECK(opened == (status == 200));
        throw;
    }
    co_return opened;
}

inline asio::awaitable<foundry::error> failure_of(foundry::client<>& client, unsigned operation, unsigned status)
{
    foundry::chat_request const request = question();
    foundry::embedding_request const texts{"m", "a mile"};
    if (operation == whole)
        co_return co_await failure_of(client.complete(request));
    if (operation == embedded)
        co_return co_await failure_of(client.embed(texts));
    co_return co_await failure_of(read_stream(client, request, status));
}

} // namespace foundry_test::forms
