// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/response.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

/// Type of a `response_event`: its name on the wire without the first word, with underscores. Other spellings that Azure has for some, such
/// as `response.reasoning_summary.delta`, are read as these. Services add types without notice.
enum class response_event_type
{
    created,
    queued,
    in_progress,
    completed,
    incomplete,
    failed,
    output_item_added,
    output_item_done,
    content_part_added,
    content_part_done,
    output_text_delta,
    output_text_done,
    output_text_annotation_added,
    refusal_delta,
    refusal_done,
    reasoning_summary_part_added,
    reasoning_summary_part_done,
    reasoning_summary_text_delta,
    reasoning_summary_text_done,
    reasoning_text_delta,
    reasoning_text_done,
    function_call_arguments_delta,
    function_call_arguments_done,
    custom_tool_call_input_delta,
    custom_tool_call_input_done,
    file_search_call_in_progress,
    file_search_call_searching,
    file_search_call_completed,
    web_search_call_in_progress,
    web_search_call_searching,
    web_search_call_completed,
    code_interpreter_call_in_progress,
    code_interpreter_call_code_delta,
    code_interpreter_call_code_done,
    code_interpreter_call_interpreting,
    code_interpreter_call_completed,
    image_generation_call_in_progress,
    image_generation_call_generating,
    image_generation_call_partial_image,
    image_generation_call_completed,
    mcp_list_tools_in_progress,
    mcp_list_tools_completed,
    mcp_list_tools_failed,
    mcp_call_in_progress,
    mcp_call_arguments_delta,
    mcp_call_arguments_done,
    mcp_call_completed,
    mcp_call_failed,
    shell_call_command_added,
    shell_call_command_delta,
    shell_call_command_done,
    shell_call_output_content_delta,
    shell_call_output_content_done,
    audio_delta,
    audio_done,
    audio_transcript_delta,
    audio_transcript_done,
    keepalive
};
inline constexpr std::string_view response_event_type_names[] = {"response.created",
                                                                 "response.queued",
                                                                 "response.in_progress",
                                                                 "response.completed",
                                                                 "response.incomplete",
                                                                 "response.failed",
                                                                 "response.output_item.added",
                                                                 "response.output_item.done",
                                                                 "response.content_part.added",
                                                                 "response.content_part.done",
                                                                 "response.output_text.delta",
                                                                 "response.output_text.done",
                                                                 "response.output_text.annotation.added",
                                                                 "response.refusal.delta",
                                                                 "response.refusal.done",
                                                                 "response.reasoning_summary_part.added",
                                                                 "response.reasoning_summary_part.done",
                                                                 "response.reasoning_summary_text.delta",
                                                                 "response.reasoning_summary_text.done",
                                                                 "response.reasoning_text.delta",
                                                                 "response.reasoning_text.done",
                                                                 "response.function_call_arguments.delta",
                                                                 "response.function_call_arguments.done",
                                                                 "response.custom_tool_call_input.delta",
                                                                 "response.custom_tool_call_input.done",
                                                                 "response.file_search_call.in_progress",
                                                                 "response.file_search_call.searching",
                                                                 "response.file_search_call.completed",
                                                                 "response.web_search_call.in_progress",
                                                                 "response.web_search_call.searching",
                                                                 "response.web_search_call.completed",
                                                                 "response.code_interpreter_call.in_progress",
                                                                 "response.code_interpreter_call_code.delta",
                                                                 "response.code_interpreter_call_code.done",
                                                                 "response.code_interpreter_call.interpreting",
                                                                 "response.code_interpreter_call.completed",
                                                                 "response.image_generation_call.in_progress",
                                                                 "response.image_generation_call.generating",
                                                                 "response.image_generation_call.partial_image",
                                                                 "response.image_generation_call.completed",
                                                                 "response.mcp_list_tools.in_progress",
                                                                 "response.mcp_list_tools.completed",
                                                                 "response.mcp_list_tools.failed",
                                                                 "response.mcp_call.in_progress",
                                                                 "response.mcp_call_arguments.delta",
                                                                 "response.mcp_call_arguments.done",
                                                                 "response.mcp_call.completed",
                                                                 "response.mcp_call.failed",
                                                                 "response.shell_call_command.added",
                                                                 "response.shell_call_command.delta",
                                                                 "response.shell_call_command.done",
                                                                 "response.shell_call_output_content.delta",
                                                                 "response.shell_call_output_content.done",
                                                                 "response.audio.delta",
                                                                 "response.audio.done",
                                                                 "response.audio.transcript.delta",
                                                                 "response.audio.transcript.done",
                                                                 "keepalive"};
constexpr auto& wire_names(response_event_type) { return response_event_type_names; }

/// One event of a stream: the members of all types, of which each has some. Wire format: `ResponseStreamEvent` (OpenAI).
struct response_event
{
    response_event() = default;

    /// Text that the event adds to the answer; empty for all but `output_text_delta`. The view is valid until the event changes.
    std::string_view text() const noexcept
    {
        return type == response_event_type::output_text_delta ? std::string_view(delta) : std::string_view();
    }
    /// Data of the event, as received.
    std::string const& raw() const noexcept { return raw_; }
    std::string& raw_storage() noexcept { return raw_; }

    open_enum<response_event_type> type;
    std::optional<std::int64_t> sequence_number; ///< 0, 1, 2, ...; some servers send none.
    std::string item_id;
    std::optional<std::int64_t> output_index;
    std::optional<std::int64_t> content_index;
    std::optional<std::int64_t> summary_index;
    std::string delta;                         ///< Next piece of a text, of arguments, of code, of audio in base64.
    std::optional<std::string> text_;          ///< All of it, in an event `..._done`.
    std::optional<std::string> refusal;        ///< `refusal_done`
    std::optional<std::string> name;           ///< Of the function, in some `function_call_arguments_done`.
    std::optional<std::string> arguments;      ///< `..._arguments_done`: not valid JSON if the answer was cut off.
    std::optional<std::string> code;           ///< `code_interpreter_call_code_done`
    std::optional<response_item> item;         ///< `output_item_added`, `output_item_done`
    std::optional<response_content> part;      ///< `content_part_...`, `reasoning_summary_part_...`
    std::optional<text_annotation> annotation; ///< `output_text_annotation_added`
    std::optional<std::string> partial_image_b64;
    std::optional<foundry::response> response; ///< `created`, `queued`, `in_progress`, `completed`, `incomplete`
    std::optional<std::string> obfuscation;    ///< Random characters that hide the size of `delta`.
    boost::json::object extra;

private:
    std::string raw_;
};
BOOST_DESCRIBE_STRUCT(response_event, (),
                      (type, sequence_number, item_id, output_index, content_index, summary_index, delta, text_,
                       refusal, name, arguments, code, item, part, annotation, partial_image_b64, response, obfuscation,
                       extra))

} // namespace foundry::inline FOUNDRY_ABI
