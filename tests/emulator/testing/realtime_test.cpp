// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The emulator's realtime sessions, with the WebSocket of Boost.Beast as their client.

#include "support/fixture.hpp"
#include "support/raw_client.hpp"
#include "support/websocket_client.hpp"

#include <foundry/detail/base/base64.hpp>
#include <foundry/testing/realtime.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace foundry_test::realtime_test {

using namespace std::chrono_literals;
using foundry::testing::answer;
using foundry::testing::emulator;
using foundry::testing::emulator_options;
using foundry::testing::from_pcm16;
using foundry::testing::from_tones;
using foundry::testing::realtime;
using foundry::testing::realtime_options;
using foundry::testing::to_pcm16;
using foundry::testing::to_tones;

std::string const azure = "/openai/v1/realtime?model=gpt-realtime";
std::string const compatible = "/v1/realtime?model=gpt-realtime";
std::string const preview = "/openai/realtime?api-version=2025-04-01-preview&deployment=gpt-4o-realtime-preview";
std::string const silence(48 * 400, '\0');

/// An emulator with realtime sessions.
class service
{
public:
    explicit service(realtime_options how = {}) : sessions(std::move(how)), server(options()) {}

    emulator_options options()
    {
        auto made = unchecked();
        made.realtime = sessions;
        made.transcription_deployments.push_back("gpt-4o-transcribe");
        return made;
    }

    realtime sessions;
    emulator server;
};

std::string type_of(json::object const& event) { return std::string(event.at("type").as_string()); }

std::vector<std::string> types_of(std::vector<json::object> const& events)
{
    std::vector<std::string> types;
    for (auto const& event : events) {
        if (types.empty() || types.back() != type_of(event) || !types.back().ends_with("delta"))
            types.push_back(type_of(event));
    }
    return types;
}

/// The deltas of a type, together.
std::string joined(std::vector<json::object> const& events, std::string const& type)
{
    std::string made;
    for (auto const& event : events) {
        if (type_of(event) == type)
            made += event.at("delta").as_string();
    }
    return made;
}

std::string audio_of(std::vector<json::object> const& events, std::string const& type)
{
    std::string made;
    for (auto const& event : events) {
        if (type_of(event) == type)
            made += *foundry::detail::from_base64(std::string(event.at("delta").as_string()));
    }
    return made;
}

json::value parsed(std::string const& text) { return json::parse(text); }

json::object append(std::string const& audio)
{
    json::object made;
    made["type"] = "input_audio_buffer.append";
    made["audio"] = foundry::detail::to_base64(audio);
    return made;
}

std::string speech(std::string const& text) { return to_pcm16(to_tones(text)); }

void say(websocket_client& client, std::string const& text)
{
    client.send(append(silence));
    client.send(append(speech(text)));
    client.send(append(silence));
}

void ask(websocket_client& client, std::string const& question)
{
    json::object part;
    part["type"] = "input_text";
    part["text"] = question;
    json::object item;
    item["type"] = "message";
    item["role"] = "user";
    item["content"] = json::array(1, part);
    json::object event;
    event["type"] = "conversation.item.create";
    event["item"] = item;
    client.send(event);
}

json::object error_of(websocket_client& client, std::string const& event)
{
    client.send(event);
    return client.next("error").at("error").as_object();
}

constexpr char const* written =
    R"({"type":"session.update","session":{"type":"realtime","output_modalities":["text"]}})";
constexpr char const* respond = R"({"type":"response.create"})";

TEST_CASE("tones: a text comes back from its samples, wherever it begins and whatever its bytes are")
{
    std::string every;
    for (int byte = 0; byte < 256; ++byte)
        every += static_cast<char>(byte);
    auto samples = to_tones(every);
    CHECK(samples.size() == 256 * foundry::testing::samples_per_tone);
    CHECK(from_tones(samples) == every);
    samples.insert(samples.begin(), 77, 0);
    samples.resize(samples.size() + 100);
    CHECK(from_tones(samples) == every);
    CHECK(from_tones(std::span(samples).subspan(77 + 100)) == every.substr(1));
    CHECK(from_tones(std::span(samples).first(77 + 240 * 3 + 239)) == every.substr(0, 3));
    CHECK(from_pcm16(to_pcm16(samples)) == samples);
    CHECK(from_tones(std::vector<std::int16_t>(1000, 12000)).empty());
}

TEST_CASE("realtime: without sessions in the options the addresses answer 404")
{
    emulator plain(unchecked());
    for (auto const& target : {azure, compatible, preview})
        CHECK(refusal_of(plain, websocket_request(target)).first == 404);
}

