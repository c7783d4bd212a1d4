// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The emulator's Responses API: its replies, its events and its refusals.

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace foundry_test::testing_responses_test {

std::string const responses = "/openai/v1/responses";
std::string const miles = R"({"model":"gpt-4o-mini","input":"How many feet are in a mile?")";

std::string const weather = R"("tools":[{"type":"function","name":"get_weather","parameters":{"type":"object",)"
                            R"("properties":{"city":{"type":"string"}},"required":["city"]}}])";

/// The body of a request with this input, JSON text, and more members.
std::string about(std::string const& input, std::string const& more = "")
{
    return R"({"model":"gpt-4o-mini","input":)" + input + (more.empty() ? "" : "," + more) + "}";
}

std::string text_in(json::value const& whole)
{
    for (auto const& item : whole.at("output").as_array()) {
        if (item.at("type") == "message")
            return std::string(item.at_pointer("/content/0/text").as_string());
    }
    return {};
}

/// The types of the events; several of one type after another count once.
std::vector<std::string> types_of(std::vector<json::value> const& events)
{
    std::vector<std::string> types;
    for (auto const& event : events)
        types.emplace_back(event.at("type").as_string());
    types.erase(std::unique(types.begin(), types.end()), types.end());
    return types;
}

bool is_numbered_from_0(std::vector<json::value> const& events)
{
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].at("sequence_number").to_number<std::size_t>() != i)
            return false;
    }
    return !events.empty();
}

void check_refused(response const& reply, unsigned status, char const* code, char const* param)
{
    CAPTURE(reply.body);
    REQUIRE(reply.status == status);
    auto const error = reply.parsed().at("error");
    CHECK(error.at("type") == "invalid_request_error");
    CHECK(error.at("param") == param);
    if (code)
        CHECK(error.at("code") == code);
    else
        CHECK(error.at("code").is_null());
}

TEST_CASE("emulator: a streamed response has every event of a message, in order, numbered, with one item id")
{
    emulator const service;
    raw_client client(service);
    auto const reply = client.post(responses, miles + R"(,"stream":true})");
    CHECK(
        reply.body.starts_with("event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,"));
    CHECK(!reply.has("[DONE]"));
    auto const events = reply.events();
    CHECK(types_of(events) == std::vector<std::string>{"response.created", "response.in_progress",
                                                       "response.output_item.added", "response.content_part.added",
                                                       "response.output_text.delta", "response.output_text.done",
                                                       "response.content_part.done", "response.output_item.done",
                                                       "response.completed"});
    CHECK(is_numbered_from_0(events));
    auto const& whole = events.back().at("response");
    auto const& item = whole.at_pointer("/output/0");
    CHECK(item.at("id").as_string().starts_with("msg_"));
    std::string text;
    for (auto const& event : events) {
        if (auto const* const id = event.as_object().if_contains("item_id")) {
            CHECK(*id == item.at("id"));
            CHECK(event.at("output_index") == 0);
            CHECK(event.at("content_index") == 0);
        }
        if (event.at("type") == "response.output_text.delta") {
            text += event.at("delta").as_string();
            CHECK(event.at("logprobs").as_array().empty());
        }
    }
    CHECK(events[2].at_pointer("/item/status") == "in_progress");
    CHECK(events[2].at_pointer("/item/content").as_array().empty());
    CHECK(events[3].at("part") == json::parse(R"({"type":"output_text","annotations":[],"logprobs":[],"text":""})"));
    CHECK(events[events.size() - 3].at_pointer("/part/text") == json::string(text));
    CHECK(events[events.size() - 2].at("item") == item);
    CHECK(text == text_in(whole));
    CHECK(text.find("5,280") != std::string::npos);
}

