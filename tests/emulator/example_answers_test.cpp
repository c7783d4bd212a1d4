// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Every example answer of the services' documents, read through the library and compared with what Boost.JSON's own parser finds.

#include "support/fixture.hpp"
#include "support/report.hpp"

#include <foundry/call.hpp>
#include <foundry/images.hpp>

#include <boost/json.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace foundry_test::example_answers_test {

namespace json = boost::json;
using foundry::testing::emulator;

std::string text_of(json::value const& v) { return std::string(v.as_string()); }

struct example
{
    std::string operation;
    std::string source;
    std::vector<std::string> texts; // of the body, or of each event
    bool streamed = false;
};

std::vector<example> load()
{
    std::ifstream in(FOUNDRY_TEST_DATA "/example_answers.json", std::ios::binary);
    json::value const document = json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
    std::vector<example> all;
    for (json::value const& item : document.at("answers").as_array()) {
        example& one = all.emplace_back();
        one.operation = text_of(item.at("operation"));
        one.source = text_of(item.at("source"));
        one.streamed = item.as_object().contains("events");
        if (!one.streamed)
            one.texts.push_back(text_of(item.at("body")));
        else
            for (json::value const& event : item.at("events").as_array())
                one.texts.push_back(text_of(event));
    }
    return all;
}

/// The value under a pointer; null where there is none.
json::value find(json::value const& in, std::string_view pointer)
{
    boost::system::error_code missing;
    json::value const* const found = in.find_pointer(pointer, missing);
    return found ? *found : json::value();
}

std::string string_in(json::value const& in, std::string_view pointer)
{
    json::value const found = find(in, pointer);
    return found.is_string() ? text_of(found) : std::string();
}

std::size_t size_in(json::value const& in, std::string_view pointer)
{
    json::value const found = find(in, pointer);
    return found.is_array() ? found.get_array().size() : 0;
}

// ---- Chat

template <class Answer>
void expect_envelope(json::value const& text, Answer const& a)
{
    CHECK(a.id == string_in(text, "/id"));
    CHECK(a.object == string_in(text, "/object"));
    CHECK(a.model == string_in(text, "/model"));
    CHECK(a.created == text.at("created").as_int64());
    CHECK(a.system_fingerprint.value_or("") == string_in(text, "/system_fingerprint"));
    CHECK(a.service_tier.value_or("") == string_in(text, "/service_tier"));
    REQUIRE(a.choices.size() == size_in(text, "/choices"));
    REQUIRE(a.choices.size() == 1);
    CHECK(a.choices[0].finish_reason.name() == string_in(text, "/choices/0/finish_reason"));
}

void expect_logprobs(json::value const& text, foundry::choice_logprobs const& logprobs)
{
    std::size_t const tokens = size_in(text, "/choices/0/logprobs/content");
    REQUIRE(logprobs.content.size() == tokens);
    for (std::size_t i = 0; i != tokens; ++i) {
        json::value const& token = text.at_pointer("/choices/0/logprobs/content").as_array()[i];
        foundry::token_logprob const& read = logprobs.content[i];
        CHECK(read.token == text_of(token.at("token")));
        CHECK(read.logprob == token.at("logprob").to_number<double>());
        CHECK(read.bytes.size() == size_in(token, "/bytes"));
        CHECK(read.top_logprobs.size() == size_in(token, "/top_logprobs"));
    }
}

void expect_completion(json::value const& text, foundry::chat_completion const& reply)
{
    expect_envelope(text, reply);
    CHECK(reply.text() == string_in(text, "/choices/0/message/content"));
    CHECK(reply.choices[0].message.role.name() == string_in(text, "/choices/0/message/role"));
    REQUIRE(reply.usage);
    CHECK(reply.usage->prompt_tokens == text.at_pointer("/usage/prompt_tokens").as_int64());
    CHECK(reply.usage->completion_tokens == text.at_pointer("/usage/completion_tokens").as_int64());
    CHECK(reply.usage->total_tokens == text.at_pointer("/usage/total_tokens").as_int64());
    REQUIRE(reply.tool_calls().size() == size_in(text, "/choices/0/message/tool_calls"));
    for (std::size_t i = 0; i != reply.tool_calls().size(); ++i) {
        json::value const& call = text.at_pointer("/choices/0/message/tool_calls").as_array()[i];
        CHECK(reply.tool_calls()[i].id == text_of(call.at("id")));
        CHECK(reply.tool_calls()[i].function.name == string_in(call, "/function/name"));
        CHECK(reply.tool_calls()[i].function.arguments == string_in(call, "/function/arguments"));
    }
    expect_logprobs(text, reply.choices[0].logprobs);
}

