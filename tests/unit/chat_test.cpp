// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/chat.hpp>
#include <foundry/chat_accumulator.hpp>
#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/operations/think_splitter.hpp>
#include <foundry/embedding.hpp>
#include <foundry/error.hpp>

#include <boost/json/parse.hpp>

#include <doctest/doctest.h>

#include <string>

namespace foundry_test::chat_test {

using namespace foundry;

chat_chunk chunk(std::string const& text)
{
    chat_chunk c;
    json::reader r;
    REQUIRE_MESSAGE(r.read(c, text), r.problem());
    return c;
}

chat_completion concat(std::vector<std::string> const& chunks)
{
    chat_accumulator all;
    for (std::string const& c : chunks)
        all.add(chunk(c));
    return all.completion();
}

std::string delta(std::string const& members)
{
    return R"({"id":"1","choices":[{"index":0,"delta":{)" + members + "}}]}";
}

TEST_CASE("chat_request: holds only the members that were set")
{
    chat_request r{"gpt-4o"};
    r.system("Be terse.").user("Hello.");
    r.temperature = 0.5;
    r.user_ = "someone";
    CHECK(r.to_json() == R"({"model":"gpt-4o","messages":[{"role":"system","content":"Be terse."},)"
                         R"({"role":"user","content":"Hello."}],"temperature":0.5,"user":"someone"})");
}

TEST_CASE("chat_request: an empty model name counts as no model")
{
    CHECK(chat_request{""}.to_json() == chat_request().to_json());
    CHECK_FALSE(embedding_request("", "a").model);
    CHECK(embedding_request("m", std::vector<std::string>{"a", "b"}).size() == 2);
    embedding_request const literals{"m", {"a mile", "a foot"}};
    CHECK(literals == embedding_request("m", std::vector<std::string>{"a mile", "a foot"}));
    std::string const mile = "a mile";
    embedding_request const strings{"m", {mile, mile}};
    CHECK(strings.size() == 2);
}

TEST_CASE("chat_request: every member round-trips through JSON")
{
    chat_request r{"m"};
    r.system("s").developer("d").assistant("a").tool("id", "result");
    std::vector<content_part> parts;
    parts.push_back(content_part::from_text("t"));
    parts.push_back(content_part::from_image_url("https://x/y.png", image_detail::automatic));
    parts.push_back(content_part::from_audio("AAAA", "wav"));
    parts.push_back(content_part::from_audio_url("https://x/y.mp3"));
    r.user(parts);
    r.temperature = 0.1;
    r.top_p = 0.2;
    r.frequency_penalty = 0.3;
    r.presence_penalty = 0.4;
    r.max_tokens = 1;
    r.max_completion_tokens = 2;
    r.stop = {"x", "y"};
    r.seed = 42;
    r.response_format = response_format::from_schema("n", boost::json::parse(R"({"type":"object"})"));
    r.tools.emplace_back("f", "does f", boost::json::parse(R"({"type":"object"})"));
    r.tool_choice = named_tool("f");
    r.modalities = {"text", "audio"};
    r.parallel_tool_calls = false;
    r.stream_options.emplace().include_usage = true;
    r.reasoning_effort = reasoning_effort::high;
    r.n = 2;
    r.logprobs = true;
    r.top_logprobs = 3;
    r.logit_bias["50256"] = -100;
    r.user_ = "u";
    r.audio.emplace().voice = "alloy";
    r.prediction = predicted_content("text");
    r.store = true;
    r.metadata["k"] = "v";
    r.data_sources.push_back(boost::json::parse(R"({"type":"azure_search"})"));
    r.user_security_context.emplace().end_user_id = "id";
    r.verbosity = "low";
    r.service_tier = "flex";
    r.prompt_cache_key = "key";
    r.safety_identifier = "safe";
    r.extra["top_k"] = 40;

    chat_request const again = chat_request::from_json(r.to_json());
    CHECK(again == r);
    boost::json::object const wire = boost::json::parse(r.to_json()).as_object();
    CHECK(wire.size() == 33);
    CHECK(wire.at("tool_choice").at("function").at("name") == "f");
    CHECK(wire.at("messages").at(4).at("content").at(1).at("image_url").at("detail") == "auto");
    CHECK(wire.at("top_k") == 40);
}

TEST_CASE("chat_request: read from JSON, it keeps unknown members, and the call decides whether it is streamed")
{
    chat_request const r = chat_request::from_json(
        R"({"model":"m","stream":true,"messages":[{"role":"user","content":"x","cache":1}],"stop":["a"],"new":{"a":1}})");
    CHECK_FALSE(r.extra.contains("stream"));
    CHECK(r.extra.at("new").at("a") == 1);
    CHECK(r.messages[0].extra.at("cache") == 1);
    CHECK_THROWS_AS(chat_request::from_json("[1]"), error);
    CHECK_THROWS_AS(chat_request::from_json("{"), error);
}

TEST_CASE("chat_request: read from JSON, a message that is not an object is rejected by its index")
{
    for (char const* const text : {R"({"messages":["a"]})", R"({"messages":[{"role":"user"},5]})"}) {
        try {
            static_cast<void>(chat_request::from_json(text));
            FAIL_CHECK(text);
        } catch (error const& e) {
            CHECK(e.code() == errc::invalid_argument);
            CHECK(std::string_view(e.what()).find("messages[") != std::string_view::npos);
        }
    }
}

TEST_CASE("tool_choice: a mode or a function's name")
{
    chat_request r{"m"};
    r.tool_choice = tool_mode::required;
    CHECK(r.to_json().find(R"("tool_choice":"required")") != std::string::npos);
    r.tool_choice = named_tool("f");
    CHECK(r.to_json().find(R"("tool_choice":{"type":"function","function":{"name":"f"}})") != std::string::npos);
    r.tool_choice = {};
    CHECK(r.to_json().find("tool_choice") == std::string::npos);
}

TEST_CASE("chat_message: the message of an answer goes into the history without its reasoning")
{
    chat_completion c;
    json::reader r;
    REQUIRE(r.read(
        c,
        R"({"choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,)"
        R"("reasoning_content":"hm","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]}}]})"));
    CHECK(c.text().empty());
    CHECK(c.tool_calls().size() == 1);
    CHECK(c.finish_reason() == finish_reason::tool_calls);
    chat_request next{"m"};
    next.add(c.message());
    CHECK(next.to_json() == R"({"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function",)"
                            R"("function":{"name":"f","arguments":"{}"}}]}]})");
    CHECK(chat_completion().text().empty());
    CHECK(chat_completion().tool_calls().empty());
    CHECK_FALSE(chat_completion().finish_reason());
}

