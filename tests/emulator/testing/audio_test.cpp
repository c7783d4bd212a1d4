// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The emulator's speech, and what it hears: a transcription of its own speech is the text that was spoken.

#include "support/form_body.hpp"
#include "support/recorded_shapes.hpp"

#include <doctest/doctest.h>

#include <array>

namespace foundry_test::testing_audio_test {

std::string const dated_whisper = "/openai/deployments/whisper/audio/";
std::string const version = "?api-version=2024-10-21";
std::string const text = "Hello world, this is a test. It costs 5 \xE2\x82\xAC.";

response speak(raw_client& client, std::string const& more = "", std::string const& spoken = "Hello.",
               std::string const& model = "tts-1")
{
    return client.post("/openai/v1/audio/speech",
                       R"({"model":")" + model + R"(","input":")" + spoken + R"(","voice":"alloy")" + more + "}");
}

using fields = std::vector<std::pair<std::string, std::string>>;

response hear(raw_client& client, std::string const& target, std::string const& sound, fields const& more = {},
              std::string const& name = "a.wav")
{
    form_body form;
    form.fields = more;
    form.name = name;
    form.content = sound;
    return post_form(client, target, form);
}

/// The text that Whisper hears.
std::string heard(raw_client& client, std::string const& sound)
{
    auto const reply = hear(client, dated_whisper + "transcriptions" + version, sound);
    CAPTURE(reply.body);
    REQUIRE(reply.status == 200);
    return std::string(reply.parsed().at("text").as_string());
}

/// The events of an audio stream, without the last.
std::vector<json::value> audio_events(std::string const& body)
{
    std::vector<json::value> events;
    for (std::size_t at = 0; at < body.size();) {
        auto const end = body.find("\r\n\r\n", at);
        REQUIRE(end != std::string::npos);
        REQUIRE(body.compare(at, 6, "data: ") == 0);
        auto const data = body.substr(at + 6, end - at - 6);
        if (data != "[DONE]")
            events.push_back(json::parse(data));
        at = end + 4;
    }
    CHECK(body.ends_with("data: [DONE]\r\n\r\n"));
    CHECK(body.find("event:") == std::string::npos);
    return events;
}

TEST_CASE("emulator audio: speech comes in the format that was asked for, of the deployments that speak")
{
    emulator const service;
    raw_client client(service);
    for (auto const& [format, type, begin] : std::vector<std::array<std::string, 3>>{{"mp3", "audio/mpeg", "ID3"},
                                                                                     {"aac", "audio/aac", "ID3"},
                                                                                     {"opus", "audio/opus", "OggS"},
                                                                                     {"flac", "audio/flac", "fLaC"},
                                                                                     {"wav", "audio/wav", "RIFF"},
                                                                                     {"pcm", "audio/pcm", ""}}) {
        CAPTURE(format);
        auto const sound = speak(client, R"(,"response_format":")" + format + "\"");
        CHECK(sound.status == 200);
        CHECK(sound.header("content-type") == type);
        CHECK(sound.header("transfer-encoding") == "chunked");
        CHECK(sound.body.starts_with(begin));
    }
    CHECK(speak(client).header("content-type") == "audio/mpeg");
    CHECK(speak(client, R"(,"response_format":"pcm")").body.size() == 9600);
    CHECK(speak(client, R"(,"response_format":"wav")").body.size() == 9644);
    CHECK(speak(client, R"(,"response_format":"ogg")").has("unsupported_value"));
    CHECK(speak(client, R"(,"speed":5)").has("expected a value >= 0.25 and <= 4."));
    CHECK(speak(client, "", "").parsed().at_pointer("/error/param") == "input");
    CHECK(speak(client, "", std::string(4096, 'a')).status == 200);
    CHECK(speak(client, "", std::string(4097, 'a')).has("string_above_max_length"));
    CHECK(speak(client, "", "Hello.", "nobody").has("DeploymentNotFound"));
    CHECK(speak(client, "", "Hello.", "gpt-4o").has("OperationNotSupported"));
}

TEST_CASE("emulator audio: a longer text gives more sound, and a higher speed less")
{
    emulator const service;
    raw_client client(service);
    for (std::string const format : {"mp3", "aac", "opus", "flac", "wav", "pcm"}) {
        CAPTURE(format);
        auto const more = R"(,"response_format":")" + format + "\"";
        auto const whole = speak(client, more, text).body.size();
        CHECK(whole > 3 * speak(client, more).body.size());
        CHECK(speak(client, more + R"(,"speed":2)", text).body.size() < whole);
    }
}