TEST_CASE("realtime: a session begins with its configuration, in the shape of its form")
{
    service of;
    for (bool const tls : {false, true}) {
        websocket_request asked(azure);
        asked.tls = tls;
        websocket_client client(of.server, asked);
        auto const created = client.next();
        CHECK(type_of(created) == "session.created");
        auto const& session = created.at("session").as_object();
        CHECK(session.at("type") == "realtime");
        CHECK(session.at("model") == "gpt-realtime");
        CHECK(session.at("output_modalities") == parsed(R"(["audio"])"));
        CHECK(session.at("audio").at("input").at("turn_detection").at("silence_duration_ms") == 200);
        CHECK(session.at("expires_at").as_int64() > 1700000000);
        CHECK(client.header("apim-request-id").size() == 36);
        client.close(1000, "done");
        REQUIRE(of.sessions.wait_for_open_at_most(0, 5s));
        CHECK(of.sessions.sessions().back().close_code == 1000);
        CHECK(of.sessions.sessions().back().close_reason == "done");
    }
    websocket_client other(of.server, websocket_request(compatible));
    CHECK(other.next().at("session").at("audio").at("input").at("turn_detection").at("silence_duration_ms") == 500);
    websocket_client old(of.server, websocket_request(preview));
    auto const flat = old.next().at("session").as_object();
    CHECK(flat.at("input_audio_format") == "pcm16");
    CHECK(flat.at("modalities") == parsed(R"(["audio","text"])"));
    CHECK(type_of(old.next()) == "conversation.created");
    auto const journal = of.server.journal();
    REQUIRE(journal.size() == 4);
    CHECK(journal[0].target == azure);
    CHECK(journal[1].tls);
}

TEST_CASE("realtime: a request that cannot open a session gets the response of its form")
{
    service of;
    auto const status = [&](std::string const& target, std::string const& key) {
        websocket_request asked(target);
        asked.headers[0].second = key;
        return refusal_of(of.server, asked).first;
    };
    CHECK(status(azure, "wrong") == 401);
    CHECK(status(azure + "&api-version=2024-10-21", "emulator-key") == 401);
    CHECK(status("/openai/v1/realtime?model=other", "emulator-key") == 404);
    CHECK(status("/openai/v1/realtime", "emulator-key") == 400);
    CHECK(status("/openai/realtime?api-version=2025-04-01-preview&deployment=other", "emulator-key") == 404);
    CHECK(status("/openai/realtime?api-version=2000-01-01&deployment=gpt-realtime", "emulator-key") == 404);
    CHECK(status("/v1/realtime?model=other", "emulator-key") == 404);
    websocket_request beta(azure);
    beta.headers.emplace_back("OpenAI-Beta", "realtime=v1");
    CHECK(refusal_of(of.server, beta).first == 400);
    raw_client plain(of.server);
    CHECK(plain.call("GET", azure, raw_client::key, "").status == 426);
}

TEST_CASE("realtime: the key may be in the URL, in a subprotocol or a token")
{
    service of;
    websocket_request url(azure + "&api-key=emulator-key");
    url.headers.clear();
    CHECK(type_of(websocket_client(of.server, url).next()) == "session.created");
    websocket_request browser(azure);
    browser.headers[0] = {"Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.emulator-key"};
    websocket_client client(of.server, browser);
    CHECK(type_of(client.next()) == "session.created");
    CHECK(client.header("Sec-WebSocket-Protocol") == "realtime");
    websocket_request token(azure);
    token.headers[0] = {"Authorization", "Bearer emulator-token"};
    CHECK(type_of(websocket_client(of.server, token).next()) == "session.created");
}

TEST_CASE("realtime: with accept_wrong_key the session says that the key is wrong, and closes with 3000")
{
    realtime_options how;
    how.accept_wrong_key = true;
    service of(how);
    websocket_request asked(azure);
    asked.headers[0].second = "wrong";
    websocket_client client(of.server, asked);
    auto const error = client.next();
    CHECK(type_of(error) == "error");
    CHECK(error.at("error").at("code") == "invalid_api_key");
    CHECK(client.read_to_end());
    CHECK(client.close_code() == 3000);
    CHECK(client.close_reason() == "invalid_request_error.invalid_api_key");
}

TEST_CASE("realtime: a client secret opens a session with its configuration, in every way of giving it")
{
    service of;
    raw_client http(of.server);
    auto const made = http.call("POST", "/openai/v1/realtime/client_secrets", raw_client::key + raw_client::type,
                                R"({"session":{"type":"realtime","model":"gpt-realtime","instructions":"Be brief."}})");
    REQUIRE(made.status == 200);
    auto const secret = std::string(made.parsed().at("value").as_string());
    CHECK(secret.starts_with("ek_"));
    CHECK(made.parsed().at("session").at("expires_at") == 0);
    CHECK(made.parsed().at("session").at("instructions") == "Be brief.");
    for (auto const& header : {std::string("api-key"), std::string("Authorization")}) {
        websocket_request asked("/openai/v1/realtime");
        asked.headers[0] = {header, header == "api-key" ? secret : "Bearer " + secret};
        websocket_client client(of.server, asked);
        CHECK(client.next().at("session").at("instructions") == "Be brief.");
    }
    auto const refuse = [&](std::string const& body) {
        return http.call("POST", "/openai/v1/realtime/client_secrets", raw_client::key + raw_client::type, body).status;
    };
    CHECK(refuse(R"({"session":{"type":"realtime","model":"gpt-realtime"},"expires_after":{"seconds":5}})") == 400);
    CHECK(refuse(R"({"session":{"type":"realtime","model":"other"}})") == 404);
    CHECK(refuse(R"({"session":{"type":"realtime","model":"gpt-realtime","odd":1}})") == 400);
}

