// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Events of a response that are joined; emulator/responses_test has the recorded ones.

#include <foundry/detail/json/reader.hpp>
#include <foundry/response_accumulator.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace foundry_test::response_accumulator_test {

foundry::response joined(std::vector<std::string> const& events)
{
    foundry::response_accumulator all;
    for (std::string const& text : events) {
        foundry::response_event event;
        REQUIRE(foundry::json::reader{}.read(event, text));
        all.add(event);
    }
    return all.take();
}

TEST_CASE("response accumulator: pieces without an announced item make one")
{
    foundry::response const reply = joined({
        R"({"type":"response.output_text.delta","delta":"Hel"})",
        R"({"type":"response.output_text.delta","delta":"lo"})",
    });
    CHECK(reply.text() == "Hello");
}

TEST_CASE("response accumulator: an event without an index goes to the item with its id, else to the last one")
{
    foundry::response const reply = joined({
        R"({"type":"response.output_item.added","output_index":0,"item":{"id":"a","type":"message","role":"assistant","content":[]}})",
        R"({"type":"response.output_item.added","output_index":1,"item":{"id":"b","type":"function_call","call_id":"c","name":"f","arguments":""}})",
        R"({"type":"response.output_text.delta","item_id":"a","delta":"Hello"})",
        R"({"type":"response.function_call_arguments.delta","delta":"{}"})",
    });
    CHECK(reply.text() == "Hello");
    REQUIRE(reply.tool_calls().size() == 1);
    CHECK(reply.tool_calls().front().arguments == "{}");
}

TEST_CASE("response accumulator: the whole text replaces pieces that came twice or not at all")
{
    foundry::response const reply = joined({
        R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hel"})",
        R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hel"})",
        R"({"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hello"})",
        R"({"type":"response.refusal.done","output_index":1,"content_index":1,"refusal":"No"})",
        R"({"type":"response.custom_tool_call_input.done","output_index":2,"item_id":"x","input":"raw"})",
    });
    CHECK(reply.text() == "Hello");
    CHECK(reply.refusal() == "No");
    CHECK(reply.output.at(2).raw().find(R"("input":"raw")") != std::string::npos);
}

TEST_CASE("response accumulator: the last event has the whole response, even if pieces say otherwise")
{
    foundry::response const reply = joined({
        R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"wrong"})",
        R"({"type":"response.completed","response":{"id":"r","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"right"}]}]}})",
    });
    CHECK(reply.text() == "right");
    CHECK(reply.id == "r");
}

TEST_CASE("response accumulator: a last event without output keeps what was joined")
{
    foundry::response const reply = joined({
        R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"kept"})",
        R"({"type":"response.completed","response":{"id":"r","status":"completed","output":[]}})",
    });
    CHECK(reply.text() == "kept");
    CHECK(reply.status == foundry::response_status::completed);
}

TEST_CASE("response accumulator: places beyond any response, and shapes that do not fit, are ignored")
{
    foundry::response const reply = joined({
        R"({"type":"response.output_text.delta","output_index":99999999999,"delta":"a"})",
        R"({"type":"response.output_text.delta","output_index":-1,"delta":"a"})",
        R"({"type":"response.output_text.delta","output_index":0,"content_index":5000000,"delta":"a"})",
        R"({"type":"response.output_item.added","output_index":1,"item":{"type":"message","content":"text"}})",
        R"({"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"b"})",
        R"({"type":"response.something.new","output_index":7,"delta":"c"})",
        R"({"type":"response.output_text.annotation.added","output_index":1,"content_index":0,"annotation":{"type":"url_citation"}})",
    });
    CHECK(reply.text() == "b");
    CHECK(reply.output.size() == 2);
}

TEST_CASE("response accumulator: items without an index are told apart by their own ids")
{
    foundry::response const reply = joined({
        R"({"type":"response.output_item.done","item":{"id":"a","type":"message","role":"assistant","content":[{"type":"output_text","text":"one"}]}})",
        R"({"type":"response.output_item.done","item":{"id":"b","type":"message","role":"assistant","content":[{"type":"output_text","text":"two"}]}})",
    });
    CHECK(reply.text() == "onetwo");
}

TEST_CASE("response accumulator: an output that is there already is gone on with, and a skipped place is no item")
{
    foundry::response const reply = joined({
        R"({"type":"response.in_progress","response":{"id":"r","output":[{"id":"a","type":"message","role":"assistant","content":[{"type":"output_text","text":"zero"}]}]}})",
        R"({"type":"response.output_text.delta","output_index":2,"content_index":0,"delta":"two"})",
    });
    CHECK(reply.text() == "zerotwo");
    CHECK(reply.output.size() == 2);
}

TEST_CASE("response accumulator: a list does not grow to a place that is far away")
{
    foundry::response const reply = joined({
        R"({"type":"response.output_text.delta","output_index":0,"content_index":4095,"delta":"far"})",
        R"({"type":"response.output_text.delta","output_index":4095,"content_index":0,"delta":"far"})",
    });
    CHECK(reply.text().empty());
    CHECK(reply.output.size() <= 1);
}

} // namespace foundry_test::response_accumulator_test
