// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/error_writer.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

enum class type
{
    boolean,
    integer,
    number,
    string,
    array,
    object,
    string_or_array,
    string_or_object,
    anything
};

/// A member that an object may have.
class member
{
public:
    std::string_view name;
    type expected;
    bool in_model_inference = true; ///< Whether the Model Inference API accepts it without `extra-parameters`.
};

using members = std::span<member const>;

FOUNDRY_DECL members chat_members()
{
    static constexpr std::array<member, 40> list = {{
        {"messages", type::array},
        {"model", type::string},
        {"stream", type::boolean},
        {"frequency_penalty", type::number},
        {"presence_penalty", type::number},
        {"temperature", type::number},
        {"top_p", type::number},
        {"max_tokens", type::integer},
        {"stop", type::string_or_array},
        {"seed", type::integer},
        {"response_format", type::object},
        {"tools", type::array},
        {"tool_choice", type::string_or_object},
        {"modalities", type::array},
        {"user_security_context", type::object},
        {"n", type::integer, false},
        {"logit_bias", type::object, false},
        {"logprobs", type::boolean, false},
        {"top_logprobs", type::integer, false},
        {"parallel_tool_calls", type::boolean, false},
        {"stream_options", type::object, false},
        {"max_completion_tokens", type::integer, false},
        {"reasoning_effort", type::string, false},
        {"prediction", type::object, false},
        {"audio", type::object, false},
        {"store", type::boolean, false},
        {"metadata", type::object, false},
        {"data_sources", type::array, false},
        {"user", type::string, false},
        {"functions", type::array, false},
        {"function_call", type::string_or_object, false},
        {"verbosity", type::string, false},
        {"service_tier", type::string, false},
        {"prompt_cache_key", type::string, false},
        {"prompt_cache_retention", type::string, false},
        {"safety_identifier", type::string, false},
        {"web_search_options", type::object, false},
        {"moderation", type::object, false},
        {"enforced_access_control", type::object, false},
        {"thinking", type::object, false},
    }};
    return list;
}

FOUNDRY_DECL members embedding_members()
{
    static constexpr std::array<member, 6> list = {{
        {"input", type::string_or_array},
        {"model", type::string},
        {"dimensions", type::integer},
        {"encoding_format", type::string},
        {"input_type", type::string},
        {"user", type::string, false},
    }};
    return list;
}

FOUNDRY_DECL members image_embedding_members()
{
    static constexpr std::array<member, 5> list = {{
        {"input", type::array},
        {"model", type::string},
        {"dimensions", type::integer},
        {"encoding_format", type::string},
        {"input_type", type::string},
    }};
    return list;
}

FOUNDRY_DECL members image_input_members()
{
    static constexpr std::array<member, 2> list = {{{"image", type::string}, {"text", type::string}}};
    return list;
}

FOUNDRY_DECL members image_members()
{
    static constexpr std::array<member, 9> list = {{
        {"prompt", type::string},
        {"model", type::string},
        {"n", type::integer},
        {"size", type::string_or_object},
        {"quality", type::string},
        {"output_format", type::string},
        {"seed", type::integer},
        {"negative_prompt", type::string},
        {"image_prompt", type::object},
    }};
    return list;
}

FOUNDRY_DECL members openai_image_members()
{
    static constexpr std::array<member, 14> list = {{
        {"prompt", type::string},
        {"model", type::string},
        {"n", type::integer},
        {"size", type::string},
        {"quality", type::string},
        {"output_format", type::string},
        {"style", type::string},
        {"response_format", type::string},
        {"background", type::string},
        {"output_compression", type::integer},
        {"moderation", type::string},
        {"partial_images", type::integer},
        {"stream", type::boolean},
        {"user", type::string},
    }};
    return list;
}

FOUNDRY_DECL members speech_members()
{
    static constexpr std::array<member, 7> list = {{
        {"model", type::string},
        {"input", type::string},
        {"voice", type::string},
        {"instructions", type::string},
        {"response_format", type::string},
        {"speed", type::number},
        {"stream_format", type::string},
    }};
    return list;
}

