// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/response.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a realtime session and its program tell each other. `foundry::realtime` of <foundry/realtime.hpp> opens a session.
/// <foundry/chat_message.hpp> explains the rules that all described classes share.
///
/// Source of the wire format: OpenAI, "Realtime" (GA); learn.microsoft.com, "GPT realtime API". The names are those of the GA version; a
/// session of the preview version is translated to them.
namespace foundry::inline FOUNDRY_ABI {

/// @name Settings of a session
/// @{

/// How samples are written.
struct realtime_audio_format
{
    realtime_audio_format() = default;

    /// `audio/pcm`; `audio/pcmu` and `audio/pcma` are for telephony: append() and samples() do not take them.
    std::string type = "audio/pcm";
    std::optional<std::int64_t> rate; ///< In Hz: 24,000 for `audio/pcm`.
    boost::json::object extra;

    friend bool operator==(realtime_audio_format const&, realtime_audio_format const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_audio_format, (), (type, rate, extra))

/// How the service finds the end of what the user says.
struct turn_detection
{
    turn_detection() = default;

    std::string type = "server_vad";                 ///< By silence; `semantic_vad`: by the words.
    std::optional<double> threshold;                 ///< Loudness that is speech, 0 to 1.
    std::optional<std::int64_t> prefix_padding_ms;   ///< Audio before the speech that belongs to it.
    std::optional<std::int64_t> silence_duration_ms; ///< Silence that ends a turn.
    std::optional<std::int64_t> idle_timeout_ms;     ///< The model speaks after so much silence, 5,000 to 30,000.
    std::optional<bool> create_response;             ///< Whether the model answers at the end of a turn.
    std::optional<bool> interrupt_response;          ///< Whether speech ends an answer.
    std::optional<std::string> eagerness;            ///< Of `semantic_vad`: `low`, `medium`, `high`, `auto`
    boost::json::object extra;

    friend bool operator==(turn_detection const&, turn_detection const&) = default;
};
BOOST_DESCRIBE_STRUCT(turn_detection, (),
                      (type, threshold, prefix_padding_ms, silence_duration_ms, idle_timeout_ms, create_response,
                       interrupt_response, eagerness, extra))

/// How the service writes down what the user says.
struct input_transcription
{
    input_transcription() = default;
    explicit input_transcription(std::string deployment) : model(std::move(deployment)) {}

    std::optional<std::string> model;    ///< On Azure a deployment, such as one of `gpt-4o-mini-transcribe`.
    std::optional<std::string> language; ///< ISO 639-1, such as `en`.
    std::optional<std::string> prompt;
    boost::json::object extra;

    friend bool operator==(input_transcription const&, input_transcription const&) = default;
};
BOOST_DESCRIBE_STRUCT(input_transcription, (), (model, language, prompt, extra))

/// What the session hears.
struct realtime_audio_input
{
    realtime_audio_input() = default;

    std::optional<realtime_audio_format> format;
    std::optional<input_transcription> transcription; ///< Not set: what the user says is not written down.
    std::optional<foundry::turn_detection> turn_detection;
    boost::json::object extra;

    friend bool operator==(realtime_audio_input const&, realtime_audio_input const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_audio_input, (), (format, transcription, turn_detection, extra))

/// How the model speaks.
struct realtime_audio_output
{
    realtime_audio_output() = default;

    std::optional<realtime_audio_format> format;
    std::optional<std::string> voice; ///< Such as `alloy`; cannot change after the model has spoken.
    std::optional<double> speed;      ///< 0.25 to 1.5
    boost::json::object extra;

    friend bool operator==(realtime_audio_output const&, realtime_audio_output const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_audio_output, (), (format, voice, speed, extra))

/// Both directions of the audio.
struct realtime_audio
{
    realtime_audio() = default;

    std::optional<realtime_audio_input> input;
    std::optional<realtime_audio_output> output;
    boost::json::object extra;

    friend bool operator==(realtime_audio const&, realtime_audio const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_audio, (), (input, output, extra))

/// Settings of a session, of which only those that are set change; and as the service reports them.
struct realtime_settings
{
    realtime_settings() = default;