TEST_CASE("realtime: a text gets a written answer, with the events in their order")
{
    service of;
    websocket_client client(of.server, websocket_request(azure));
    client.send(std::string(written));
    ask(client, "How many feet are in a mile?");
    client.send(std::string(respond));
    auto const events = client.until("response.done");
    CHECK(types_of(events) ==
          std::vector<std::string>{
              "session.created", "session.updated", "conversation.item.added", "conversation.item.done",
              "response.created", "response.output_item.added", "conversation.item.added",
              "response.content_part.added", "response.output_text.delta", "response.output_text.done",
              "response.content_part.done", "conversation.item.done", "response.output_item.done", "response.done"});
    auto const text = joined(events, "response.output_text.delta");
    CHECK(text.find("5,280") != std::string::npos);
    auto const& response = events.back().at("response").as_object();
    CHECK(response.at("status") == "completed");
    CHECK(response.at("output").at(0).at("content").at(0).at("type") == "output_text");
    CHECK(response.at("output").at(0).at("content").at(0).at("text").as_string() == text);
    CHECK(events[7].at("part").at("type") == "text");
    CHECK(events[7].contains("content"));
    CHECK(events[8].at("delta").as_string().size() + events[8].at("obfuscation").as_string().size() == 16);
    auto const& usage = response.at("usage").as_object();
    CHECK(usage.at("total_tokens").as_int64() ==
          usage.at("input_tokens").as_int64() + usage.at("output_tokens").as_int64());
}

TEST_CASE("realtime: the preview has its own names, and a compatible server its limits")
{
    service of;
    websocket_client old(of.server, websocket_request(preview));
    old.send(std::string(R"({"type":"session.update","session":{"modalities":["text"]}})"));
    ask(old, "How many feet are in a mile?");
    old.send(std::string(respond));
    auto const events = old.until("response.done");
    CHECK(types_of(events) == std::vector<std::string>{"session.created", "conversation.created", "session.updated",
                                                       "conversation.item.created", "response.created",
                                                       "response.output_item.added", "conversation.item.created",
                                                       "response.content_part.added", "response.text.delta",
                                                       "response.text.done", "response.content_part.done",
                                                       "response.output_item.done", "response.done"});
    CHECK(events.back().at("response").at("output").at(0).at("content").at(0).at("type") == "text");
    CHECK(events.back().at("response").at("output").at(0).at("object") == "realtime.item");
    websocket_client other(of.server, websocket_request(compatible));
    other.send(std::string(written));
    ask(other, "How many feet are in a mile?");
    other.send(std::string(respond));
    auto const limits = other.until("rate_limits.updated");
    CHECK(type_of(limits[limits.size() - 2]) == "response.done");
    CHECK(limits[limits.size() - 2].at("response").at("output").at(0).at("phase") == "final_answer");
    CHECK_FALSE(limits[7].contains("content"));
}

TEST_CASE("realtime: speech is detected, transcribed and answered in tones that say the transcript")
{
    service of;
    websocket_client client(of.server, websocket_request(azure));
    client.send(
        std::string(R"({"type":"session.update","session":{"type":"realtime","audio":{"input":{"transcription":)"
                    R"({"model":"gpt-4o-transcribe"}}}}})"));
    say(client, "How many feet are in a mile?");
    auto const events = client.until("response.done");
    auto const types = types_of(events);
    CHECK(std::vector<std::string>(types.begin(), types.begin() + 13) ==
          std::vector<std::string>{
              "session.created", "session.updated", "input_audio_buffer.speech_started",
              "input_audio_buffer.speech_stopped", "input_audio_buffer.committed", "conversation.item.added",
              "conversation.item.done", "response.created", "conversation.item.input_audio_transcription.delta",
              "conversation.item.input_audio_transcription.completed", "response.output_item.added",
              "conversation.item.added", "response.content_part.added"});
    CHECK(std::vector<std::string>(types.end() - 6, types.end()) ==
          std::vector<std::string>{"response.output_audio.done", "response.output_audio_transcript.done",
                                   "response.content_part.done", "conversation.item.done", "response.output_item.done",
                                   "response.done"});
    for (auto const& event : events) {
        if (type_of(event) == "input_audio_buffer.speech_started")
            CHECK(event.at("audio_start_ms") == 384 - 300); // 400 ms of silence: the frame at 384 ms has speech
        if (type_of(event) == "input_audio_buffer.speech_stopped")
            CHECK(event.at("audio_end_ms") ==
                  928); // the speech ends at 680 ms, so the first silent frame begins at 704 ms
        if (type_of(event) == "conversation.item.input_audio_transcription.completed")
            CHECK(event.at("transcript") == "How many feet are in a mile?");
    }
    auto const transcript = joined(events, "response.output_audio_transcript.delta");
    CHECK(transcript.find("5,280") != std::string::npos);
    CHECK(from_tones(from_pcm16(audio_of(events, "response.output_audio.delta"))) == transcript);
}

