// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/answer.hpp>
#include <foundry/body.hpp>
#include <foundry/chat.hpp>
#include <foundry/detail/json/open_enum.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Transcription requests and their responses. `foundry::speech` of <foundry/speech.hpp> sends and receives them.
namespace foundry::inline FOUNDRY_ABI {

/// Audio to transcribe or to translate: flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav or webm; the service detects the format by the file name.
/// Wire format: `CreateTranscriptionRequest` (OpenAI), `createTranscriptionRequest` (dated).
///
/// A request is for one call at a time: the file is read as it is sent, each time from its beginning.
class transcription_request
{
public:
    /// A file of this machine.
    ///
    /// @param model_name the deployment's name.
    /// @throws foundry::error (`errc::invalid_argument`), naming the file, if it cannot be read.
    transcription_request(std::string model_name, std::filesystem::path const& audio);

    /// Audio from elsewhere: a `memory_source`, a `file_source` with an executor of its own, or a source of the program.
    template <body_source S>
    transcription_request(std::string model_name, S audio, std::string file_name_)
        : model(std::move(model_name)),
          file_name(std::move(file_name_)),
          audio_(detail::hold_source(std::move(audio)))
    {}

    std::string model; ///< May be empty if the URL of the endpoint names the deployment.
    std::string file_name;
    std::string media_type = "application/octet-stream";
    std::optional<std::string> language; ///< Of the speech, by ISO 639-1: `en`. Helps the model; not for translations.
    std::optional<std::string> prompt;   ///< Words that may be said, or the text before this.
    /// `json` (not set), `verbose_json` (whisper: with times), `text`, `srt` and `vtt` (subtitles), `diarized_json` (who says what).
    std::optional<std::string> response_format;
    std::optional<double> temperature;                 ///< 0 to 1
    std::vector<std::string> timestamp_granularities;  ///< `word`, `segment`: times in `verbose_json`; empty: segments.
    std::vector<std::string> include;                  ///< `logprobs`
    std::optional<std::string> chunking_strategy;      ///< `auto`, or an object of JSON as text.
    std::vector<std::string> known_speaker_names;      ///< At most 4.
    std::vector<std::string> known_speaker_references; ///< Their voices, 2 to 10 seconds each, as data URLs.
    /// Further fields of the form: name and value.
    std::vector<std::pair<std::string, std::string>> extra;

private:
    friend class speech;

    std::shared_ptr<http::byte_source> audio_;
};

/// A word and when it is said.
struct transcribed_word
{
    transcribed_word() = default;

    std::string word;
    double start = 0; ///< In seconds from the beginning.
    double end = 0;
    boost::json::object extra;

    friend bool operator==(transcribed_word const&, transcribed_word const&) = default;
};
BOOST_DESCRIBE_STRUCT(transcribed_word, (), (word, start, end, extra))

/// A part of the speech and when it is said. Wire format: `TranscriptionSegment`, `TranscriptionDiarizedSegment` (OpenAI).
struct transcribed_segment
{
    transcribed_segment() = default;

    std::variant<std::monostate, std::int64_t, std::string> id; ///< A text in `diarized_json`.
    double start = 0;                                           ///< In seconds from the beginning.
    double end = 0;
    std::string text;
    std::string speaker;              ///< `A`, `B`, or a known name; in `diarized_json`.
    std::vector<std::int64_t> tokens; ///< In `verbose_json`, as all that follow.
    std::optional<std::int64_t> seek;
    std::optional<double> temperature;
    std::optional<double> avg_logprob;       ///< Below -1: the probabilities tell nothing.
    std::optional<double> compression_ratio; ///< Above 2.4: the text repeats itself.
    std::optional<double> no_speech_prob;
    boost::json::object extra;

    friend bool operator==(transcribed_segment const&, transcribed_segment const&) = default;
};
BOOST_DESCRIBE_STRUCT(transcribed_segment, (),
                      (id, start, end, text, speaker, tokens, seek, temperature, avg_logprob, compression_ratio,
                       no_speech_prob, extra))

/// Parts of `transcription_usage::input_tokens`.
struct transcription_input_details
{
    transcription_input_details() = default;

    std::int64_t text_tokens = 0;
    std::int64_t audio_tokens = 0;
    boost::json::object extra;

    friend bool operator==(transcription_input_details const&, transcription_input_details const&) = default;
};
BOOST_DESCRIBE_STRUCT(transcription_input_details, (), (text_tokens, audio_tokens, extra))

/// What is billed for a transcription: tokens, or for Whisper seconds. Wire format: `TranscriptTextUsageTokens` and
/// `TranscriptTextUsageDuration` (OpenAI); Azure reports none for Whisper.
struct transcription_usage
{
    transcription_usage() = default;

    std::string type; ///< `tokens` or `duration`
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t total_tokens = 0;
    transcription_input_details input_token_details;
    std::optional<double> seconds;
    boost::json::object extra;

    friend bool operator==(transcription_usage const&, transcription_usage const&) = default;
};
BOOST_DESCRIBE_STRUCT(transcription_usage, (),
                      (type, input_tokens, output_tokens, total_tokens, input_token_details, seconds, extra))

/// The transcription of audio. Wire format: `CreateTranscriptionResponseJson`, `...VerboseJson`, `...DiarizedJson` (OpenAI).
struct transcription : answer
{
    transcription() = default;

    std::string text; ///< For `text`, `srt` and `vtt`: the whole response.
    std::string task; ///< `transcribe` or `translate`; in `verbose_json`, as `language` and `duration`.
    std::string language;
    std::optional<double> duration; ///< In seconds.
    std::vector<transcribed_segment> segments;
    std::vector<transcribed_word> words;
    std::vector<token_logprob> logprobs;
    std::optional<transcription_usage> usage;
    boost::json::object extra; ///< Other members.
};
BOOST_DESCRIBE_STRUCT(transcription, (), (text, task, language, duration, segments, words, logprobs, usage, extra))

/// Type of a `transcription_event`.
enum class transcription_event_type
{
    delta,
    segment,
    done
};
inline constexpr std::string_view transcription_event_type_names[] = {
    "transcript.text.delta", "transcript.text.segment", "transcript.text.done"};
constexpr auto& wire_names(transcription_event_type) { return transcription_event_type_names; }

/// A part of a transcription that arrives in events. Wire format: `TranscriptTextDeltaEvent`, `...SegmentEvent`, `...DoneEvent` (OpenAI).
struct transcription_event
{
    transcription_event() = default;

    open_enum<transcription_event_type> type;
    std::string delta;      ///< More of the text, in `delta`.
    std::string segment_id; ///< The segment that this is part of, if it is known who speaks.
    std::string text;       ///< The whole text in `done`, that of the segment in `segment`.
    std::string id;         ///< In `segment`, as `start`, `end` (in seconds) and `speaker`.
    std::optional<double> start;
    std::optional<double> end;
    std::string speaker;
    std::vector<token_logprob> logprobs;
    std::optional<transcription_usage> usage; ///< In `done`.
    boost::json::object extra;                ///< Other members.

    friend bool operator==(transcription_event const&, transcription_event const&) = default;
};
BOOST_DESCRIBE_STRUCT(transcription_event, (),
                      (type, delta, segment_id, text, id, start, end, speaker, logprobs, usage, extra))

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/transcription.ipp>
#endif