TEST_CASE("accumulator: chunks without choices, without delta and without id join the same message")
{
    chat_completion const c = concat({
        R"({"id":"","model":"","created":0,"choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]})",
        R"({"id":"7","model":"gpt","created":5,"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})",
        delta(R"("content":"Hel")"),
        delta(R"("content":"lo")"),
        R"({"id":"7","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})",
        R"({"id":"","choices":[{"index":0,"finish_reason":null,"content_filter_results":{"hate":{"filtered":true,"severity":"high"}},"content_filter_offsets":{"check_offset":1,"start_offset":2,"end_offset":3}}]})",
        R"({"id":"7","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})",
    });
    CHECK(c.text() == "Hello");
    CHECK(c.id == "7");
    CHECK(c.model == "gpt");
    CHECK(c.created == 5);
    CHECK(c.object == "chat.completion");
    CHECK(c.finish_reason() == finish_reason::stop);
    CHECK(c.usage->total_tokens == 3);
    CHECK(c.prompt_filter_results.size() == 1);
    CHECK(c.choices[0].content_filter_results.find("hate")->severity == filter_severity::high);
}

TEST_CASE("accumulator: pieces of tool calls are joined by index, else by id, else to the last open one")
{
    chat_completion const by_index = concat({
        delta(R"("tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}])"),
        delta(R"("tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\""}}])"),
        delta(
            R"("tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1}"}},{"index":1,"function":{"arguments":":2}"}}])"),
    });
    REQUIRE(by_index.tool_calls().size() == 2);
    CHECK(by_index.tool_calls()[0].function.arguments == R"({"x":1})");
    CHECK(by_index.tool_calls()[1].function.arguments == R"({"y":2})");
    CHECK(by_index.tool_calls()[1].type == "function");

    chat_completion const by_id = concat({
        delta(R"("tool_calls":[{"id":"a","function":{"name":"f","arguments":"1"}}])"),
        delta(R"("tool_calls":[{"id":"b","function":{"name":"g","arguments":"2"}}])"),
        delta(R"("tool_calls":[{"id":"a","function":{"arguments":"3"}}])"),
    });
    REQUIRE(by_id.tool_calls().size() == 2);
    CHECK(by_id.tool_calls()[0].function.arguments == "13");

    chat_completion const last = concat({
        delta(R"("tool_calls":[{"id":"","function":{"name":"f","arguments":"{"}}])"),
        delta(R"("tool_calls":[{"function":{"arguments":"}"}}])"),
        delta(R"("tool_calls":[{"function":{"name":"g","arguments":"[]"}}])"),
    });
    REQUIRE(last.tool_calls().size() == 2);
    CHECK(last.tool_calls()[0].function.arguments == "{}");
    CHECK(last.tool_calls()[1].function.arguments == "[]");
}

TEST_CASE("accumulator: interleaved choices are kept apart, in the order of their index")
{
    chat_completion const c = concat({
        R"({"choices":[{"index":1,"delta":{"content":"B"}}]})",
        R"({"choices":[{"index":0,"delta":{"content":"A"}},{"index":1,"delta":{"content":"b"}}]})",
        R"({"choices":[{"index":0,"delta":{"content":"a","reasoning_content":"why"}}]})",
    });
    REQUIRE(c.choices.size() == 2);
    CHECK(c.choices[0].message.text() == "Aa");
    CHECK(c.choices[0].message.reasoning_content == "why");
    CHECK(c.choices[1].message.text() == "Bb");
    CHECK(chunk(R"({"choices":[{"index":1,"delta":{"content":"B"}}]})").text().empty());
}