TEST_CASE("realtime: push-to-talk, with what the emulator hears in other audio")
{
    service of;
    websocket_client client(of.server, websocket_request(azure));
    client.send(std::string(R"({"type":"session.update","session":{"type":"realtime","output_modalities":["text"],)"
                            R"("audio":{"input":{"turn_detection":null,"transcription":{"model":"whisper-1"}}}}})"));
    auto const empty = error_of(client, R"({"type":"input_audio_buffer.commit","event_id":"mine"})");
    CHECK(empty.at("code") == "input_audio_buffer_commit_empty");
    CHECK(empty.at("event_id") == "mine");
    CHECK(empty.at("message").as_string().ends_with("buffer only has 0.00ms of audio."));
    client.send(append(std::string(48 * 800, 'x')));
    client.send(std::string(R"({"type":"input_audio_buffer.commit"})"));
    auto const heard = client.next("conversation.item.input_audio_transcription.completed");
    CHECK(heard.at("transcript") == "0.8 s of audio");
    CHECK(heard.at("usage") == parsed(R"({"type":"duration","seconds":1})"));
    client.send(append(speech("lost")));
    client.send(std::string(R"({"type":"input_audio_buffer.clear"})"));
    CHECK(type_of(client.next()) == "input_audio_buffer.cleared");
    client.send(append(speech("Where do songs come from?")));
    client.send(std::string(R"({"type":"input_audio_buffer.commit"})"));
    CHECK(client.next("conversation.item.input_audio_transcription.completed").at("transcript") ==
          "Where do songs come from?");
    client.send(std::string(respond));
    CHECK(client.next("response.done").at("response").at("status") == "completed");
    raw_client http(of.server);
    auto const spoken = http.call("POST", "/v1/audio/speech", raw_client::type,
                                  R"({"model":"tts-1","input":"Hi there","voice":"alloy","response_format":"pcm"})");
    client.send(append(spoken.body));
    client.send(std::string(R"({"type":"input_audio_buffer.commit"})"));
    CHECK(client.next("conversation.item.input_audio_transcription.completed").at("transcript") == "Hi there");
}

TEST_CASE("realtime: the transcription fails if its model is not deployed, and the session goes on")
{
    service of;
    websocket_client client(of.server, websocket_request(azure));
    client.send(
        std::string(R"({"type":"session.update","session":{"type":"realtime","audio":{"input":{"transcription":)"
                    R"({"model":"gpt-realtime-whisper"}}}}})"));
    say(client, "How many feet are in a mile?");
    auto const failed = client.next("conversation.item.input_audio_transcription.failed");
    CHECK(failed.at("error").at("code") == "DeploymentNotFound");
    CHECK(client.next("response.done").at("response").at("status") == "completed");
}

TEST_CASE("realtime: with late_transcription the transcription comes after the answer")
{
    realtime_options how;
    how.late_transcription = true;
    service of(how);
    websocket_client client(of.server, websocket_request(azure));
    client.send(
        std::string(R"({"type":"session.update","session":{"type":"realtime","audio":{"input":{"transcription":)"
                    R"({"model":"whisper-1"}}}}})"));
    say(client, "Hello");
    auto const types = types_of(client.until("conversation.item.input_audio_transcription.completed"));
    CHECK(std::find(types.begin(), types.end(), "response.done") != types.end());
}

TEST_CASE("realtime: a transcription session transcribes and does not answer")
{
    service of;
    websocket_client client(of.server, websocket_request("/openai/v1/realtime?intent=transcription"));
    CHECK(client.next().at("session").at("type") == "transcription");
    CHECK(error_of(client, R"({"type":"session.update","session":{"type":"realtime"}})").at("param") == "session.type");
    client.send(std::string(R"({"type":"session.update","session":{"type":"transcription","audio":{"input":)"
                            R"({"transcription":{"model":"whisper-1","language":"en"}}}}})"));
    say(client, "Hello world");
    CHECK(client.next("conversation.item.input_audio_transcription.completed").at("transcript") == "Hello world");
    CHECK(error_of(client, respond).at("type") == "invalid_request_error");
}

