// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The clients' events of recorded realtime sessions, sent to the emulator: its events have the order and the members of the service's.

#include "support/fixture.hpp"
#include "support/raw_client.hpp"
#include "support/recordings.hpp"
#include "support/websocket_client.hpp"

#include <foundry/detail/base/base64.hpp>
#include <foundry/testing/realtime.hpp>

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace foundry_test::realtime_recordings_test {

using foundry::testing::emulator;

std::string const azure = "/openai/v1/realtime?model=gpt-realtime";

json::value recorded(std::string const& name)
{
    return json::parse(read_file(FOUNDRY_TEST_DATA "/realtime_recordings/" + name + ".json"));
}

std::string type_of(json::value const& event) { return text_of(event.at("type")); }

/// Deltas and transcriptions of the user's speech come at different times.
bool has_fixed_place(std::string const& type)
{
    return !type.ends_with("delta") && type.find("input_audio_transcription") == std::string::npos &&
           type != "conversation.created" && type != "rate_limits.updated";
}

std::vector<std::string> order_of(std::vector<json::value> const& events)
{
    std::vector<std::string> types;
    for (auto const& event : events) {
        if (has_fixed_place(type_of(event)))
            types.push_back(type_of(event));
    }
    return types;
}

/// The names of all members, with those of the objects that contain them. Of an array, those of its first element.
void add_names(std::set<std::string>& names, std::string const& path, json::value const& value)
{
    if (auto const* const array = value.if_array()) {
        if (!array->empty())
            add_names(names, path + "[]", array->front());
        return;
    }
    auto const* const object = value.if_object();
    if (!object || path.ends_with(".parameters"))
        return;
    for (auto const& [name, member] : *object) {
        auto const at = path + "." + std::string(name);
        names.insert(at);
        add_names(names, at, member);
    }
}

/// The names in all events of each type together.
std::map<std::string, std::set<std::string>> names_of(std::vector<json::value> const& events)
{
    std::map<std::string, std::set<std::string>> names;
    for (auto const& event : events)
        add_names(names[type_of(event)], "", event);
    return names;
}

json::object append(std::string const& audio)
{
    json::object event;
    event["type"] = "input_audio_buffer.append";
    event["audio"] = foundry::detail::to_base64(audio);
    return event;
}

/// Sends the client's events of a recording, and reads until as many responses have ended as in it.
class replay
{
public:
    replay(json::value const& recording, websocket_client& client) : client_(client)
    {
        std::size_t responses = 0;
        for (auto const& message : recording.at("messages").as_array()) {
            auto const& data = message.at("data");
            if (message.at("direction") == "received") {
                theirs.push_back(data);
                responses += type_of(data) == "response.done";
                spoken_ = type_of(data).ends_with("transcription.completed") ? text_of(data.at("transcript")) : spoken_;
            }
        }
        for (auto const& message : recording.at("messages").as_array()) {
            if (message.at("direction") == "sent")
                send(message.at("data").as_object());
        }
        while (ended_ < responses)
            read();
    }

    std::vector<json::value> theirs;
    std::vector<json::value> ours;

private:
    void read()
    {
        ours.push_back(client_.next());
        auto const& event = ours.back();
        ended_ += type_of(event) == "response.done";
        if (type_of(event) == "response.output_item.done" && event.at("item").as_object().contains("call_id"))
            call_id_ = event.at("item").at("call_id");
    }

    void send(json::object event)
    {
        if (event.at("type") == "input_audio_buffer.append") { // the recorded audio is not whole
            if (!spoke_)
                speak();
            return;
        }
        if (event.contains("item") && event.at("item").as_object().contains("call_id")) {
            while (ended_ == 0)
                read();
            event["item"].as_object()["call_id"] = call_id_;
        }
        client_.send(event);
    }

    void speak()
    {
        spoke_ = true;
        std::string const silence(48 * 500, '\0');
        client_.send(append(silence));
        client_.send(append(foundry::testing::to_pcm16(foundry::testing::to_tones(spoken_))));
        client_.send(append(silence));
    }

    websocket_client& client_;
    std::string spoken_ = "Hello, my name is Marcelo.";
    json::value call_id_;
    std::size_t ended_ = 0;
    bool spoke_ = false;
};

/// A recording, and the emulator that answers as that service did.
struct session
{
    std::string name;
    std::string target;
    std::string transcription; ///< The deployment for it.
    bool message_with_calls;
};

TEST_CASE("realtime: the events of recorded sessions have the order and the members of the service's")
{
    std::vector<session> const sessions = {
        {"text_history_azure", azure, "", false},
        {"test_tool_call_round", azure, "", false},
        {"test_text_in_audio_out_turn", azure, "", false},
        {"audio_server_vad_azure", azure, "gpt-realtime-whisper", false},
        {"spoken_tool_call_azure", azure, "gpt-4o-transcribe", false},
        {"transcription_failed_azure", azure, "", false},
        {"text_tool_overlap_openai", "/v1/realtime?model=gpt-realtime", "", true},
    };
    for (auto const& [name, target, transcription, message_with_calls] : sessions) {
        CAPTURE(name);
        foundry::testing::realtime_options how;
        how.message_with_calls = message_with_calls;
        auto options = unchecked();
        options.realtime = foundry::testing::realtime(how);
        options.transcription_deployments.push_back(transcription);
        emulator service(options);
        websocket_client client(service, websocket_request(target));
        replay const both(recorded(name), client);
        CHECK(order_of(both.ours) == order_of(both.theirs));
        auto const ours = names_of(both.ours);
        for (auto const& [type, names] : names_of(both.theirs)) {
            CAPTURE(type);
            if (type == "rate_limits.updated" && !ours.count(type))
                continue; // it is still to come
            REQUIRE(ours.count(type) == 1);
            CHECK(ours.at(type) == names);
        }
    }
}

TEST_CASE("realtime: the preview's events have the order and the names of a recorded session of Voice Live")
{
    auto options = unchecked();
    options.realtime = foundry::testing::realtime();
    emulator service(options);
    websocket_client client(
        service,
        websocket_request("/openai/realtime?api-version=2025-04-01-preview&deployment=gpt-4o-realtime-preview"));
    replay const both(recorded("voice_live_text_preview_names"), client);
    CHECK(order_of(both.ours) == order_of(both.theirs));
    auto const ours = names_of(both.ours);
    for (auto const& [type, names] : names_of(both.theirs)) {
        CAPTURE(type);
        if (type.starts_with("session.")) // Voice Live has more settings
            continue;
        REQUIRE(ours.count(type) == 1);
        for (auto const& name : names) {
            CAPTURE(name);
            CHECK((ours.at(type).count(name) == 1 || name.ends_with(".reasoning_tokens") ||
                   name.find(".voice.") != name.npos));
        }
    }
}

TEST_CASE("realtime: a client secret has the members of a recorded one")
{
    auto options = unchecked();
    options.realtime = foundry::testing::realtime();
    emulator service(options);
    raw_client client(service);
    auto const recording = recorded("client_secret_azure_v1").at("exchanges").at(0);
    auto const made = client.call("POST", "/openai/v1/realtime/client_secrets", raw_client::key + raw_client::type,
                                  text_of(recording.at("request").at("body")));
    REQUIRE(made.status == 200);
    std::set<std::string> theirs;
    std::set<std::string> ours;
    add_names(theirs, "", json::parse(text_of(recording.at("response").at("body"))));
    add_names(ours, "", made.parsed());
    CHECK(ours == theirs);
}

} // namespace foundry_test::realtime_recordings_test