TEST_CASE("think_splitter: text in think tags becomes reasoning wherever a chunk cuts the tags")
{
    std::string const text = "<think>why < not</think>So <b>it</b> is <thinking";
    for (std::size_t a = 0; a <= text.size(); ++a) {
        for (std::size_t b = a; b <= text.size(); ++b) {
            detail::think_splitter splitter;
            std::string content;
            std::string reasoning;
            splitter.add(text.substr(0, a), content, reasoning);
            splitter.add(text.substr(a, b - a), content, reasoning);
            splitter.add(text.substr(b), content, reasoning);
            splitter.finish(content, reasoning);
            REQUIRE(content == "So <b>it</b> is <thinking");
            REQUIRE(reasoning == "why < not");
        }
    }
}

TEST_CASE("chat_completion: absent members are not written, and those of another type are written unchanged")
{
    chat_completion c;
    json::reader r;
    REQUIRE(
        r.read(c, R"({"choices":[{"index":0,"message":{"role":"assistant","content":"a"}}],)"
                  R"("usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":[]}})"));
    CHECK(c.usage->prompt_tokens_details == prompt_tokens_details());
    boost::json::value const written = boost::json::parse(c.to_json());
    CHECK(written.at_pointer("/choices/0") ==
          boost::json::parse(R"({"index":0,"message":{"role":"assistant","content":"a"}})"));
    CHECK(written.at("usage") == boost::json::parse(R"({"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,)"
                                                    R"("prompt_tokens_details":[]})"));
}

TEST_CASE("embedding: vectors are decoded from numbers and from base64")
{
    embeddings e;
    json::reader r;
    REQUIRE(r.read(
        e,
        R"({"data":[{"index":0,"embedding":[1,-0.5,2e3]},{"index":1,"embedding":"AACAPwAAAL8AAPpE"}],"usage":{"prompt_tokens":3,"total_tokens":3}})"));
    REQUIRE(e.size() == 2);
    CHECK(std::vector<float>(e[0].begin(), e[0].end()) == std::vector<float>{1, -0.5F, 2000});
    CHECK(std::vector<float>(e[1].begin(), e[1].end()) == std::vector<float>{1, -0.5F, 2000});
    CHECK_THROWS_AS(e[2], std::out_of_range);
    for (char const* const bad : {"AACAPw=", "AACA", "AAC?Pw==", "AACAPwAA", "====", "AACA=w=="})
        CHECK_FALSE(r.read(e, std::string{R"({"data":[{"embedding":")"} + bad + R"("}]})"));
    REQUIRE(r.read(e, R"({"data":[{"embedding":""}]})"));
    CHECK(e[0].empty());
}

std::string base64_of(std::vector<float> const& floats)
{
    return detail::to_base64({reinterpret_cast<char const*>(floats.data()), floats.size() * sizeof(float)});
}

TEST_CASE("decode_floats: base64 of any length decodes to the original floats")
{
    for (std::size_t n = 0; n != 64; ++n) {
        std::vector<float> floats;
        for (std::size_t i = 0; i != n; ++i)
            floats.push_back(static_cast<float>(i) * 1.2345678F - 30);
        std::vector<float> decoded;
        CHECK(detail::decode_floats(base64_of(floats), decoded));
        CHECK(decoded == floats);
    }
}

TEST_CASE("decode_floats: each of the 64 digits is accepted, and any other character rejected")
{
    std::string const good = base64_of(std::vector<float>(24, 1.5F));
    std::string_view const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::vector<float> decoded;
    for (std::size_t at = 0; at != good.size(); ++at) {
        for (int c = 0; c != 256; ++c) {
            std::string text = good;
            text[at] = static_cast<char>(c);
            bool const padding_elsewhere = c == '=' && at + 1 == text.size(); // which makes it a byte shorter
            bool const expected = digits.find(static_cast<char>(c)) != digits.npos;
            if (!padding_elsewhere)
                REQUIRE(detail::decode_floats(text, decoded) == expected);
        }
    }
}

TEST_CASE("cosine similarity: tells how far two vectors point in the same direction")
{
    std::vector<float> const x{1, 0};
    std::vector<float> const y{0, 2};
    std::vector<float> const z{3, 0};
    CHECK(cosine_similarity(x, z) == doctest::Approx(1));
    CHECK(cosine_similarity(x, y) == doctest::Approx(0));
    CHECK(cosine_similarity(x, std::vector<float>{0, 0}) == 0);
    CHECK_THROWS_AS(cosine_similarity(x, std::vector<float>{1}), std::invalid_argument);
}

TEST_CASE("chat types: equality compares by value")
{
    CHECK(chat_message(chat_role::user, "a") == chat_message(chat_role::user, "a"));
    CHECK(chat_message(chat_role::user, "a") != chat_message(chat_role::user, "b"));
    CHECK(token_usage() == token_usage());
}

} // namespace foundry_test::chat_test