TEST_CASE("realtime: speech interrupts an answer in real time")
{
    realtime_options how;
    how.speed = 1;
    service of(how);
    websocket_client client(of.server, websocket_request(azure));
    of.sessions.queue(answer::chat(std::string(400, 'a')));
    client.send(std::string(respond));
    client.next("response.output_audio.delta");
    say(client, "Stop");
    auto const events = client.until("response.done");
    auto const& response = events.back().at("response").as_object();
    CHECK(response.at("status") == "cancelled");
    CHECK(response.at("status_details") == parsed(R"({"type":"cancelled","reason":"turn_detected"})"));
    CHECK(response.at("output").at(0).at("status") == "incomplete");
    client.next("response.created"); // the answer to the interruption
}

TEST_CASE("realtime: turn detection does what its members say")
{
    service of;
    websocket_client client(of.server, websocket_request(azure));
    client.send(
        std::string(R"({"type":"session.update","session":{"type":"realtime","audio":{"input":{"turn_detection":)"
                    R"({"type":"server_vad","threshold":0.9,"prefix_padding_ms":0,"silence_duration_ms":64,)"
                    R"("create_response":false,"interrupt_response":false}}}}})"));
    of.sessions.queue(answer::chat("It goes on.").hang());
    client.send(std::string(respond));
    client.next("response.output_audio.delta");
    say(client, "Stop");
    auto const events = client.until("conversation.item.done");
    CHECK(types_of(events) == std::vector<std::string>{
                                  "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped",
                                  "input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"});
    CHECK(events[0].at("audio_start_ms") == 384);
    CHECK(events[1].at("audio_end_ms") == 512); // the speech ends at 440 ms
    CHECK(client.is_silent(50ms));
    CHECK(error_of(client, respond).at("code") == "conversation_already_has_active_response");
    client.send(
        std::string(R"({"type":"session.update","session":{"type":"realtime","audio":{"input":{"turn_detection":)"
                    R"({"type":"server_vad","threshold":1,"interrupt_response":true}}}}})"));
    client.next("session.updated");
    std::vector<std::int16_t> const quiet(24000, 3000); // below a tenth of the full level
    client.send(append(to_pcm16(quiet)));
    CHECK(client.is_silent(50ms));
    say(client, "Stop");
    CHECK(client.next("response.done").at("response").at("status_details").at("reason") == "turn_detected");
}

TEST_CASE("realtime: audio comes in the pace of speech")
{
    realtime_options how;
    how.speed = 2;
    how.audio_delta = 100ms;
    service of(how);
    websocket_client client(of.server, websocket_request(azure));
    of.sessions.queue(answer::chat(std::string(60, 'a'))); // 600 ms
    client.send(std::string(respond));
    client.next("response.output_audio.delta");
    auto const begin = std::chrono::steady_clock::now();
    auto const events = client.until("response.done");
    CHECK(std::chrono::steady_clock::now() - begin >= 240ms);
    std::size_t deltas = 1;
    for (auto const& event : events)
        deltas += type_of(event) == "response.output_audio.delta";
    CHECK(deltas == 6);
}

TEST_CASE("realtime: one answer at a time, which the client can cancel")
{
    service of;
    websocket_client client(of.server, websocket_request(azure));
    client.send(std::string(written));
    auto const late = error_of(client, R"({"type":"response.cancel","event_id":"mine"})");
    CHECK(late.at("code") == "response_cancel_not_active");
    of.sessions.queue(answer::chat("It never ends.").hang());
    client.send(std::string(respond));
    client.next("response.output_text.delta");
    CHECK(error_of(client, respond).at("code") == "conversation_already_has_active_response");
    client.send(
        std::string(R"({"type":"response.create","response":{"conversation":"none","metadata":{"a":"b"},)"
                    R"("input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]}]}})"));
    auto const apart = client.next("response.done").at("response").as_object();
    CHECK(apart.at("conversation_id").is_null());
    CHECK(apart.at("metadata") == parsed(R"({"a":"b"})"));
    client.send(std::string(R"({"type":"response.cancel"})"));
    auto const events = client.until("response.done");
    CHECK(types_of(events) == std::vector<std::string>{"response.output_text.done", "response.content_part.done",
                                                       "conversation.item.done", "response.output_item.done",
                                                       "response.done"});
    CHECK(events.back().at("response").at("status_details").at("reason") == "client_cancelled");
}

