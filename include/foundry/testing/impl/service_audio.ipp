// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/service.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// Speech as events: pieces of the sound in base64, and the usage.
FOUNDRY_DECL std::vector<std::string> speech_events(std::vector<std::string> const& pieces, std::size_t words)
{
    std::vector<std::string> made;
    for (auto const& piece : pieces) {
        json::object event;
        event["type"] = "speech.audio.delta";
        event["audio"] = base64(piece);
        made.push_back(audio_event(json_text(event)));
    }
    json::object usage;
    usage["input_tokens"] = words;
    usage["output_tokens"] = words * 10;
    usage["total_tokens"] = words * 11;
    json::object done;
    done["type"] = "speech.audio.done";
    done["usage"] = std::move(usage);
    made.push_back(audio_event(json_text(done)) + audio_event("[DONE]"));
    return made;
}

FOUNDRY_DECL void check_speech_input(json::value const& input, error_writer const& say)
{
    constexpr std::size_t max_size = 4096;
    auto const& text = input.get_string();
    std::size_t size = 0; // in characters
    for (char const byte : text)
        size += (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    if (size == 0)
        say.bad_request("Invalid 'input': empty string. Expected a string with minimum length 1.", "empty_string",
                        "input");
    if (size > max_size)
        say.bad_request("Invalid 'input': string too long. Expected a string with maximum length 4096, but got a "
                        "string with length " +
                            std::to_string(size) + " instead.",
                        "string_above_max_length", "input");
}

FOUNDRY_DECL reply service::speech(recorded_request const& request, route const& target)
{
    static constexpr std::array<std::string_view, 6> formats = {"mp3", "opus", "aac", "flac", "wav", "pcm"};
    error_writer const say(target.kind);
    auto const body = read_body(request, target, speech_members());
    auto const model = admit(body, request, target, options_.speech_deployments);
    auto const& input = require(body, "input", say);
    check_speech_input(input, say);
    require(body, "voice", say);
    check_range(body, "speed", 0.25, 4, say);
    std::string const format(text_of(body, "response_format").value_or("mp3"));
    if (!contains(formats, format))
        say.unsupported("response_format", json::string(format), "'mp3', 'opus', 'aac', 'flac', 'wav' and 'pcm'");
    std::string const stream(text_of(body, "stream_format").value_or("audio"));
    bool const as_events = stream == "sse";
    if (stream != "audio" && (!as_events || starts_with_one_of(model, {"tts-"})))
        say.unsupported("stream_format", json::string(stream), as_events ? "'audio'" : "'audio' and 'sse'");

    auto const speed =
        body.contains("speed") && body.at("speed").is_number() ? body.at("speed").to_number<double>() : 1;
    auto const sound = speech_sound(input.get_string(), format, speed);
    std::vector<std::string> pieces;
    constexpr std::size_t piece_size = 4096;
    for (std::size_t at = 0; at < sound.size(); at += piece_size)
        pieces.push_back(sound.substr(at, piece_size));
    if (as_events)
        return stream_of(speech_events(pieces, pieces_of(input.get_string()).size()));
    auto made = stream_of(std::move(pieces));
    made.set_header("content-type", format == "mp3" ? "audio/mpeg" : "audio/" + format);
    return made;
}

FOUNDRY_DECL void check_audio_file(form_data::part const& file, error_writer const& say)
{
    static constexpr std::array<std::string_view, 10> formats = {"flac", "m4a", "mp3", "mp4", "mpeg",
                                                                 "mpga", "oga", "ogg", "wav", "webm"};
    auto const dot = file.file_name.rfind('.');
    if (dot == std::string::npos || !contains(formats, lower(file.file_name.substr(dot + 1))))
        throw refusal(400, openai_error("Invalid file format. Supported formats: ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', "
                                        "'mpga', 'oga', 'ogg', 'wav', 'webm']",
                                        "invalid_request_error", nullptr, nullptr));
    if (file.content.empty())
        say.bad_request("Audio file is too short. Minimum audio length is 0.1 seconds.", "audio_too_short", "file");
}

/// OpenAI adds the usage to its error.
FOUNDRY_DECL void check_language(std::string const& language, form kind)
{
    bool const is_code = language.size() == 2 &&
                         std::all_of(language.begin(), language.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (language.empty() || is_code)
        return;
    auto body =
        openai_error("Invalid language '" + language + "'. Language parameter must be specified in ISO-639-1 format.",
                     "invalid_request_error", "language", "invalid_language_format");
    if (kind == form::compatible) {
        json::object usage;
        usage["type"] = "duration";
        usage["seconds"] = 0;
        body.as_object()["usage"] = std::move(usage);
    }
    throw refusal(400, body);
}

FOUNDRY_DECL double temperature_of(form_data const& fields, error_writer const& say)
{
    boost::system::error_code failed;
    auto const number = json::parse(fields.text("temperature").value_or("0"), failed);
    json_path at;
    at.push_back("temperature");
    if (failed || !number.is_number())
        say.wrong_type(at, "a number", number);
    auto const temperature = number.to_number<double>();
    if (temperature < 0 || temperature > 1)
        say.bad_value(at, "expected a value >= 0 and <= 1.", number);
    return temperature;
}

/// The format of a transcript. Azure takes an unknown one for `json`; the models after Whisper have only two.
FOUNDRY_DECL std::string transcript_format(form_data const& fields, std::string const& model, error_writer const& say)
{
    static constexpr std::array<std::string_view, 5> formats = {"json", "text", "srt", "verbose_json", "vtt"};
    auto format = fields.text("response_format").value_or("json");
    json_path at;
    at.push_back("response_format");
    if (!contains(formats, format) && say.kind() == form::compatible)
        say.bad_value(at, "expected one of 'json', 'text', 'srt', 'verbose_json' and 'vtt'.", json::string(format));
    if (!contains(formats, format))
        format = "json";
    if (!starts_with_one_of(model, {"whisper"}) && format != "json" && format != "text")
        say.bad_request("response_format '" + format + "' is not compatible with model '" + model +
                            "'. Use 'json' or 'text' instead.",
                        "unsupported_value", "response_format");
    return format;
}

/// Whisper's name of a language.
FOUNDRY_DECL std::string language_name(std::string const& code)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> names = {{{"de", "german"},
                                                                                            {"es", "spanish"},
                                                                                            {"fr", "french"},
                                                                                            {"it", "italian"},
                                                                                            {"ja", "japanese"},
                                                                                            {"zh", "chinese"}}};
    for (auto const& [known, name] : names) {
        if (code == known)
            return std::string(name);
    }
    return "english";
}

FOUNDRY_DECL json::object verbose_transcript(transcript const& heard, form_data const& fields, bool translates)
{
    auto const wanted = fields.texts("timestamp_granularities[]");
    json::object made;
    made["task"] = translates ? "translate" : "transcribe";
    made["language"] = translates ? "english" : language_name(fields.text("language").value_or("en"));
    made["duration"] = heard.duration();
    made["text"] = heard.text();
    if (wanted.empty() || contains(wanted, "segment"))
        made["segments"] = heard.segments();
    if (contains(wanted, "word"))
        made["words"] = heard.words();
    return made;
}

/// The whole response to a transcription or a translation.
FOUNDRY_DECL reply transcript_reply(transcript const& heard, std::string const& format, json::object body)
{
    if (format == "json" || format == "verbose_json")
        return reply(200, json_text(body));
    reply made(200, format == "text" ? heard.text() + "\n" : heard.subtitles(format == "vtt"));
    made.set_header("content-type", "text/plain; charset=utf-8");
    return made;
}

FOUNDRY_DECL reply service::transcription(recorded_request const& request, route const& target)
{
    error_writer const say(target.kind);
    form_data const fields(request, say);
    bool const translates = target.operation == "audio/translations";
    json::object named;
    if (auto const model = fields.text("model"))
        named["model"] = *model;
    auto deployments = options_.transcription_deployments;
    if (translates)
        std::erase_if(deployments, [](std::string const& name) { return !starts_with_one_of(name, {"whisper"}); });
    auto const model = admit(named, request, target, deployments);
    auto const& file = fields.file("file", say);
    check_audio_file(file, say);
    check_language(fields.text("language").value_or(""), target.kind);
    auto const format = transcript_format(fields, model, say);
    transcript const heard(heard_text(file.content), temperature_of(fields, say));

    bool const by_tokens = !starts_with_one_of(model, {"whisper"});
    if (by_tokens && fields.text("stream").value_or("false") == "true")
        return stream_of(heard.events());
    json::object body;
    body["text"] = heard.text();
    if (format == "verbose_json")
        body = verbose_transcript(heard, fields, translates);
    if (by_tokens)
        body["usage"] = heard.token_usage();
    else if (target.kind == form::compatible && !translates)
        body["usage"] = heard.duration_usage();
    auto made = transcript_reply(heard, format, std::move(body));
    if (!by_tokens && target.kind != form::compatible)
        made.set_header("csp-billing-usage",
                        "CognitiveServices.OpenAI.Whisper=" + json_text(heard.duration_usage().at("seconds")));
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