FOUNDRY_DECL members batch_members()
{
    static constexpr std::array<member, 5> list = {{
        {"input_file_id", type::string},
        {"endpoint", type::string},
        {"completion_window", type::string},
        {"metadata", type::object},
        {"output_expires_after", type::object},
    }};
    return list;
}

FOUNDRY_DECL members response_members()
{
    static constexpr std::array<member, 27> list = {{
        {"model", type::string},
        {"input", type::string_or_array},
        {"instructions", type::string},
        {"previous_response_id", type::string},
        {"tools", type::array},
        {"tool_choice", type::string_or_object},
        {"parallel_tool_calls", type::boolean},
        {"max_output_tokens", type::integer},
        {"max_tool_calls", type::integer},
        {"text", type::object},
        {"reasoning", type::object},
        {"include", type::array},
        {"store", type::boolean},
        {"background", type::boolean},
        {"stream", type::boolean},
        {"truncation", type::string},
        {"temperature", type::number},
        {"top_p", type::number},
        {"top_logprobs", type::integer},
        {"metadata", type::object},
        {"user", type::string},
        {"prompt", type::object},
        {"stream_options", type::object},
        {"service_tier", type::string},
        {"safety_identifier", type::string},
        {"prompt_cache_key", type::string},
        {"prompt_cache_retention", type::string},
    }};
    return list;
}

FOUNDRY_DECL members response_item_members(std::string_view kind)
{
    static constexpr std::array<member, 6> message = {{{"type", type::string},
                                                       {"id", type::string},
                                                       {"role", type::string},
                                                       {"content", type::string_or_array},
                                                       {"status", type::string},
                                                       {"phase", type::string}}};
    static constexpr std::array<member, 6> call = {{{"type", type::string},
                                                    {"id", type::string},
                                                    {"call_id", type::string},
                                                    {"name", type::string},
                                                    {"arguments", type::string},
                                                    {"status", type::string}}};
    static constexpr std::array<member, 5> output = {{{"type", type::string},
                                                      {"id", type::string},
                                                      {"call_id", type::string},
                                                      {"output", type::string_or_array},
                                                      {"status", type::string}}};
    static constexpr std::array<member, 6> reasoning = {{{"type", type::string},
                                                         {"id", type::string},
                                                         {"summary", type::array},
                                                         {"content", type::array},
                                                         {"encrypted_content", type::string},
                                                         {"status", type::string}}};
    static constexpr std::array<member, 2> reference = {{{"type", type::string}, {"id", type::string}}};
    static constexpr std::array<member, 4> search = {
        {{"type", type::string}, {"id", type::string}, {"status", type::string}, {"action", type::object}}};
    static constexpr std::array<member, 6> interpreted = {{{"type", type::string},
                                                           {"id", type::string},
                                                           {"status", type::string},
                                                           {"code", type::string},
                                                           {"container_id", type::string},
                                                           {"outputs", type::array}}};
    static constexpr std::array<member, 5> listed = {{{"type", type::string},
                                                      {"id", type::string},
                                                      {"server_label", type::string},
                                                      {"tools", type::array},
                                                      {"error", type::string}}};
    static constexpr std::array<member, 9> mcp_call = {{{"type", type::string},
                                                        {"id", type::string},
                                                        {"approval_request_id", type::string},
                                                        {"arguments", type::string},
                                                        {"error", type::anything},
                                                        {"name", type::string},
                                                        {"output", type::string},
                                                        {"server_label", type::string},
                                                        {"status", type::string}}};
    static constexpr std::array<member, 5> wanted = {{{"type", type::string},
                                                      {"id", type::string},
                                                      {"arguments", type::string},
                                                      {"name", type::string},
                                                      {"server_label", type::string}}};
    static constexpr std::array<member, 5> approval = {{{"type", type::string},
                                                        {"id", type::string},
                                                        {"approval_request_id", type::string},
                                                        {"approve", type::boolean},
                                                        {"reason", type::string}}};
    return kind == "message"                 ? members(message)
           : kind == "function_call"         ? members(call)
           : kind == "function_call_output"  ? members(output)
           : kind == "reasoning"             ? members(reasoning)
           : kind == "item_reference"        ? members(reference)
           : kind == "web_search_call"       ? members(search)
           : kind == "code_interpreter_call" ? members(interpreted)
           : kind == "mcp_list_tools"        ? members(listed)
           : kind == "mcp_call"              ? members(mcp_call)
           : kind == "mcp_approval_request"  ? members(wanted)
           : kind == "mcp_approval_response" ? members(approval)
                                             : members();
}