TEST_CASE("realtime: functions are called, also between the words of a message")
{
    for (bool const mixed : {false, true}) {
        CAPTURE(mixed);
        realtime_options how;
        how.message_with_calls = mixed;
        service of(how);
        websocket_client client(of.server, websocket_request(azure));
        client.send(std::string(
            R"({"type":"session.update","session":{"type":"realtime","output_modalities":["text"],"tools":[{"type":)"
            R"("function","name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},)"
            R"("required":["city"]}}]}})"));
        ask(client, "What is the weather in London?");
        client.send(std::string(respond));
        auto const events = client.until("response.done");
        auto const arguments = joined(events, "response.function_call_arguments.delta");
        CHECK(parsed(arguments).at("city") == "London");
        auto const& output = events.back().at("response").at("output").as_array();
        CHECK(output.size() == (mixed ? 2 : 1));
        CHECK(output.back().at("type") == "function_call");
        auto const types = types_of(events);
        CHECK(std::vector<std::string>(types.end() - 4, types.end()) ==
              std::vector<std::string>{"response.function_call_arguments.done", "conversation.item.done",
                                       "response.output_item.done", "response.done"});
        std::size_t turns = 0;
        for (std::size_t i = 1; i < types.size(); ++i)
            turns +=
                types[i] == "response.function_call_arguments.delta" && types[i - 1] == "response.output_text.delta";
        CHECK((turns > 1) == mixed);
        CHECK(error_of(client, R"({"type":"conversation.item.create","item":{"type":"function_call_output","call_id":)"
                               R"("other","output":"x"}})")
                  .at("type") == "invalid_request_error");
        json::object item;
        item["type"] = "function_call_output";
        item["call_id"] = output.back().at("call_id");
        item["output"] = "It is foggy and 12 degrees in London.";
        json::object event;
        event["type"] = "conversation.item.create";
        event["item"] = item;
        client.send(event);
        client.send(std::string(respond));
        auto const told = joined(client.until("response.done"), "response.output_text.delta");
        CHECK(told.find("foggy") != std::string::npos);
    }
}

TEST_CASE("realtime: items are placed, fetched and deleted; unknown ones are errors")
{
    service of;
    websocket_client client(of.server, websocket_request(azure));
    client.next();
    auto const create = [&](std::string const& id, std::string const& more) {
        client.send(R"({"type":"conversation.item.create",)" + more + R"("item":{"id":")" + id +
                    R"(","type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}})");
        auto const added = client.next("conversation.item.done").at("previous_item_id");
        return added.is_null() ? std::string("null") : std::string(added.as_string());
    };
    CHECK(create("b", "") == "null");
    CHECK(create("d", "") == "b");
    CHECK(create("a", R"("previous_item_id":"root",)") == "null");
    CHECK(create("c", R"("previous_item_id":"b",)") == "b");
    client.send(std::string(R"({"type":"conversation.item.retrieve","item_id":"c"})"));
    CHECK(client.next("conversation.item.retrieved").at("item").at("content").at(0).at("text") == "x");
    client.send(std::string(R"({"type":"conversation.item.delete","item_id":"c"})"));
    CHECK(client.next("conversation.item.deleted").at("item_id") == "c");
    for (std::string const verb : {"retrieve", "delete", "truncate"}) {
        auto const error = error_of(client, R"({"type":"conversation.item.)" + verb +
                                                R"(","item_id":"c","content_index":0,"audio_end_ms":1})");
        CHECK(error.at("code").as_string() == "item_" + verb + "_invalid_item_id");
    }
    CHECK(error_of(client, R"({"type":"conversation.item.create","previous_item_id":"zz","item":{"type":"message",)"
                           R"("role":"user","content":[]}})")
              .at("type") == "invalid_request_error");
}

TEST_CASE("realtime: a spoken answer is truncated, but not beyond its end")
{
    service of;
    websocket_client client(of.server, websocket_request(azure));
    of.sessions.queue(answer::chat("One two three."));
    client.send(std::string(respond));
    auto const done = client.next("response.done");
    auto const id = std::string(done.at("response").at("output").at(0).at("id").as_string());
    auto const truncate = [&](std::string const& ms) {
        client.send(R"({"type":"conversation.item.truncate","item_id":")" + id +
                    R"(","content_index":0,"audio_end_ms":)" + ms + "}");
        return client.next();
    };
    CHECK(truncate("141").at("error").at("message") == "Audio content of 140ms is already shorter than 141ms");
    CHECK(truncate("70").at("audio_end_ms") == 70);
    CHECK(truncate("71").at("type") == "error");
}

TEST_CASE("realtime: wrong events are answered with errors that name the member, and the session goes on")
{
    service of;
    websocket_client client(of.server, websocket_request(azure));
    client.next();
    std::vector<std::pair<std::string, std::string>> const wrong = {
        {R"({"type":"session.update","session":{}})", "session.type"},
        {R"({"type":"session.update"})", "session"},
        {R"({"type":"session.update","session":{"type":"realtime","odd":1}})", "session.odd"},
        {R"({"type":"session.update","session":{"type":"realtime","output_modalities":["text","audio"]}})",
         "session.output_modalities"},
        {R"({"type":"session.update","session":{"type":"realtime","audio":{"input":{"turn_detection":{"type":"x"}}}}})",
         "session.audio.input.turn_detection.type"},
        {R"({"type":"session.update","session":{"type":"realtime","audio":{"output":{"format":{"type":"audio/pcmu"}}}}})",
         "session.audio.output.format.type"},
        {R"({"type":"session.update","session":{"type":"realtime","tools":[{"type":"function"}]}})",
         "session.tools[0].name"},
        {R"({"type":"session.update","session":{"type":"realtime","max_output_tokens":0}})",
         "session.max_output_tokens"},
        {R"({"type":"input_audio_buffer.append","audio":"***"})", "audio"},
        {R"({"type":"input_audio_buffer.append","audio":"AAAA"})", "audio"}, // three bytes
        {R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"text"}]}})",
         "item.content[0].type"},
        {R"({"type":"response.create","response":{"output_modalities":["smell"]}})", "response.output_modalities"},
        {R"({"type":"odd"})", "type"},
        {R"({})", "type"},
    };
    for (auto const& [event, param] : wrong) {
        CAPTURE(event);
        CHECK(error_of(client, event).at("param").as_string() == param);
    }
    CHECK(error_of(client, "not JSON").at("type") == "invalid_request_error");
    client.send_binary("abc");
    CHECK(type_of(client.next()) == "error");
    client.send(std::string(written));
    CHECK(type_of(client.next()) == "session.updated");
}

