// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Chat requests as requests of the Responses API.

#include <foundry/response_from_chat.hpp>

#include <boost/json.hpp>
#include <doctest/doctest.h>

namespace foundry_test::response_from_chat_test {

namespace json = boost::json;

foundry::converted_request convert(std::string const& chat)
{
    return foundry::to_response_request(foundry::chat_request::from_json(chat));
}

TEST_CASE("to_response_request: what both APIs have is carried over")
{
    foundry::converted_request const converted = convert(R"({
        "model": "gpt-4o-mini", "temperature": 0.5, "top_p": 0.9, "max_completion_tokens": 100,
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": [{"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}]},
            {"role": "assistant", "content": "Let me see.", "tool_calls":
                [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{\"at\":1}"}}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "a cat"},
            {"role": "assistant", "content": null, "refusal": "I do not say."}],
        "tools": [{"type": "function", "function": {"name": "look", "description": "Looks", "parameters": {"type": "object"}}}],
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "parallel_tool_calls": false, "reasoning_effort": "low", "verbosity": "high", "user": "u",
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": true}},
        "logprobs": true, "top_logprobs": 3, "metadata": {"a": "b"}, "store": true})");
    CHECK(converted.left_out.empty());
    json::value const wanted = json::parse(R"({
        "model": "gpt-4o-mini", "temperature": 0.5, "top_p": 0.9, "max_output_tokens": 100,
        "input": [
            {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be short."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What is this?"},
                {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low"}]},
            {"type": "message", "role": "assistant", "content": "Let me see."},
            {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{\"at\":1}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "a cat"},
            {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "I do not say."}]}],
        "tools": [{"type": "function", "name": "look", "description": "Looks", "parameters": {"type": "object"}, "strict": false}],
        "tool_choice": {"type": "function", "name": "look"},
        "parallel_tool_calls": false, "reasoning": {"effort": "low"}, "user": "u",
        "text": {"verbosity": "high", "format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": true}},
        "include": ["message.output_text.logprobs"], "top_logprobs": 3, "metadata": {"a": "b"}, "store": true})");
    CHECK(json::parse(converted.request.to_json()) == wanted);
}

TEST_CASE("to_response_request: what the Responses API has no place for is named")
{
    foundry::converted_request const converted = convert(R"({
        "max_tokens": 5, "seed": 1, "stop": ["x"], "n": 2, "frequency_penalty": 1, "presence_penalty": 1, "top_k": 40,
        "messages": [{"role": "user", "name": "Ann", "content": [
            {"type": "text", "text": "Listen"},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]},
            {"role": "assistant", "content": "Yes", "reasoning_content": "hm", "context": {}}]})");
    CHECK(converted.left_out == std::vector<std::string>{"messages[0].content[1]", "messages[0].name",
                                                         "messages[1].reasoning_content", "messages[1].context",
                                                         "frequency_penalty", "presence_penalty", "stop", "seed", "n",
                                                         "top_k"});
    CHECK(converted.request.max_output_tokens == 5);
    CHECK(converted.request.store == false);
}

TEST_CASE("to_response_request: members within members, and tools of another type, are named, too")
{
    foundry::converted_request const converted = convert(R"({
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://e.com/a.png", "new": 1}}]},
            {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "a"},
                {"type": "image_url", "image_url": {"url": "https://e.com/b.png"}}]},
            {"role": "assistant", "content": "Yes", "refusal": ""}],
        "tools": [{"type": "custom", "custom": {"name": "x"}}, {"type": "function", "function": {"name": "f", "new": 1}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}, "new": 1},
        "response_format": {"type": "json_schema", "new": 1, "json_schema": {"name": "n", "schema": {}, "new": 1}},
        "stream_options": {"include_usage": true, "include_obfuscation": false, "new": 1}})");
    CHECK(converted.left_out == std::vector<std::string>{"messages[0].content[0].image_url.new",
                                                         "messages[1].content[1]", "response_format.new",
                                                         "response_format.json_schema.new", "tools[0]",
                                                         "tools[0].custom", "tools[1].function.new", "tool_choice.new",
                                                         "stream_options.new"});
    CHECK(converted.request.tools.size() == 1);
    CHECK(json::parse(converted.request.to_json()).at_pointer("/stream_options/include_obfuscation") == false);
    CHECK(json::parse(converted.request.to_json()).at_pointer("/input/2/content") == "Yes");
}

} // namespace foundry_test::response_from_chat_test