    /// Answers in text (`text`) or in speech with its transcript (`audio`).
    realtime_settings& answer_in(std::string modality);
    /// The program says where a turn ends: `realtime_session::commit()`.
    realtime_settings& push_to_talk();
    /// Writes down what the user says.
    realtime_settings& transcribe_with(std::string deployment);

    std::optional<std::string> type; ///< `realtime` or `transcription`; not set: as the session.
    std::optional<std::string> id;   ///< From the service.
    std::optional<std::string> model;
    std::vector<std::string> output_modalities; ///< One of `text` and `audio`.
    std::optional<std::string> instructions;
    std::vector<boost::json::value> tools; ///< Functions and the service's own tools, as JSON objects.
    std::variant<std::monostate, open_enum<tool_mode>, boost::json::object> tool_choice;
    boost::json::value max_output_tokens; ///< A number, or `inf`.
    std::optional<realtime_audio> audio;
    std::optional<std::int64_t> expires_at; ///< From the service: seconds since 1970.
    boost::json::object extra;              ///< Such as `truncation`, `tracing` and `prompt`.

    friend bool operator==(realtime_settings const&, realtime_settings const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_settings, (),
                      (type, id, model, output_modalities, instructions, tools, tool_choice, max_output_tokens, audio,
                       expires_at, extra))

/// @}

/// @name Items
/// @{

/// A part of a message.
struct realtime_content
{
    realtime_content() = default;
    realtime_content(std::string kind, std::string words) : type(std::move(kind)), text(std::move(words)) {}

    std::string type;                ///< `input_text`, `input_audio`, `input_image`, `output_text`, `output_audio`
    std::optional<std::string> text; ///< `input_text`, `output_text`
    std::optional<std::string> transcript; ///< `input_audio`, `output_audio`: what is said.
    std::optional<std::string> audio;      ///< `input_audio`: base64 of the samples.
    std::optional<std::string> image_url;  ///< `input_image`: `data:image/...;base64,...`
    boost::json::object extra;

    friend bool operator==(realtime_content const&, realtime_content const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_content, (), (type, text, transcript, audio, image_url, extra))

/// A message of a conversation: a `response_item` of type `message`.
struct realtime_message
{
    realtime_message() = default;
    /// A message with a text; of the assistant it is `output_text`.
    realtime_message(open_enum<chat_role> who, std::string words);

    /// All texts and transcripts of the content.
    std::string text() const;

    std::string type = "message";
    std::optional<std::string> id;
    open_enum<chat_role> role;
    std::vector<realtime_content> content;
    std::optional<std::string> status; ///< `completed`, `in_progress`, `incomplete`
    boost::json::object extra;

    friend bool operator==(realtime_message const&, realtime_message const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_message, (), (type, id, role, content, status, extra))

/// @}

/// @name Responses
/// @{

/// Tokens that a response used.
struct realtime_usage
{
    realtime_usage() = default;

    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t total_tokens = 0;
    prompt_tokens_details input_token_details;
    completion_tokens_details output_token_details;
    boost::json::object extra;

    friend bool operator==(realtime_usage const&, realtime_usage const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_usage, (),
                      (input_tokens, output_tokens, total_tokens, input_token_details, output_token_details, extra))

/// An answer of the model.
struct realtime_response
{
    realtime_response() = default;

    /// The functions that it calls.
    std::vector<function_call> tool_calls() const;
    /// All texts and transcripts of its messages.
    std::string text() const;

    std::string id;
    std::string status;                 ///< `in_progress`, `completed`, `cancelled`, `incomplete`, `failed`
    boost::json::object status_details; ///< Why it is not completed.
    std::vector<response_item> output;
    std::optional<realtime_usage> usage;
    boost::json::object extra;

    friend bool operator==(realtime_response const&, realtime_response const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_response, (), (id, status, status_details, output, usage, extra))

/// What a response is to be, if not as the session says.
struct realtime_response_options
{
    realtime_response_options() = default;