/// The members of a tool; none if the emulator does not have it.
FOUNDRY_DECL members response_tool_members(std::string_view kind)
{
    static constexpr std::array<member, 5> function = {{{"type", type::string},
                                                        {"name", type::string},
                                                        {"description", type::string},
                                                        {"parameters", type::object},
                                                        {"strict", type::boolean}}};
    static constexpr std::array<member, 4> search = {{{"type", type::string},
                                                      {"search_content_types", type::array},
                                                      {"search_context_size", type::string},
                                                      {"user_location", type::object}}};
    static constexpr std::array<member, 2> interpreter = {
        {{"type", type::string}, {"container", type::string_or_object}}};
    static constexpr std::array<member, 8> mcp = {{{"type", type::string},
                                                   {"allowed_tools", type::anything},
                                                   {"authorization", type::string},
                                                   {"headers", type::object},
                                                   {"require_approval", type::string_or_object},
                                                   {"server_description", type::string},
                                                   {"server_label", type::string},
                                                   {"server_url", type::string}}};
    return kind == "function"                       ? members(function)
           : kind.starts_with("web_search_preview") ? members(search)
           : kind == "code_interpreter"             ? members(interpreter)
           : kind == "mcp"                          ? members(mcp)
                                                    : members();
}

FOUNDRY_DECL members response_reasoning_members()
{
    static constexpr std::array<member, 4> list = {
        {{"effort", type::string}, {"summary", type::string}, {"context", type::string}, {"mode", type::string}}};
    return list;
}

FOUNDRY_DECL members response_stream_option_members()
{
    static constexpr std::array<member, 1> list = {{{"include_obfuscation", type::boolean}}};
    return list;
}

FOUNDRY_DECL members response_format_members()
{
    static constexpr std::array<member, 5> list = {{{"type", type::string},
                                                    {"name", type::string},
                                                    {"description", type::string},
                                                    {"schema", type::object},
                                                    {"strict", type::boolean}}};
    return list;
}

FOUNDRY_DECL members completion_members()
{
    static constexpr std::array<member, 18> list = {{
        {"model", type::string},
        {"prompt", type::string_or_array},
        {"max_tokens", type::integer},
        {"temperature", type::number},
        {"top_p", type::number},
        {"n", type::integer},
        {"stream", type::boolean},
        {"stream_options", type::object},
        {"stop", type::string_or_array},
        {"presence_penalty", type::number},
        {"frequency_penalty", type::number},
        {"logit_bias", type::object},
        {"seed", type::integer},
        {"user", type::string},
        {"logprobs", type::integer},
        {"echo", type::boolean},
        {"suffix", type::string},
        {"best_of", type::integer},
    }};
    return list;
}

FOUNDRY_DECL members thread_members()
{
    static constexpr std::array<member, 8> list = {{
        {"messages", type::array},
        {"tool_resources", type::object},
        {"metadata", type::object},
        {"role", type::string},
        {"content", type::string_or_array},
        {"assistant_id", type::string},
        {"instructions", type::string},
        {"stream", type::boolean},
    }};
    return list;
}

