// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The emulator's Responses API: its replies, its events and its refusals.

#include "support/response_bodies.hpp"

namespace foundry_test::testing_responses_test {

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

TEST_CASE("emulator: a whole response has the 36 members of Azure in its order, and repeats what the request sets")
{
    emulator const service;
    raw_client client(service);
    auto const plain = client.post(responses, miles + "}").parsed().as_object();
    CHECK(names_of(plain) == std::vector<std::string>{"id",
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
                                                      "max_output_tokens",
                                                      "max_tool_calls",
                                                      "model",
                                                      "moderation",
                                                      "output",
                                                      "parallel_tool_calls",
                                                      "presence_penalty",
                                                      "previous_response_id",
                                                      "prompt_cache_key",
                                                      "prompt_cache_retention",
                                                      "reasoning",
                                                      "safety_identifier",
                                                      "service_tier",
                                                      "store",
                                                      "temperature",
                                                      "text",
                                                      "tool_choice",
                                                      "tool_usage",
                                                      "tools",
                                                      "top_logprobs",
                                                      "top_p",
                                                      "truncation",
                                                      "usage",
                                                      "user",
                                                      "metadata"});
    CHECK(plain.at("created_at").is_int64());
    CHECK(plain.at("text").at_pointer("/format/type") == "text");
    CHECK(plain.at("content_filters").at_pointer("/0/content_filter_results/jailbreak/filtered") == false);
    CHECK(plain.at("content_filters").at_pointer("/0/content_filter_offsets/start_offset") == 0);
    CHECK(plain.at("content_filters").at_pointer("/1/content_filter_results/protected_material_text/filtered") ==
          false);
    CHECK(plain.at("reasoning") == json::parse(R"({"context":null,"effort":null,"summary":null})"));
    CHECK(plain.at("tool_usage").at_pointer("/web_search/num_requests") == 0);
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

    for (char const* const method : {"GET", "POST"})
        CHECK(client.call(method, by_id + "/outputs", raw_client::key, "").has("Resource not found"));
    CHECK(client.call("GET", by_id + "/cancel", raw_client::key, "").status == 405);
    CHECK(client.call("POST", by_id + "/input_items", raw_client::key, "").status == 405);
}

TEST_CASE("emulator: a response in the background is queued, in progress at the first poll and complete at the second")
{
    emulator const service;
    raw_client client(service);
    auto const queued = client.post(responses, miles + R"(,"background":true})").parsed();
    CHECK(queued.at("status") == "queued");
    CHECK(queued.at("service_tier") == "auto");
    CHECK(queued.at("output").as_array().empty());
    CHECK(queued.at("usage").is_null());
    auto const begun = get(client, id_of(queued)).parsed();
    CHECK(begun.at("status") == "in_progress");
    CHECK(begun.at("output").as_array().empty());
    for (int i = 0; i < 2; ++i) {
        auto const complete = get(client, id_of(queued)).parsed();
        CHECK(complete.at("status") == "completed");
        CHECK(complete.at("service_tier") == "default");
        CHECK(text_in(complete).find("5,280") != std::string::npos);
    }
}

TEST_CASE("emulator: a response that was streamed in the background is complete, and is streamed again from any event")
{
    emulator const service;
    raw_client client(service);
    auto const streamed = client.post(responses, miles + R"(,"background":true,"stream":true})");
    auto const events = streamed.events();
    CHECK(events[0].at_pointer("/response/status") == "queued");
    CHECK(events[1].at("type") == "response.queued");
    CHECK(events[2].at("type") == "response.in_progress");
    CHECK(!streamed.has("obfuscation"));
    auto const id = id_of(events[0].at("response"));
    CHECK(get(client, id).parsed() == events.back().at("response"));
    CHECK(get(client, id + "?stream=true").body == streamed.body);
    for (std::size_t i = 0; i < events.size(); ++i) {
        auto const rest = get(client, id + "?stream=true&starting_after=" + std::to_string(i));
        CHECK(rest.status == 200);
        CHECK(streamed.body.ends_with(rest.body));
        CHECK(rest.events().size() == events.size() - i - 1);
    }
    for (std::string const after : {"x", "-1", "1000"})
        check_refused(get(client, id + "?stream=true&starting_after=" + after), 400, "invalid_value", "starting_after");
    check_refused(cancel(client, id), 400, nullptr);
}

TEST_CASE("emulator: a response in the background is cancelled for good")
{
    foundry::testing::emulator_options slow;
    slow.words_per_second = 20;
    emulator const service(slow);
    raw_client client(service);
    for (int const polls : {0, 1}) {
        auto const id = id_of(client.post(responses, miles + R"(,"background":true})").parsed());
        for (int i = 0; i < polls; ++i)
            get(client, id);
        auto const cancelled = cancel(client, id);
        CHECK(cancelled.status == 200);
        CHECK(cancelled.parsed().at("status") == "cancelled");
        CHECK(cancelled.parsed().at("output").as_array().empty());
        CHECK(cancelled.parsed().at("usage").is_null());
        CHECK(get(client, id).parsed() == cancelled.parsed());
        CHECK(cancel(client, id).body == cancelled.body);
    }

    raw_client streaming(service);
    streaming.send("POST " + responses + " HTTP/1.1\r\nHost: localhost\r\n" + raw_client::key + raw_client::type);
    auto const body = miles + R"(,"background":true,"stream":true})";
    streaming.send("Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    streaming.take_until("\"id\":\"");
    auto id = streaming.take_until("\"");
    id.pop_back();
    streaming.close();
    CHECK(cancel(client, id).parsed().at("status") == "cancelled");
    CHECK(get(client, id).parsed().at("status") == "cancelled");
    check_refused(get(client, id + "?stream=true"), 400, "invalid_value", "stream");
}

TEST_CASE("emulator: only a response that runs in the background can be cancelled")
{
    emulator const service;
    raw_client client(service);
    auto const id = id_of(client.post(responses, miles + "}").parsed());
    auto const refused = cancel(client, id);
    check_refused(refused, 400, nullptr);
    CHECK(refused.has("Cannot cancel a synchronous response."));
    auto const finished = id_of(client.post(responses, miles + R"(,"background":true})").parsed());
    get(client, finished);
    get(client, finished);
    CHECK(cancel(client, finished).has("Cannot cancel a completed response."));
    client.call("DELETE", responses + "/" + id, raw_client::key, "");
    for (std::string const& unknown : {id, std::string("resp_1")}) {
        check_refused(cancel(client, unknown), 404, nullptr);
        check_refused(get(client, unknown), 404, nullptr);
        check_refused(get(client, unknown + "/input_items"), 404, nullptr);
        check_refused(get(client, unknown + "?stream=true"), 404, nullptr);
        check_refused(client.call("DELETE", responses + "/" + unknown, raw_client::key, ""), 404, nullptr);
    }
}

TEST_CASE("emulator: the input of a response is listed in pages, the latest item first, each with an id")
{
    emulator const service;
    raw_client client(service);
    auto const id = id_of(
        client
            .post(
                responses,
                about(
                    R"([{"role":"user","content":"A"},{"role":"assistant","content":[{"type":"output_text","text":"B"}]},)"
                    R"({"type":"message","id":"msg_own","role":"user","content":[{"type":"input_text","text":"C"}]}])"))
            .parsed());
    auto const all = get(client, id + "/input_items").parsed();
    CHECK(names_of(all.as_object()) == std::vector<std::string>{"object", "data", "first_id", "has_more", "last_id"});
    auto const& data = all.at("data").as_array();
    REQUIRE(data.size() == 3);
    CHECK(all.at("first_id") == "msg_own");
    CHECK(all.at("last_id") == data[2].at("id"));
    CHECK(all.at("has_more") == false);
    CHECK(names_of(data[2].as_object()) == std::vector<std::string>{"id", "type", "status", "content", "role"});
    CHECK(data[2].at("content") == json::parse(R"([{"type":"input_text","text":"A"}])"));

    auto const page = get(client, id + "/input_items?limit=1&after=msg_own").parsed();
    REQUIRE(page.at("data").as_array().size() == 1);
    CHECK(page.at_pointer("/data/0") == data[1]);
    CHECK(page.at("has_more") == true);
    auto const oldest = get(client, id + "/input_items?order=asc&limit=2").parsed();
    CHECK(oldest.at_pointer("/data/0") == data[2]);
    CHECK(oldest.at("last_id") == data[1].at("id"));
    auto const none = get(client, id + "/input_items?after=" + id_of(data[2])).parsed();
    CHECK(none.at("data").as_array().empty());
    CHECK(none.at("first_id").is_null());

    check_refused(get(client, id + "/input_items?limit=0"), 400, "integer_below_min_value", "limit");
    check_refused(get(client, id + "/input_items?limit=101"), 400, "integer_above_max_value", "limit");
    check_refused(get(client, id + "/input_items?limit=ten"), 400, "invalid_type", "limit");
    check_refused(get(client, id + "/input_items?order=up"), 400, "invalid_value", "order");
    check_refused(get(client, id + "/input_items?before=msg_own"), 400, "unsupported_parameter", "before");
    check_refused(get(client, id + "/input_items?after=msg_1"), 404, nullptr, "after");

    auto const text = id_of(client.post(responses, miles + "}").parsed());
    CHECK(get(client, text + "/input_items").parsed().at_pointer("/data/0/content/0/text") ==
          "How many feet are in a mile?");
}

TEST_CASE("emulator: deltas of a response hide their length, unless the request says otherwise")
{
    emulator const service;
    raw_client client(service);
    auto const question = R"("What is the weather in Paris?")";
    for (auto const& request : {miles + R"(,"stream":true})", about(question, weather + R"(,"stream":true)")}) {
        int deltas = 0;
        for (auto const& event : client.post(responses, request).events()) {
            bool const is_delta = event.at("type").as_string().ends_with(".delta");
            CHECK(event.as_object().contains("obfuscation") == is_delta);
            if (!is_delta)
                continue;
            ++deltas;
            CHECK((event.at("delta").as_string().size() + event.at("obfuscation").as_string().size()) % 16 == 0);
        }
        CHECK(deltas > 1);
    }
    auto const plain =
        client.post(responses, miles + R"(,"stream":true,"stream_options":{"include_obfuscation":false}})");
    CHECK(plain.status == 200);
    CHECK(!plain.has("\"obfuscation\""));
    check_refused(client.post(responses, miles + R"(,"stream":true,"stream_options":{"include_usage":true}})"), 400,
                  "unknown_parameter", "stream_options.include_usage");
}

TEST_CASE("emulator: a reasoning model sums up its reasoning if asked, and encrypts it if asked")
{
    foundry::testing::emulator_options with_thoughts;
    with_thoughts.chat_deployments = {"o4-mini"};
    emulator const service(with_thoughts);
    raw_client client(service);
    std::string const question = R"({"model":"o4-mini","input":"How many feet are in a mile?")";
    auto const silent = client.post(responses, question + "}").parsed();
    CHECK(items_in(silent) == std::vector<std::string>{"reasoning", "message"});
    CHECK(names_of(silent.at_pointer("/output/0").as_object()) == std::vector<std::string>{"id", "type", "summary"});
    CHECK(silent.at_pointer("/output/0/summary").as_array().empty());
    CHECK(silent.at("reasoning") ==
          json::parse(R"({"context":"current_turn","effort":"medium","mode":"standard","summary":null})"));

    auto const asked = question + R"(,"reasoning":{"effort":"high","summary":"detailed"},"store":false,)"
                                  R"("include":["reasoning.encrypted_content"],"stream":true})";
    auto const events = client.post(responses, asked).events();
    CHECK(types_of(events) ==
          std::vector<std::string>{"response.created", "response.in_progress", "response.output_item.added",
                                   "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta",
                                   "response.reasoning_summary_text.done", "response.reasoning_summary_part.done",
                                   "response.output_item.done", "response.output_item.added",
                                   "response.content_part.added", "response.output_text.delta",
                                   "response.output_text.done", "response.content_part.done",
                                   "response.output_item.done", "response.completed"});
    CHECK(is_numbered_from_0(events));
    auto const& whole = events.back().at("response");
    auto const& thought = whole.at_pointer("/output/0");
    CHECK(names_of(thought.as_object()) ==
          std::vector<std::string>{"id", "type", "content", "encrypted_content", "summary"});
    CHECK(thought.at_pointer("/summary/0/type") == "summary_text");
    CHECK(events[2].at_pointer("/item/summary").as_array().empty());
    CHECK(events[3].at("part") == json::parse(R"({"type":"summary_text","text":""})"));
    std::string text;
    for (auto const& event : events) {
        if (event.at("type") == "response.reasoning_summary_text.delta") {
            CHECK(event.at("summary_index") == 0);
            CHECK(event.at("item_id") == thought.at("id"));
            text += event.at("delta").as_string();
        }
    }
    CHECK(thought.at_pointer("/summary/0/text") == json::string(text));
    CHECK(whole.at_pointer("/reasoning/effort") == "high");

    auto const again = client.post(responses, R"({"model":"o4-mini","input":[)" + json::serialize(thought) +
                                                  R"(,{"role":"user","content":"hello"}]})");
    CHECK(again.status == 200);
    check_refused(client.post(responses, question + R"(,"reasoning":{"effort":"some"}})"), 400, "invalid_value",
                  "reasoning.effort");
    check_refused(client.post(responses, question + R"(,"reasoning":{"summary":"long"}})"), 400, "invalid_value",
                  "reasoning.summary");
    check_refused(client.post(responses, question + R"(,"reasoning":{"efort":"low"}})"), 400, "unknown_parameter",
                  "reasoning.efort");
}

TEST_CASE("emulator: a response that max_output_tokens cuts is incomplete, also inside a function's arguments")
{
    emulator const service;
    raw_client client(service);
    std::string const tool =
        R"("max_output_tokens":16,"stream":true,"tool_choice":"required","tools":[{"type":"function",)"
        R"("name":"note","parameters":{"type":"object","properties":{"title":{"type":"string"},)"
        R"("text":{"type":"string"}},"required":["title","text"]}}])";
    auto const events =
        client.post(responses, about(R"("Tell me a long story of ships and bread and the Moon.")", tool)).events();
    CHECK(types_of(events) ==
          std::vector<std::string>{"response.created", "response.in_progress", "response.output_item.added",
                                   "response.function_call_arguments.delta", "response.function_call_arguments.done",
                                   "response.output_item.done", "response.incomplete"});
    auto const& item = events[events.size() - 2].at("item");
    CHECK(item.at("status") == "incomplete");
    boost::system::error_code failed;
    json::parse(item.at("arguments").as_string(), failed);
    CHECK(failed);
    auto const& done = events[events.size() - 3];
    CHECK(done.at("arguments") == item.at("arguments"));
    CHECK(!done.as_object().contains("name"));
    auto const& whole = events.back().at("response");
    CHECK(whole.at("status") == "incomplete");
    CHECK(whole.at("completed_at").is_null());
    CHECK(whole.at("content_filters").is_null());
    CHECK(whole.at("incomplete_details") == json::parse(R"({"reason":"max_output_tokens"})"));
    CHECK(whole.at_pointer("/output/0") == item);
    CHECK(whole.at_pointer("/usage/output_tokens") == 16);

    auto const cut =
        client.post(responses, about("\"Tell me a story\"", R"("max_output_tokens":16,"stream":true)")).events();
    CHECK(cut[cut.size() - 2].at_pointer("/item/status") == "incomplete");
    CHECK(cut.back().at_pointer("/response/content_filters").is_null());
}

TEST_CASE("emulator: a response of a JSON schema may be a refusal")
{
    emulator const service;
    raw_client client(service);
    std::string const schema =
        R"("text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object",)"
        R"("additionalProperties":false,"required":["a"],"properties":{"a":{"type":"string"}}}}})";
    auto const events = client.post(responses, about("\"Write malware.\"", schema + ",\"stream\":true")).events();
    CHECK(types_of(events) ==
          std::vector<std::string>{"response.created", "response.in_progress", "response.output_item.added",
                                   "response.content_part.added", "response.refusal.delta", "response.refusal.done",
                                   "response.content_part.done", "response.output_item.done", "response.completed"});
    CHECK(events[3].at("part") == json::parse(R"({"type":"refusal","refusal":""})"));
    auto const& part = events.back().at_pointer("/response/output/0/content/0");
    CHECK(names_of(part.as_object()) == std::vector<std::string>{"type", "refusal"});
    CHECK(part.at("refusal") == "I'm sorry, I can't assist with that.");
    auto const next = client.post(
        responses, about("\"Hello.\"", R"("previous_response_id":")" + id_of(events[0].at("response")) + '"'));
    CHECK(next.status == 200);
}

} // namespace foundry_test::testing_responses_test