    std::optional<std::string> conversation; ///< `none`: it does not become a part of the conversation.
    std::vector<std::string> output_modalities;
    std::optional<std::string> instructions;
    std::vector<boost::json::value> tools;
    std::variant<std::monostate, open_enum<tool_mode>, boost::json::object> tool_choice;
    boost::json::value max_output_tokens; ///< A number, or `inf`.
    std::vector<response_item> input;     ///< In the place of the conversation.
    boost::json::object metadata;         ///< Comes back with the response; texts.
    boost::json::object extra;

    friend bool operator==(realtime_response_options const&, realtime_response_options const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_response_options, (),
                      (conversation, output_modalities, instructions, tools, tool_choice, max_output_tokens, input,
                       metadata, extra))

/// @}

/// @name Events
/// @{

/// Type of a `realtime_event`: its name on the wire with underscores, and without "response" and "conversation". The names of the preview
/// version are read as these. Services add types without notice.
enum class realtime_event_type
{
    error,
    session_created,
    session_updated,
    session_expiring, ///< From the library: see `realtime_options::expiry_notice`.
    conversation_created,
    item_added,
    item_done,
    item_retrieved,
    item_truncated,
    item_deleted,
    input_transcription_delta,
    input_transcription_completed,
    input_transcription_failed,
    input_transcription_segment,
    input_audio_committed,
    input_audio_cleared,
    speech_started,
    speech_stopped,
    input_audio_timeout,
    response_created,
    response_done,
    output_item_added,
    output_item_done,
    content_part_added,
    content_part_done,
    output_text_delta,
    output_text_done,
    output_audio_delta,
    output_audio_done,
    output_transcript_delta,
    output_transcript_done,
    function_arguments_delta,
    function_arguments_done,
    mcp_call_in_progress,
    mcp_call_completed,
    mcp_call_failed,
    mcp_arguments_delta,
    mcp_arguments_done,
    mcp_list_tools_in_progress,
    mcp_list_tools_completed,
    mcp_list_tools_failed,
    rate_limits_updated
};
inline constexpr std::string_view realtime_event_type_names[] = {
    "error",
    "session.created",
    "session.updated",
    "session.expiring",
    "conversation.created",
    "conversation.item.added",
    "conversation.item.done",
    "conversation.item.retrieved",
    "conversation.item.truncated",
    "conversation.item.deleted",
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.completed",
    "conversation.item.input_audio_transcription.failed",
    "conversation.item.input_audio_transcription.segment",
    "input_audio_buffer.committed",
    "input_audio_buffer.cleared",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.timeout_triggered",
    "response.created",
    "response.done",
    "response.output_item.added",
    "response.output_item.done",
    "response.content_part.added",
    "response.content_part.done",
    "response.output_text.delta",
    "response.output_text.done",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.delta",
    "response.output_audio_transcript.done",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.mcp_call.in_progress",
    "response.mcp_call.completed",
    "response.mcp_call.failed",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
    "mcp_list_tools.in_progress",
    "mcp_list_tools.completed",
    "mcp_list_tools.failed",
    "rate_limits.updated"};
constexpr auto& wire_names(realtime_event_type) { return realtime_event_type_names; }

/// What went wrong in a session, which mostly goes on.
struct realtime_failure
{
    realtime_failure() = default;

    std::string type;                ///< Such as `invalid_request_error`.
    std::optional<std::string> code; ///< Such as `response_cancel_not_active`.
    std::string message;
    std::optional<std::string> param;
    std::optional<std::string> event_id; ///< Of the program's event that it is about.
    boost::json::object extra;

    friend bool operator==(realtime_failure const&, realtime_failure const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_failure, (), (type, code, message, param, event_id, extra))

/// A limit of the account, in `rate_limits_updated`.
struct realtime_rate_limit
{
    realtime_rate_limit() = default;

    std::string name; ///< `requests`, `tokens`
    std::int64_t limit = 0;
    std::int64_t remaining = 0;
    double reset_seconds = 0;
    boost::json::object extra;