TEST_CASE("emulator: a whole response has the members of Azure, and repeats what the request sets")
{
    emulator const service;
    raw_client client(service);
    auto const plain = client.post(responses, miles + "}").parsed().as_object();
    for (char const* const name : {"id",
                                   "object",
                                   "created_at",
                                   "status",
                                   "background",
                                   "completed_at",
                                   "content_filters",
                                   "error",
                                   "frequency_penalty",
                                   "incomplete_details",
                                   "instructions",
                                   "model",
                                   "max_output_tokens",
                                   "max_tool_calls",
                                   "output",
                                   "user",
                                   "metadata",
                                   "parallel_tool_calls",
                                   "presence_penalty",
                                   "previous_response_id",
                                   "reasoning",
                                   "store",
                                   "prompt_cache_key",
                                   "safety_identifier",
                                   "service_tier",
                                   "temperature",
                                   "text",
                                   "tool_choice",
                                   "tools",
                                   "prompt_cache_retention",
                                   "top_p",
                                   "top_logprobs",
                                   "truncation",
                                   "usage"}) {
        CAPTURE(name);
        CHECK(plain.contains(name));
    }
    CHECK(plain.at("created_at").is_int64());
    CHECK(plain.at("text").at_pointer("/format/type") == "text");
    CHECK(plain.at("content_filters").at_pointer("/0/content_filter_results/jailbreak/filtered") == false);
    auto const& usage = plain.at("usage");
    CHECK(usage.at("total_tokens").to_number<int>() ==
          usage.at("input_tokens").to_number<int>() + usage.at("output_tokens").to_number<int>());
    CHECK(usage.at_pointer("/output_tokens_details/reasoning_tokens") == 0);

    auto const set = client
                         .post(responses, miles + R"(,"metadata":{"a":"b"},"user":"u","temperature":0.5,"top_p":1,)"
                                                  R"("instructions":"Be brief.","truncation":"auto","store":false})")
                         .parsed();
    CHECK(set.at_pointer("/metadata/a") == "b");
    CHECK(set.at("user") == "u");
    CHECK(set.at("temperature") == 0.5);
    CHECK(set.at("instructions") == "Be brief.");
    CHECK(set.at("truncation") == "auto");
    CHECK(set.at("store") == false);
    CHECK(text_in(set).size() < text_in(plain).size()); // the instructions were followed
    CHECK(!client.post("/v1/responses", miles + "}").has("content_filters"));
}

TEST_CASE("emulator: a response calls functions, whole and streamed, and uses their results")
{
    emulator const service;
    raw_client client(service);
    auto const question = R"("What is the weather in Paris?")";
    auto const whole = client.post(responses, about(question, weather)).parsed();
    auto const call = whole.at_pointer("/output/0");
    CHECK(call.at("type") == "function_call");
    CHECK(call.at("name") == "get_weather");
    CHECK(call.at("arguments") == R"({"city":"Paris"})");
    CHECK(whole.at_pointer("/tools/0/strict") == true);

    auto const events = client.post(responses, about(question, weather + ",\"stream\":true")).events();
    CHECK(types_of(events) ==
          std::vector<std::string>{"response.created", "response.in_progress", "response.output_item.added",
                                   "response.function_call_arguments.delta", "response.function_call_arguments.done",
                                   "response.output_item.done", "response.completed"});
    CHECK(is_numbered_from_0(events));
    CHECK(events[2].at_pointer("/item/arguments") == "");

    std::string const result = R"([{"type":"function_call_output","call_id":")" +
                               std::string(call.at("call_id").as_string()) + R"(","output":"{\"sky\":\"clear\"}"}])";
    auto const previous = R"("previous_response_id":")" + std::string(whole.at("id").as_string()) + '"';
    CHECK(text_in(client.post(responses, about(result, previous)).parsed()).find("sky clear") != std::string::npos);
    auto const reference = R"([{"role":"user","content":"weather"},{"type":"item_reference","id":")" +
                           std::string(call.at("id").as_string()) + "\"}," + result.substr(1);
    CHECK(text_in(client.post(responses, about(reference)).parsed()).find("sky clear") != std::string::npos);

    check_refused(client.post(responses, about(result)), 400, nullptr, "input");
    check_refused(client.post(responses, about("\"Go on.\"", previous)), 400, nullptr, "input");
    CHECK(text_in(client.post(responses, about(question, weather + R"(,"tool_choice":"none")")).parsed()).size() > 10);
    auto const forced = client.post(
        responses, about("\"Hello.\"", weather + R"(,"tool_choice":{"type":"function","name":"get_weather"})"));
    CHECK(forced.parsed().at_pointer("/output/0/type") == "function_call");
}