FOUNDRY_DECL members message_members()
{
    static constexpr std::array<member, 9> list = {{
        {"role", type::string},
        {"content", type::string_or_array},
        {"name", type::string},
        {"tool_calls", type::array},
        {"tool_call_id", type::string},
        {"refusal", type::string},
        {"audio", type::object},
        {"reasoning_content", type::string},
        {"function_call", type::object},
    }};
    return list;
}

FOUNDRY_DECL members part_members(std::string_view part)
{
    static constexpr std::array<member, 2> text = {{{"type", type::string}, {"text", type::string}}};
    static constexpr std::array<member, 2> refused = {{{"type", type::string}, {"refusal", type::string}}};
    static constexpr std::array<member, 2> image = {{{"type", type::string}, {"image_url", type::object}}};
    static constexpr std::array<member, 2> audio = {{{"type", type::string}, {"input_audio", type::object}}};
    static constexpr std::array<member, 2> audio_url = {{{"type", type::string}, {"audio_url", type::object}}};
    static constexpr std::array<member, 2> file = {{{"type", type::string}, {"file", type::object}}};
    return part == "text"          ? members(text)
           : part == "refusal"     ? members(refused)
           : part == "image_url"   ? members(image)
           : part == "input_audio" ? members(audio)
           : part == "audio_url"   ? members(audio_url)
           : part == "file"        ? members(file)
                                   : members();
}

/// The members of the object inside a content part; that object has the name of the part.
FOUNDRY_DECL members part_body_members(std::string_view part)
{
    static constexpr std::array<member, 2> image = {{{"url", type::string}, {"detail", type::string}}};
    static constexpr std::array<member, 2> audio = {{{"data", type::string}, {"format", type::string}}};
    static constexpr std::array<member, 1> audio_url = {{{"url", type::string}}};
    return part == "image_url"     ? members(image)
           : part == "input_audio" ? members(audio)
           : part == "audio_url"   ? members(audio_url)
                                   : members();
}

FOUNDRY_DECL members typed_function_members()
{
    static constexpr std::array<member, 2> list = {{{"type", type::string}, {"function", type::object}}};
    return list;
}

FOUNDRY_DECL members call_members()
{
    static constexpr std::array<member, 3> list = {
        {{"id", type::string}, {"type", type::string}, {"function", type::object}}};
    return list;
}

FOUNDRY_DECL members called_function_members()
{
    static constexpr std::array<member, 2> list = {{{"name", type::string}, {"arguments", type::string}}};
    return list;
}

FOUNDRY_DECL members chosen_function_members()
{
    static constexpr std::array<member, 1> list = {{{"name", type::string}}};
    return list;
}

FOUNDRY_DECL members tool_function_members()
{
    static constexpr std::array<member, 4> list = {{{"name", type::string},
                                                    {"description", type::string},
                                                    {"parameters", type::object},
                                                    {"strict", type::boolean}}};
    return list;
}

FOUNDRY_DECL members format_members()
{
    static constexpr std::array<member, 2> list = {{{"type", type::string}, {"json_schema", type::object}}};
    return list;
}

FOUNDRY_DECL members json_schema_members()
{
    static constexpr std::array<member, 4> list = {
        {{"name", type::string}, {"description", type::string}, {"schema", type::object}, {"strict", type::boolean}}};
    return list;
}

FOUNDRY_DECL members stream_option_members()
{
    static constexpr std::array<member, 2> list = {
        {{"include_usage", type::boolean}, {"include_obfuscation", type::boolean}}};
    return list;
}

FOUNDRY_DECL bool fits(json::value const& value, type expected)
{
    switch (expected) {
    case type::boolean:
        return value.is_bool();
    case type::integer:
        return value.is_int64() || value.is_uint64();
    case type::number:
        return value.is_number();
    case type::string:
        return value.is_string();
    case type::array:
        return value.is_array();
    case type::object:
        return value.is_object();
    case type::string_or_array:
        return value.is_string() || value.is_array();
    case type::string_or_object:
        return value.is_string() || value.is_object();
    case type::anything:
        return true;
    }
    return true;
}