TEST_CASE("realtime: answers that a test queues, also such that fail or end early")
{
    service of;
    websocket_client client(of.server, websocket_request(azure));
    client.send(std::string(written));
    of.sessions.queue(answer::pieces({"One", " two"}));
    of.sessions.queue(answer::tool_call_pieces({{"f", R"({"a":1})"}, {"g", "{}"}}));
    of.sessions.queue(answer::json(200, "not JSON"));
    of.sessions.queue(answer::json(429, R"({"error":{"type":"rate","code":"slow","message":"Later."}})"));
    CHECK(of.sessions.queued() == 4);
    client.send(std::string(respond));
    CHECK(joined(client.until("response.done"), "response.output_text.delta") == "One two");
    client.send(std::string(respond));
    auto const calls = client.next("response.done").at("response").at("output").as_array();
    REQUIRE(calls.size() == 2);
    CHECK(calls[0].at("arguments") == R"({"a":1})");
    CHECK(error_of(client, respond).at("type") == "server_error");
    client.send(std::string(respond));
    auto const failed = client.next("response.done").at("response").as_object();
    CHECK(failed.at("status") == "failed");
    CHECK(failed.at("status_details").at("error").at("code") == "slow");
    ask(client, "How many feet are in a mile?");
    client.send(std::string(R"({"type":"response.create","response":{"max_output_tokens":3}})"));
    auto const cut = client.next("response.done").at("response").as_object();
    CHECK(cut.at("status") == "incomplete");
    CHECK(cut.at("status_details").at("reason") == "max_output_tokens");
}

TEST_CASE("realtime: the client's events are recorded")
{
    service of;
    websocket_client client(of.server, websocket_request(azure));
    client.send(std::string(written));
    client.send(std::string(respond));
    REQUIRE(of.sessions.wait_for_events(2, 5s));
    auto const sessions = of.sessions.sessions();
    REQUIRE(sessions.size() == 1);
    CHECK(sessions[0].events == std::vector<std::string>{written, respond});
    CHECK(sessions[0].target == azure);
    CHECK(sessions[0].open);
    CHECK(sessions[0].connection == 1);
    client.drop();
    CHECK(of.sessions.wait_for_open_at_most(0, 5s));
    CHECK(of.server.wait_for_open_at_most(0, 5s));
    CHECK(of.sessions.sessions()[0].close_code == 0);
}

TEST_CASE("realtime: a session ends after its lifetime")
{
    realtime_options how;
    how.session_lifetime = 200ms;
    service of(how);
    websocket_client client(of.server, websocket_request(azure));
    client.next();
    CHECK(client.read_to_end());
    CHECK(client.close_code() == 1001);
    CHECK(client.close_reason() == "Your session hit the maximum duration of 60 minutes.");
}

TEST_CASE("realtime: the server pings")
{
    realtime_options how;
    how.ping_interval = 20ms;
    service of(how);
    websocket_client client(of.server, websocket_request(azure));
    client.next();
    CHECK(client.is_silent(200ms));
    CHECK(client.pings() >= 3);
    client.drop();
    REQUIRE(of.sessions.wait_for_open_at_most(0, 5s));
    CHECK(of.sessions.sessions()[0].pongs >= 2);
}

TEST_CASE("realtime: messages in small frames and in small writes are the same messages")
{
    realtime_options how;
    how.fragment_bytes = 50;
    service of(how);
    of.server.queue(answer::realtime().chunking({7, 1, 13}));
    for (bool const tls : {false, true}) {
        websocket_request asked(azure);
        asked.tls = tls;
        websocket_client client(of.server, asked);
        client.send(std::string(written));
        ask(client, "How many feet are in a mile?");
        client.send(std::string(respond));
        CHECK(joined(client.until("response.done"), "response.output_text.delta").find("5,280") != std::string::npos);
    }
}