TEST_CASE("emulator: a response takes text.format, max_output_tokens and a conversation")
{
    emulator const service;
    raw_client client(service);
    std::string const schema = R"("schema":{"type":"object","additionalProperties":false,"required":["feet"],)"
                               R"("properties":{"feet":{"type":"integer"}}})";
    auto const format = [](std::string const& more) {
        return R"("text":{"format":{"type":"json_schema",)" + more + "}}";
    };
    auto const shaped =
        client.post(responses, about("\"feet in a mile\"", format("\"name\":\"n\"," + schema))).parsed();
    CHECK(text_in(shaped) == R"({"feet":5280})");
    CHECK(shaped.at_pointer("/text/format/strict") == true);
    auto const object =
        client.post(responses, about("\"a story as json\"", R"("text":{"format":{"type":"json_object"}})"));
    CHECK(json::parse(text_in(object.parsed())).is_object());
    check_refused(client.post(responses, about("\"a story\"", R"("text":{"format":{"type":"json_object"}})")), 400,
                  "invalid_value", "input");
    check_refused(client.post(responses, about("\"a\"", format(schema))), 400, "missing_required_parameter",
                  "text.format.name");

    auto const cut = client.post(responses, about("\"Tell me a story\"", R"("max_output_tokens":16)")).parsed();
    CHECK(cut.at("status") == "incomplete");
    CHECK(cut.at_pointer("/incomplete_details/reason") == "max_output_tokens");
    CHECK(cut.at_pointer("/usage/output_tokens") == 16);
    CHECK(cut.at_pointer("/output/0/status") == "incomplete");
    auto const events =
        client.post(responses, about("\"Tell me a story\"", R"("max_output_tokens":16,"stream":true)")).events();
    CHECK(events.back().at("type") == "response.incomplete");

    auto const first = client.post(responses, about("\"My name is Ada.\"")).parsed();
    auto const second =
        client.post(responses, about("\"What is my name?\"",
                                     R"("previous_response_id":")" + std::string(first.at("id").as_string()) + '"'));
    CHECK(text_in(second.parsed()).find("Ada") != std::string::npos);
    auto const third = R"([{"role":"user","content":[{"type":"input_text","text":"My name is Eva."}]},)"
                       R"({"type":"reasoning","summary":[]},{"role":"assistant","content":"Hello."},)"
                       R"({"role":"user","content":"What is my name?"}])";
    CHECK(text_in(client.post(responses, about(third)).parsed()).find("Eva") != std::string::npos);

    auto const thought = client.post(responses, R"({"model":"DeepSeek-R1","input":"hello"})").parsed();
    CHECK(thought.at_pointer("/output/0/type") == "reasoning");
    CHECK(thought.at_pointer("/output/1/type") == "message");
    CHECK(thought.at_pointer("/usage/output_tokens_details/reasoning_tokens").to_number<int>() > 5);
}

TEST_CASE("emulator: a response refuses what it cannot do, and ignores none of it")
{
    struct row
    {
        std::string members;
        char const* code;
        char const* param;
    };
    std::vector<row> const rows = {
        {R"("previous_response_id":"resp_1")", "previous_response_not_found", "previous_response_id"},
        {R"("tools":[{"type":"web_search"}])", nullptr, "tools"},
        {R"("tools":[{"type":"function"}])", "missing_required_parameter", "tools[0].name"},
        {R"("tools":[{"type":"function","name":"f","params":{}}])", "unknown_parameter", "tools[0].params"},
        {R"("tool_choice":"required")", "invalid_value", "tool_choice"},
        {R"("tool_choice":"always")", "invalid_value", "tool_choice"},
        {R"("tool_choice":{"type":"web_search"})", "unsupported_value", "tool_choice.type"},
        {R"("max_output_tokens":15)", "invalid_value", "max_output_tokens"},
        {R"("text":{"format":{"type":"xml"}})", "invalid_value", "text.format.type"},
        {R"("text":{"fromat":{}})", "unknown_parameter", "text.fromat"},
        {R"("reasoning":{"effort":"low"})", "unsupported_parameter", "reasoning.effort"},
        {R"("include":["reasoning.encrypted_content"])", "unsupported_value", "include"},
        {R"("include":["everything"])", "invalid_value", "include[0]"},
        {R"("background":true,"store":false)", "invalid_value", "background"},
        {R"("metadata":{"a":1})", "invalid_type", "metadata.a"},
        {R"("prompt":{"id":"p"})", "unsupported_parameter", "prompt"},
        {R"("top_logprobs":2)", "unsupported_parameter", "top_logprobs"},
        {R"("temperature":3)", "invalid_value", "temperature"},
        {R"("truncation":"some")", "invalid_value", "truncation"},
        {R"("stream_options":{})", "invalid_value", "stream_options"},
        {R"("conversation":"conv_1")", "unknown_parameter", "conversation"},
    };
    emulator const service;
    raw_client client(service);
    for (auto const& one : rows) {
        CAPTURE(one.members);
        check_refused(client.post(responses, miles + "," + one.members + "}"), 400, one.code, one.param);
    }
    check_refused(client.post(responses, about("[]")), 400, "invalid_value", "input");
    check_refused(client.post(responses, about(R"([{"type":"computer_call"}])")), 400, "invalid_value",
                  "input[0].type");
    check_refused(client.post(responses, about(R"([{"role":"user","content":[{"type":"input_file"}]}])")), 400,
                  "unsupported_value", "input[0].content[0].type");
    check_refused(client.post(responses, about(R"([{"type":"item_reference","id":"msg_1"}])")), 404, nullptr, "input");

    auto const filtered = client.post(responses, about("\"a jailbreak\""));
    check_refused(filtered, 400, "content_filter", "prompt");
    CHECK(filtered.parsed().at_pointer("/error/content_filters/0/blocked") == true);
    CHECK(filtered.parsed().at_pointer("/error/content_filters/0/source_type") == "prompt");
}

TEST_CASE("emulator: a response is kept, read, streamed again and deleted")
{
    emulator const service;
    raw_client client(service);
    auto const kept = client.post(responses, miles + "}").parsed();
    auto const by_id = responses + "/" + std::string(kept.at("id").as_string());
    CHECK(client.call("GET", by_id, raw_client::key, "").parsed() == kept);
    check_refused(client.call("GET", by_id + "?stream=true", raw_client::key, ""), 400, "invalid_value", "stream");
    CHECK(client.call("DELETE", by_id, raw_client::key, "").parsed().at("object") == "response.deleted");
    auto const gone = client.call("GET", by_id, raw_client::key, "");
    CHECK(gone.status == 404);
    CHECK(gone.has("Response with id '"));
    CHECK(gone.parsed().at_pointer("/error/param").is_null());

    auto const forgotten = client.post(responses, miles + R"(,"store":false})").parsed();
    CHECK(
        client.call("GET", responses + "/" + std::string(forgotten.at("id").as_string()), raw_client::key, "").status ==
        404);

    auto const queued = client.post(responses, miles + R"(,"background":true})").parsed();
    CHECK(queued.at("status") == "queued");
    CHECK(queued.at("output").as_array().empty());
    auto const polled =
        client.call("GET", responses + "/" + std::string(queued.at("id").as_string()), raw_client::key, "").parsed();
    CHECK(polled.at("status") == "completed");
    CHECK(text_in(polled).find("5,280") != std::string::npos);

    auto const streamed = client.post(responses, miles + R"(,"background":true,"stream":true})");
    auto const events = streamed.events();
    CHECK(events[0].at_pointer("/response/status") == "queued");
    CHECK(events[1].at("type") == "response.queued");
    auto const again = responses + "/" + std::string(events[0].at_pointer("/response/id").as_string()) + "?stream=true";
    CHECK(client.call("GET", again, raw_client::key, "").body == streamed.body);
    auto const rest = client.call("GET", again + "&starting_after=2", raw_client::key, "").events();
    CHECK(rest.front() == events[3]);
    CHECK(rest.back() == events.back());
    CHECK(client.call("GET", again + "&starting_after=x", raw_client::key, "").status == 400);

    for (char const* const path : {"/cancel", "/input_items"}) {
        CHECK(client.call("POST", by_id + path, raw_client::key, "").has("Resource not found"));
        CHECK(client.call("GET", by_id + path, raw_client::key, "").has("Resource not found"));
    }
}

} // namespace foundry_test::testing_responses_test