asio::awaitable<void> decode_stream(foundry::client<> client, emulator& service, example const& one)
{
    std::string events;
    for (std::string const& text : one.texts)
        events += "data: " + text + "\n\n";
    service.queue(foundry::testing::answer::events(events + "data: [DONE]\n\n"));
    foundry::chat_stream chunks = co_await client.stream("gpt-4o-mini", "Hello.");
    for (std::string const& text : one.texts) {
        foundry::chat_chunk const* const chunk = co_await chunks.read();
        REQUIRE(chunk != nullptr);
        json::value const read = json::parse(text);
        expect_envelope(read, *chunk);
        CHECK(chunk->text() == string_in(read, "/choices/0/delta/content"));
        CHECK(chunk->choices[0].delta.role.name() == string_in(read, "/choices/0/delta/role"));
        CHECK(chunk->raw() == text);
    }
    foundry::chat_chunk const* const after = co_await chunks.read();
    CHECK(after == nullptr);
}

asio::awaitable<void> decode_chat(foundry::client<> client, emulator& service, example const& one)
{
    if (one.streamed) {
        co_await decode_stream(client, service, one);
        co_return;
    }
    service.queue(foundry::testing::answer::json(200, one.texts[0]));
    foundry::chat_completion const reply = co_await client.complete("gpt-4o-mini", "Hello.");
    expect_completion(json::parse(one.texts[0]), reply);
    CHECK(reply.raw() == one.texts[0]);
}

// ---- Embeddings

asio::awaitable<void> decode_embeddings(foundry::client<> client, emulator& service, example const& one)
{
    service.queue(foundry::testing::answer::json(200, one.texts[0]));
    foundry::embedding_request const request("text-embedding-3-small", "a mile");
    foundry::embeddings const reply = co_await client.embed(request);
    json::value const text = json::parse(one.texts[0]);
    CHECK(reply.object == string_in(text, "/object"));
    CHECK(reply.model == string_in(text, "/model"));
    REQUIRE(reply.size() == 1);
    json::array const& numbers = text.at_pointer("/data/0/embedding").as_array();
    REQUIRE(reply[0].size() == numbers.size());
    for (std::size_t i = 0; i != numbers.size(); ++i)
        CHECK(reply[0][i] == static_cast<float>(numbers[i].as_double()));
    REQUIRE(reply.usage);
    CHECK(reply.usage->total_tokens == text.at_pointer("/usage/total_tokens").as_int64());
}

// ---- Pictures, and what any route gives

asio::awaitable<void> decode_images(foundry::client<> client, emulator& service, example const& one)
{
    if (one.streamed)
        co_return;
    service.queue(foundry::testing::answer::json(200, one.texts[0]));
    foundry::image_request request("gpt-image-1", "a lighthouse");
    request.n = 1;
    request.size = "1024x1024";
    foundry::generated_images const reply = co_await foundry::images(client).generate(request);
    json::value const text = json::parse(one.texts[0]);
    CHECK(reply.created == text.at("created").as_int64());
    REQUIRE(reply.data.size() == size_in(text, "/data"));
    CHECK(reply.data[0].b64_json == string_in(text, "/data/0/b64_json"));
    CHECK(reply.data[0].url == string_in(text, "/data/0/url"));
    CHECK(reply.usage.size() == (text.as_object().contains("usage") ? text.at("usage").as_object().size() : 0));
}

asio::awaitable<void> decode_any(foundry::client<> client, emulator& service, example const& one)
{
    service.queue(foundry::testing::answer::json(200, one.texts[0]));
    auto const reply = co_await client.call<json::value>(foundry::route{"GET", one.operation}.skip_route_check());
    CHECK(reply == json::parse(one.texts[0]));
}

// ---- All of it

using decoder = asio::awaitable<void> (*)(foundry::client<>, emulator&, example const&);

/// How the answers of an operation are read.
std::map<std::string, decoder> const decoders = {
    {"chat/completions", &decode_chat},
    {"embeddings", &decode_embeddings},
    {"images/generations", &decode_images},
    {"models", &decode_any},
    {"files", &decode_any},
};

asio::awaitable<void> decode_all(emulator& service, std::vector<example> const& examples, std::size_t& decoded)
{
    auto const executor = co_await asio::this_coro::executor;
    for (char const* const url : urls) {
        foundry::client<> const client = client_of(executor, service, url);
        for (example const& one : examples) {
            CAPTURE(std::string(url));
            CAPTURE(one.source);
            co_await decoders.at(one.operation)(client, service, one);
            ++decoded;
        }
    }
}

TEST_CASE("example answers: every one of the documents decodes, on each form of the API")
{
    std::vector<example> const examples = load();
    REQUIRE(examples.size() >= 15);
    emulator service;
    std::size_t decoded = 0;
    run(decode_all(service, examples, decoded));
    CHECK(decoded == std::size(urls) * examples.size());
    CHECK(service.queued() == 0);
    foundry_test::report("example answers x forms", decoded);
}

} // namespace foundry_test::example_answers_test