FOUNDRY_DECL std::string_view name_of(type expected)
{
    switch (expected) {
    case type::boolean:
        return "a boolean";
    case type::integer:
        return "an integer";
    case type::number:
        return "a number";
    case type::string:
        return "a string";
    case type::array:
        return "an array";
    case type::object:
        return "an object";
    case type::string_or_array:
        return "a string or an array";
    case type::string_or_object:
        return "a string or an object";
    case type::anything:
        break;
    }
    return "a value";
}

FOUNDRY_DECL member const* find_member(members known, std::string_view name)
{
    auto const found = std::find_if(known.begin(), known.end(), [&](member const& m) { return m.name == name; });
    return found == known.end() ? nullptr : &*found;
}

/// Refuses members of the wrong type and, if the form is strict, members that are not in the list.
FOUNDRY_DECL void check_members(json::object const& object, members known, json_path const& at, error_writer const& say)
{
    for (auto const& entry : object) {
        json::string const name(entry.key());
        auto const* const found = find_member(known, entry.key());
        if (!found && say.strict())
            say.unknown_member(inside(at, name), entry.value());
        if (found && !entry.value().is_null() && !fits(entry.value(), found->expected))
            say.wrong_type(inside(at, name), name_of(found->expected), entry.value());
    }
}

/// The member with this name; refuses if it is null or absent.
FOUNDRY_DECL json::value const& require(json::object const& object, std::string_view name, json_path const& at,
                                        error_writer const& say)
{
    auto const* const found = object.if_contains(name);
    if (!found || found->is_null())
        say.missing(inside(at, json::string(name)));
    return *found;
}

/// A member of the body itself.
FOUNDRY_DECL json::value const& require(json::object const& body, std::string_view name, error_writer const& say)
{
    return require(body, name, json_path(), say);
}

FOUNDRY_DECL json::object const& require_object(json::value const& value, json_path const& at, error_writer const& say)
{
    if (!value.is_object())
        say.wrong_type(at, "an object", value);
    return value.get_object();
}

FOUNDRY_DECL void check_range(json::object const& object, std::string_view name, double min, double max,
                              error_writer const& say)
{
    auto const* const found = object.if_contains(name);
    if (!found || !found->is_number())
        return;
    auto const number = found->to_number<double>();
    if (number >= min && number <= max)
        return;
    json_path at;
    at.push_back(json::string(name));
    auto const in_digits = [](double bound) {
        std::string digits;
        append_number(digits, bound);
        return digits.ends_with(".0") ? digits.substr(0, digits.size() - 2) : digits;
    };
    say.bad_value(at, "expected a value >= " + in_digits(min) + " and <= " + in_digits(max) + ".", *found);
}

/// A text member; empty if it is absent or null.
FOUNDRY_DECL std::optional<std::string_view> text_of(json::object const& object, std::string_view name)
{
    auto const* const found = object.if_contains(name);
    if (!found || !found->is_string())
        return std::nullopt;
    return std::string_view(found->get_string());
}

FOUNDRY_DECL bool flag_of(json::object const& object, std::string_view name, bool otherwise)
{
    auto const* const found = object.if_contains(name);
    return found && found->is_bool() ? found->get_bool() : otherwise;
}

FOUNDRY_DECL std::optional<std::size_t> count_of(json::object const& object, std::string_view name)
{
    auto const* const found = object.if_contains(name);
    if (!found || !found->is_int64() || found->get_int64() < 0)
        return std::nullopt;
    return static_cast<std::size_t>(found->get_int64());
}

/// The object in this member; an empty object if it is absent or null.
FOUNDRY_DECL json::object object_of(json::object const& object, std::string_view name)
{
    auto const* const found = object.if_contains(name);
    return found && found->is_object() ? found->get_object() : json::object();
}

FOUNDRY_DECL json::array array_of(json::object const& object, std::string_view name)
{
    auto const* const found = object.if_contains(name);
    return found && found->is_array() ? found->get_array() : json::array();
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