    friend bool operator==(realtime_rate_limit const&, realtime_rate_limit const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_rate_limit, (), (name, limit, remaining, reset_seconds, extra))

/// An event of a session: the members of all types, of which each has some. Wire format: `RealtimeServerEvent` (OpenAI).
struct realtime_event
{
    realtime_event() = default;

    /// Text that the event adds to the answer, written or said; empty for all but `output_text_delta` and `output_transcript_delta`. The
    /// view is valid until the event changes.
    std::string_view text() const noexcept;
    /// Samples that the event adds to the answer: of `output_audio_delta` in the format `audio/pcm`, 24,000 a second; else empty. If the
    /// session speaks another format, `delta` has its bytes as base64, and this is of no use.
    ///
    /// @throws foundry::error (`errc::unexpected_reply`) if they are not base64 of whole samples.
    std::vector<std::int16_t> samples() const;
    /// The event, as received.
    std::string const& raw() const noexcept { return raw_; }
    std::string& raw_storage() noexcept { return raw_; }

    open_enum<realtime_event_type> type;
    std::string event_id;
    std::optional<realtime_failure> error;    ///< `error`, `input_transcription_failed`
    std::optional<realtime_settings> session; ///< `session_...`
    std::string response_id;
    std::string item_id;
    std::optional<std::string> previous_item_id; ///< Not set: the item is the first.
    std::optional<std::int64_t> output_index;
    std::optional<std::int64_t> content_index;
    std::string delta;                          ///< Next piece of a text, of arguments, of audio in base64.
    std::optional<std::string> text_;           ///< `output_text_done`
    std::optional<std::string> transcript;      ///< `output_transcript_done`, `input_transcription_completed`
    std::optional<std::string> call_id;         ///< `function_arguments_...`
    std::optional<std::string> name;            ///< `function_arguments_done`
    std::optional<std::string> arguments;       ///< `function_arguments_done`
    std::optional<std::int64_t> audio_start_ms; ///< `speech_started`: since the session began.
    std::optional<std::int64_t> audio_end_ms;   ///< `speech_stopped`, `item_truncated`
    std::optional<response_item> item;          ///< `item_...`, `output_item_...`
    std::optional<realtime_content> part;       ///< `content_part_...`; its types are `text` and `audio`.
    std::optional<realtime_response> response;  ///< `response_created`, `response_done`
    std::vector<realtime_rate_limit> rate_limits;
    boost::json::object extra; ///< Such as `usage` of `input_transcription_completed`.

private:
    std::string raw_;
};
BOOST_DESCRIBE_STRUCT(realtime_event, (),
                      (type, event_id, error, session, response_id, item_id, previous_item_id, output_index,
                       content_index, delta, text_, transcript, call_id, name, arguments, audio_start_ms, audio_end_ms,
                       item, part, response, rate_limits, extra))

/// What a program tells a session: the members of all types, of which each has some. `realtime_session` has a function for each type.
/// Wire format: `RealtimeClientEvent` (OpenAI).
struct realtime_command
{
    realtime_command() = default;
    explicit realtime_command(std::string name) : type(std::move(name)) {}

    std::string type;                    ///< Such as `conversation.item.create`.
    std::optional<std::string> event_id; ///< Of the program's choice; an `error` refers to it.
    std::optional<realtime_settings> session;
    std::optional<std::string> audio; ///< Base64 of samples.
    std::optional<std::string> previous_item_id;
    std::optional<response_item> item;
    std::optional<std::string> item_id;
    std::optional<std::int64_t> content_index;
    std::optional<std::int64_t> audio_end_ms;
    std::optional<realtime_response_options> response;
    std::optional<std::string> response_id;
    boost::json::object extra;

    friend bool operator==(realtime_command const&, realtime_command const&) = default;
};
BOOST_DESCRIBE_STRUCT(realtime_command, (),
                      (type, event_id, session, audio, previous_item_id, item, item_id, content_index, audio_end_ms,
                       response, response_id, extra))

/// @}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/realtime_event.ipp>
#endif
