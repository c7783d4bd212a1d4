// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The items of a session, joined from its events.

#include "support/recordings.hpp"

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/operations/realtime_preview.hpp>
#include <foundry/realtime_accumulator.hpp>

#include <doctest/doctest.h>

namespace foundry_test::realtime_accumulator_test {

using foundry::realtime_accumulator;
using foundry::realtime_event;
using foundry::realtime_item;

realtime_event event_of(std::string const& text)
{
    realtime_event event;
    foundry::json::reader reader;
    REQUIRE(reader.read(event, text));
    event.type = foundry::detail::common_type(event.type);
    return event;
}

/// All that a recorded session has received.
realtime_accumulator recorded(std::string const& name)
{
    realtime_accumulator items;
    json::value const content = json::parse(read_file(FOUNDRY_TEST_DATA "/realtime_recordings/" + name + ".json"));
    for (json::value const& each : content.at("messages").as_array()) {
        if (each.at("direction") != "received")
            continue;
        json::object data = each.at("data").as_object();
        if (data.at("type") == "response.output_audio.delta")
            data["delta"] = "AQACAA=="; // the recorder has cut it anywhere
        (void)items.add(event_of(json::serialize(data)));
    }
    return items;
}

TEST_CASE("realtime items: a text and a function call whose events come in turn are two items")
{
    realtime_accumulator items = recorded("text_tool_overlap_openai");
    std::vector<realtime_item> const done = items.take_done();
    CHECK(items.items().empty());
    REQUIRE(done.size() >= 4);
    CHECK(done[0].role == foundry::chat_role::user);
    std::size_t calls = 0;
    for (realtime_item const& each : done) {
        if (each.type != foundry::item_type::function_call)
            continue;
        ++calls;
        CHECK(each.call.name == "get_weather");
        CHECK(json::parse(each.call.arguments).is_object());
    }
    CHECK(calls == 1);
    CHECK(done.back().text == "It\xe2\x80\x99s foggy and 12 degrees in London.");
}

TEST_CASE("realtime items: what the user said, and the spoken answer with its transcript and samples")
{
    realtime_accumulator const items = recorded("spoken_tool_call_azure");
    bool has_user = false;
    bool has_answer = false;
    for (realtime_item const& each : items.items()) {
        has_user = has_user || (each.role == foundry::chat_role::user && each.text == "Hello, my name is Marcelo.");
        if (each.role == foundry::chat_role::assistant && !each.samples.empty()) {
            has_answer = true;
            CHECK(each.text == "Hello Marcelo, it's great to meet you! How can I help you today?");
        }
    }
    CHECK(has_user);
    CHECK(has_answer);
}

TEST_CASE("realtime items: of every recorded session each item is done, with the text that the service says in the end")
{
    for (char const* const name : {"audio_server_vad_azure", "spoken_tool_call_azure", "test_text_in_audio_out_turn",
                                   "test_tool_call_round", "text_history_azure", "text_tool_overlap_openai"}) {
        CAPTURE(name);
        realtime_accumulator const items = recorded(name);
        CHECK(!items.items().empty());
        for (realtime_item const& each : items.items())
            CHECK(each.is_done);
    }
}

TEST_CASE("realtime items: a deleted item is gone, and audio that is none is an error")
{
    realtime_accumulator items;
    CHECK(items.add(event_of(R"({"type":"response.output_text.delta","item_id":"a","delta":"x"})"))->text == "x");
    CHECK(items.add(event_of(R"({"type":"response.audio.delta","item_id":"b","delta":"AQACAA=="})"))->samples ==
          std::vector<std::int16_t>{1, 2});
    CHECK(items.find("a") != nullptr);
    CHECK(items.add(event_of(R"({"type":"conversation.item.deleted","item_id":"a"})")) == nullptr);
    CHECK(items.find("a") == nullptr);
    CHECK(items.add(event_of(R"({"type":"rate_limits.updated"})")) == nullptr);
    for (char const* const audio : {"AQAC", "????"}) {
        std::string const text =
            R"({"type":"response.output_audio.delta","item_id":"b","delta":")" + std::string(audio) + "\"}";
        CHECK_THROWS_AS(items.add(event_of(text)), foundry::error);
    }
}

} // namespace foundry_test::realtime_accumulator_test