TEST_CASE("emulator audio: a transcription of speech gives the text back, from every format and from several sounds")
{
    emulator const service;
    raw_client client(service);
    for (std::string const format : {"mp3", "aac", "opus", "flac", "wav", "pcm"}) {
        CAPTURE(format);
        auto const more = R"(,"response_format":")" + format + "\"";
        auto const sound = speak(client, more, text).body;
        CHECK(heard(client, sound) == text);
        CHECK(heard(client, sound + speak(client, more, "And more.").body) == text + " And more.");
    }
    CHECK(heard(client, "These words.\n") == "These words.");
    CHECK(heard(client, std::string("\xFF\xF3\xE4\xC4\0[", 6)) == "Hello, world! This is a test.");
}

TEST_CASE("emulator audio: speech is streamed as events of base64, with the usage, by the models that can")
{
    emulator const service;
    raw_client client(service);
    auto const reply = speak(client, R"(,"stream_format":"sse")", text, "gpt-4o-mini-tts");
    CHECK(reply.header("content-type") == "text/event-stream; charset=utf-8");
    auto const events = audio_events(reply.body);
    REQUIRE(events.size() > 2);
    auto const recorded = audio_events(recorded_text("audio_speech_stream_sse", 0));
    CHECK(difference(events.front(), recorded.front()) == "");
    CHECK(difference(events.back(), recorded.back()) == "");
    std::size_t size = 0;
    for (auto const& event : events) {
        if (auto const* const audio = event.as_object().if_contains("audio"))
            size += audio->as_string().size() / 4 * 3;
    }
    auto const whole = speak(client, "", text, "gpt-4o-mini-tts").body.size();
    CHECK(size >= whole);
    CHECK(size < whole + 3 * events.size());
    CHECK(speak(client, R"(,"stream_format":"sse")").parsed().at_pointer("/error/param") == "stream_format");
    CHECK(speak(client, R"(,"stream_format":"words")").has("unsupported_value"));
}

TEST_CASE("emulator audio: Whisper's formats have the recorded members and types")
{
    emulator const service;
    raw_client client(service);
    auto const target = dated_whisper + "transcriptions" + version;
    std::string const recorded = "audio_transcription_formats_azure_dated";
    auto const json = hear(client, target, text);
    CHECK(json.header("content-type") == "application/json");
    CHECK(json.header("csp-billing-usage") == "CognitiveServices.OpenAI.Whisper=2");
    CHECK(json.parsed().as_object().size() == 1);

    auto const verbose = hear(client, target, text, {{"response_format", "verbose_json"}, {"temperature", "0.25"}});
    CHECK(difference(verbose.parsed(), recorded_json(recorded, 0)) == "");
    CHECK(verbose.parsed().at("duration") == 2.0);
    CHECK(verbose.parsed().at_pointer("/segments/0/text") == " Hello world, this is a test.");
    CHECK(verbose.parsed().at_pointer("/segments/0/temperature") == 0.25);
    CHECK(verbose.parsed().at_pointer("/segments/1/start") == 1.2);
    auto const words =
        hear(client, target, text, {{"response_format", "verbose_json"}, {"timestamp_granularities[]", "word"}});
    CHECK(difference(words.parsed(), recorded_json(recorded, 2)) == "");
    CHECK(words.parsed().at_pointer("/words/1/word") == "world");
    auto const both = hear(client, target, text,
                           {{"response_format", "verbose_json"},
                            {"timestamp_granularities[]", "word"},
                            {"timestamp_granularities[]", "segment"}});
    CHECK(both.parsed().as_object().contains("words"));
    CHECK(both.parsed().as_object().contains("segments"));

    auto const srt = hear(client, target, text, {{"response_format", "srt"}});
    CHECK(srt.header("content-type") == "text/plain; charset=utf-8");
    CHECK(srt.body == "1\n00:00:00,000 --> 00:00:01,200\nHello world, this is a test.\n\n"
                      "2\n00:00:01,200 --> 00:00:02,000\nIt costs 5 \xE2\x82\xAC.\n\n\n");
    auto const vtt = hear(client, target, text, {{"response_format", "vtt"}});
    CHECK(vtt.body.starts_with("WEBVTT\n\n00:00:00.000 --> 00:00:01.200\nHello world, this is a test.\n\n"));
    CHECK(hear(client, target, text, {{"response_format", "text"}}).body == text + "\n");
    CHECK(hear(client, target, text, {{"response_format", "verbose"}}).parsed() == json.parsed()); // as recorded
    auto const german = hear(client, target, text, {{"response_format", "verbose_json"}, {"language", "de"}});
    CHECK(german.parsed().at("language") == "german");
}