TEST_CASE("realtime: the connection is cut after any byte")
{
    service of;
    for (std::size_t const bytes : {0U, 1U, 100U, 700U, 1200U}) {
        CAPTURE(bytes);
        of.server.queue(answer::realtime().cut_after(bytes));
        try {
            websocket_client client(of.server, websocket_request(azure));
            CHECK_FALSE(client.read_to_end());
        } catch (boost::system::system_error const&) {
            CHECK(bytes < 700);
        }
    }
    CHECK(of.server.wait_for_open_at_most(0, 5s));
}

TEST_CASE("realtime: the connection is cut, or the session closed, after any event")
{
    service of;
    of.server.queue(answer::realtime().cut_after_event(2));
    websocket_client cut(of.server, websocket_request(azure));
    cut.send(std::string(written));
    CHECK(type_of(cut.next()) == "session.created");
    CHECK(type_of(cut.next()) == "session.updated");
    CHECK_FALSE(cut.read_to_end());

    of.server.queue(answer::realtime().close_after_event(1, 1011, "restart"));
    websocket_client closed(of.server, websocket_request(azure));
    CHECK(closed.read_to_end());
    CHECK(closed.close_code() == 1011);
    CHECK(closed.close_reason() == "restart");
    CHECK(of.server.wait_for_open_at_most(0, 5s));
    CHECK_THROWS_AS(answer::chat("a").close_after_event(1, 1000), std::invalid_argument);
}

TEST_CASE("realtime: a session hangs after any byte and after any event, until the client closes")
{
    service of;
    of.server.queue(answer::realtime().cut_after(900).hang());
    websocket_client bytes(of.server, websocket_request(azure));
    CHECK(bytes.is_silent(100ms));
    bytes.drop();
    CHECK(of.server.wait_for_open_at_most(0, 5s));

    of.server.queue(answer::realtime().cut_after_event(1).hang());
    websocket_client events(of.server, websocket_request(azure));
    events.next();
    events.send(std::string(written));
    CHECK(events.is_silent(100ms));
    events.close(1000, "");
    CHECK(of.server.wait_for_open_at_most(0, 5s));
}

TEST_CASE("realtime: the opening request takes other queued answers as every request does")
{
    service of;
    of.server.queue(answer::json(503, "{}"));
    CHECK(refusal_of(of.server, websocket_request(azure)).first == 503);
}

/// Sends bytes, and returns what comes until the end of the stream or until it contains `end`.
std::string exchange(emulator const& server, std::string const& bytes, std::string const& end)
{
    asio::io_context io;
    tcp::socket socket(io);
    socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), server.plain_port()));
    asio::write(socket, asio::buffer(bytes));
    std::string got;
    boost::system::error_code failed;
    while (!failed && got.find(end) == std::string::npos) {
        char chunk[4096];
        got.append(chunk, socket.read_some(asio::buffer(chunk), failed));
    }
    return got;
}

TEST_CASE("realtime: frames may come together with the opening request, and must be masked")
{
    service of;
    auto const opening = "GET " + azure +
                         " HTTP/1.1\r\nHost: localhost\r\napi-key: emulator-key\r\nUpgrade: websocket\r\nConnection: "
                         "Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    std::string const event = R"({"type":"input_audio_buffer.clear"})";
    auto const size = static_cast<char>(event.size());
    auto const masked = std::string{'\x81', static_cast<char>(size | '\x80'), 0, 0, 0, 0} + event;
    of.server.queue(answer::realtime().header("x-own", "1"));
    auto const got = exchange(of.server, opening + masked, "input_audio_buffer.cleared");
    CHECK(got.starts_with("HTTP/1.1 101 "));
    CHECK(got.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos);
    CHECK(got.find("x-own: 1") != std::string::npos);
    CHECK(got.find("input_audio_buffer.cleared") != std::string::npos);
    auto const bare = std::string{'\x81', size} + event;
    auto const refused = exchange(of.server, opening + bare, "no such text");
    CHECK(refused.find(std::string("\x88\x02\x03\xEA", 4)) != std::string::npos); // close with 1002
    CHECK(of.server.wait_for_open_at_most(0, 5s));
}

TEST_CASE("realtime: many sessions at a time, some of which are open when the emulator ends")
{
    service of;
    std::vector<std::unique_ptr<websocket_client>> clients;
    for (int i = 0; i < 30; ++i) {
        clients.push_back(std::make_unique<websocket_client>(of.server, websocket_request(azure)));
        clients.back()->send(std::string(written));
        ask(*clients.back(), "How many feet are in a mile?");
        clients.back()->send(std::string(respond));
    }
    for (auto const& client : clients)
        CHECK(joined(client->until("response.done"), "response.output_text.delta").find("5,280") != std::string::npos);
    of.sessions.queue(answer::chat("It never ends.").hang());
    clients.front()->send(std::string(respond));
    clients.front()->next("response.output_text.delta");
    CHECK(of.server.open_connections() == 30);
}

} // namespace foundry_test::realtime_test