TEST_CASE("emulator audio: OpenAI adds the usage, by duration or by tokens")
{
    emulator const service;
    raw_client client(service);
    auto const ask = [&](std::string const& model, std::string const& format) {
        return hear(client, "/v1/audio/transcriptions", text, {{"model", model}, {"response_format", format}}).parsed();
    };
    CHECK(difference(ask("whisper-1", "verbose_json"), recorded_json("audio_transcription_verbose_json", 0)) == "");
    CHECK(difference(ask("gpt-4o-mini-transcribe", "json"), recorded_json("audio_transcription_json", 0)) == "");
    CHECK(ask("gpt-4o-mini-transcribe", "srt").at_pointer("/error/code") == "unsupported_value");
    CHECK(ask("whisper-1", "verbose").at_pointer("/error/param") == "response_format");
}

TEST_CASE("emulator audio: a transcription is streamed as events, and by Whisper it is not")
{
    emulator const service;
    raw_client client(service);
    auto const target = "/openai/v1/audio/transcriptions";
    auto const reply = hear(client, target, text, {{"model", "gpt-4o-mini-transcribe"}, {"stream", "true"}});
    CHECK(reply.header("content-type") == "text/event-stream; charset=utf-8");
    auto const events = audio_events(reply.body);
    auto const recorded = audio_events(recorded_text("audio_transcription_stream", 0));
    CHECK(difference(events.front(), recorded.front()) == "");
    CHECK(difference(events.back(), recorded.back()) == "");
    std::string joined;
    for (auto const& event : events) {
        if (event.at("type") == "transcript.text.delta")
            joined += event.at("delta").as_string();
    }
    CHECK(joined == text);
    CHECK(events.back().at("text") == json::string(text));
    auto const whole = hear(client, target, text, {{"model", "whisper"}, {"stream", "true"}});
    CHECK(whole.parsed().at("text") == json::string(text));
}

TEST_CASE("emulator audio: a translation has the recorded formats, of Whisper alone")
{
    emulator const service;
    raw_client client(service);
    auto const target = dated_whisper + "translations" + version;
    std::string const recorded = "audio_translation_formats_azure_dated";
    CHECK(difference(hear(client, target, text).parsed(), recorded_json(recorded, 0)) == "");
    auto const srt = hear(client, target, text, {{"response_format", "srt"}});
    CHECK(srt.header("content-type") == "text/plain; charset=utf-8");
    CHECK(srt.body.starts_with("1\n00:00:00,000 --> "));
    auto const verbose = hear(client, target, text, {{"response_format", "verbose_json"}}).parsed();
    CHECK(verbose.at("task") == "translate");
    auto const other = hear(client, "/openai/v1/audio/translations", text, {{"model", "gpt-4o-mini-transcribe"}});
    CHECK(other.has("OperationNotSupported"));
}

TEST_CASE("emulator audio: a transcription that cannot be made is refused")
{
    emulator const service;
    raw_client client(service);
    auto const target = dated_whisper + "transcriptions" + version;
    auto const language = hear(client, "/v1/audio/transcriptions", text,
                               {{"model", "whisper-1"}, {"language", "this should cause an error"}});
    CHECK(language.status == 400);
    CHECK(language.parsed() == recorded_json("audio_transcription_400", 0));
    CHECK(!hear(client, target, text, {{"language", "english"}}).parsed().as_object().contains("usage"));
    CHECK(hear(client, target, "").has("audio_too_short"));
    CHECK(hear(client, target, text, {}, "a.txt").has("Invalid file format."));
    CHECK(hear(client, target, text, {}, "wav").has("Invalid file format."));
    CHECK(hear(client, target, text, {}, "a.WAV").status == 200);
    CHECK(hear(client, target, text, {{"temperature", "2"}}).parsed().at_pointer("/error/param") == "temperature");
    CHECK(hear(client, target, text, {{"temperature", "warm"}}).status == 400);
    CHECK(hear(client, "/openai/v1/audio/transcriptions", text).parsed().at_pointer("/error/param") == "model");
    CHECK(hear(client, "/openai/v1/audio/transcriptions", text, {{"model", "nobody"}}).has("DeploymentNotFound"));
    CHECK(hear(client, "/openai/deployments/gpt-4o/audio/transcriptions" + version, text).has("OperationNotSupported"));
    CHECK(client.post(target, "{}").status == 400);
}

} // namespace foundry_test::testing_audio_test
