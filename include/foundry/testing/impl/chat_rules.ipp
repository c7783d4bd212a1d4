// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/schema.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// Refuses a chat request that the service refuses for every model.
class chat_rules
{
public:
    chat_rules(json::object const& body, error_writer const& say) : body_(body), say_(say) {}

    void check() const;

private:
    void check_numbers() const;
    void check_messages() const;
    void check_message(json::value const& value, json_path const& at, std::vector<std::string>& open_calls) const;
    void check_content(json::object const& message, std::string_view role, json_path const& at) const;
    void check_part(json::value const& value, json_path const& at) const;
    void check_calls(json::object const& message, json_path const& at, std::vector<std::string>& open_calls) const;
    void check_tools() const;
    void check_tool_choice() const;
    void check_response_format() const;
    void check_dependencies() const;
    void check_modalities() const;
    void check_name(json::object const& object, json_path const& at) const;
    bool has(std::string_view name) const;

    json::object const& body_;
    error_writer const& say_;
};

FOUNDRY_DECL bool chat_rules::has(std::string_view name) const
{
    auto const* const found = body_.if_contains(name);
    return found && !found->is_null();
}

FOUNDRY_DECL void chat_rules::check() const
{
    check_messages();
    check_numbers();
    check_tools();
    check_tool_choice();
    check_response_format();
    check_dependencies();
    check_modalities();
}

FOUNDRY_DECL void chat_rules::check_numbers() const
{
    constexpr double max = 2147483647;
    check_range(body_, "temperature", 0, 2, say_);
    check_range(body_, "top_p", 0, 1, say_);
    check_range(body_, "frequency_penalty", -2, 2, say_);
    check_range(body_, "presence_penalty", -2, 2, say_);
    check_range(body_, "max_tokens", say_.openai() ? 1 : 0, max, say_);
    check_range(body_, "max_completion_tokens", 1, max, say_);
    check_range(body_, "n", 1, 128, say_);
    check_range(body_, "top_logprobs", 0, 20, say_);
}

FOUNDRY_DECL void chat_rules::check_messages() const
{
    json_path at;
    at.push_back("messages");
    auto const& messages = require(body_, "messages", say_).get_array();
    if (messages.empty())
        say_.bad_value(at, "expected an array with at least 1 item.", messages);
    std::vector<std::string> open_calls;
    for (std::size_t i = 0; i < messages.size(); ++i)
        check_message(messages[i], inside(at, i), open_calls);
}

/// `open_calls` are the ids of the tool calls that still need a result.
FOUNDRY_DECL void chat_rules::check_message(json::value const& value, json_path const& at,
                                            std::vector<std::string>& open_calls) const
{
    static constexpr std::array<std::string_view, 6> roles = {"system",    "developer", "user",
                                                              "assistant", "tool",      "function"};
    auto const& message = require_object(value, at, say_);
    check_members(message, message_members(), at, say_);
    auto const& role_value = require(message, "role", at, say_);
    std::string_view const role = role_value.get_string();
    if (!contains(roles, role))
        say_.bad_value(inside(at, "role"), "expected one of system, developer, user, assistant and tool.", role_value);
    check_content(message, role, at);
    if (role == "tool") {
        auto const& id = require(message, "tool_call_id", at, say_);
        if (!contains(open_calls, std::string_view(id.get_string())))
            say_.bad_value(inside(at, "tool_call_id"),
                           "a message of role 'tool' must answer a tool call of the assistant message before it.", id);
    } else {
        open_calls.clear();
        check_calls(message, at, open_calls);
    }
}

FOUNDRY_DECL void chat_rules::check_content(json::object const& message, std::string_view role,
                                            json_path const& at) const
{
    auto const* const content = message.if_contains("content");
    if (!content || content->is_null()) {
        bool const may_lack = role == "assistant" && (message.contains("tool_calls") || message.contains("audio") ||
                                                      message.contains("refusal") || message.contains("function_call"));
        if (!may_lack)
            say_.missing(inside(at, "content"));
        return;
    }
    auto const* const parts = content->if_array();
    auto const content_at = inside(at, "content");
    if (parts && parts->empty())
        say_.bad_value(content_at, "expected an array with at least 1 item.", *content);
    if (parts && role == "system" && !say_.openai())
        say_.wrong_type(content_at, "a string", *content);
    for (std::size_t i = 0; parts && i < parts->size(); ++i)
        check_part((*parts)[i], inside(content_at, i));
}

FOUNDRY_DECL void chat_rules::check_part(json::value const& value, json_path const& at) const
{
    auto const& part = require_object(value, at, say_);
    auto const& kind_value = require(part, "type", at, say_);
    if (!kind_value.is_string())
        say_.wrong_type(inside(at, "type"), "a string", kind_value);
    std::string_view const kind = kind_value.get_string();
    auto const known = part_members(kind);
    if (known.empty() || (kind == "audio_url" && say_.openai()))
        say_.bad_value(inside(at, "type"), "expected one of text, image_url and input_audio.", kind_value);
    check_members(part, known, at, say_);
    auto const name = known[1].name;
    auto const& body = require(part, name, at, say_);
    if (!body.is_object())
        return;
    auto const inner = part_body_members(kind);
    auto const inner_at = inside(at, json::string(name));
    if (inner.empty())
        return;
    check_members(body.get_object(), inner, inner_at, say_);
    require(body.get_object(), inner[0].name, inner_at, say_);
    if (kind == "input_audio")
        require(body.get_object(), "format", inner_at, say_);
}

FOUNDRY_DECL void chat_rules::check_calls(json::object const& message, json_path const& at,
                                          std::vector<std::string>& open_calls) const
{
    auto const* const found = message.if_contains("tool_calls");
    if (!found || found->is_null())
        return;
    auto const& calls = found->get_array();
    auto const calls_at = inside(at, "tool_calls");
    if (calls.empty())
        say_.bad_value(calls_at, "expected an array with at least 1 item.", *found);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        auto const call_at = inside(calls_at, i);
        auto const& call = require_object(calls[i], call_at, say_);
        check_members(call, call_members(), call_at, say_);
        require(call, "type", call_at, say_);
        open_calls.emplace_back(std::string_view(require(call, "id", call_at, say_).get_string()));
        auto const function_at = inside(call_at, "function");
        auto const& function = require(call, "function", call_at, say_).get_object();
        check_members(function, called_function_members(), function_at, say_);
        require(function, "name", function_at, say_);
        require(function, "arguments", function_at, say_);
    }
}

FOUNDRY_DECL void chat_rules::check_name(json::object const& object, json_path const& at) const
{
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    auto const& value = require(object, "name", at, say_);
    std::string_view const name = value.get_string();
    if (name.empty() || name.size() > 64 || name.find_first_not_of(allowed) != std::string_view::npos)
        say_.bad_value(inside(at, "name"), "expected a string that matches the pattern '^[a-zA-Z0-9_-]{1,64}$'.",
                       value);
}

FOUNDRY_DECL void chat_rules::check_tools() const
{
    json_path at;
    at.push_back("tools");
    if (!has("tools"))
        return;
    auto const& tools = body_.at("tools").get_array();
    if (tools.empty())
        say_.bad_value(at, "expected an array with at least 1 item.", tools);
    for (std::size_t i = 0; i < tools.size(); ++i) {
        auto const tool_at = inside(at, i);
        auto const& tool = require_object(tools[i], tool_at, say_);
        check_members(tool, typed_function_members(), tool_at, say_);
        if (require(tool, "type", tool_at, say_).get_string() != "function")
            say_.bad_value(inside(tool_at, "type"), "expected 'function'.", tool.at("type"));
        auto const function_at = inside(tool_at, "function");
        auto const& function = require(tool, "function", tool_at, say_).get_object();
        check_members(function, tool_function_members(), function_at, say_);
        check_name(function, function_at);
    }
}

FOUNDRY_DECL void chat_rules::check_tool_choice() const
{
    static constexpr std::array<std::string_view, 3> words = {"none", "auto", "required"};
    if (!has("tool_choice"))
        return;
    json_path at;
    at.push_back("tool_choice");
    auto const& choice = body_.at("tool_choice");
    if (choice.is_string()) {
        if (!contains(words, std::string_view(choice.get_string())))
            say_.bad_value(at, "expected one of none, auto and required.", choice);
        return;
    }
    check_members(choice.get_object(), typed_function_members(), at, say_);
    require(choice.get_object(), "type", at, say_);
    auto const function_at = inside(at, "function");
    auto const& function = require(choice.get_object(), "function", at, say_).get_object();
    check_members(function, chosen_function_members(), function_at, say_);
    auto const& name = require(function, "name", function_at, say_);
    for (auto const& tool : array_of(body_, "tools")) {
        if (tool.at("function").at("name") == name)
            return;
    }
    say_.bad_value(at, "no function of this name is among the 'tools'.", name);
}

FOUNDRY_DECL void chat_rules::check_response_format() const
{
    static constexpr std::array<std::string_view, 3> kinds = {"text", "json_object", "json_schema"};
    if (!has("response_format"))
        return;
    json_path at;
    at.push_back("response_format");
    auto const& format = body_.at("response_format").get_object();
    check_members(format, format_members(), at, say_);
    auto const& kind = require(format, "type", at, say_);
    if (!contains(kinds, std::string_view(kind.get_string())))
        say_.bad_value(inside(at, "type"), "expected one of text, json_object and json_schema.", kind);
    if (kind.get_string() == "json_object" && say_.openai() && say_.strict() &&
        lower(json_text(body_.at("messages"))).find("json") == std::string::npos)
        say_.bad_request("'messages' must contain the word 'json' in some form, to use 'response_format' of type "
                         "'json_object'.",
                         "invalid_value", "messages");
    if (kind.get_string() != "json_schema")
        return;
    auto const schema_at = inside(at, "json_schema");
    auto const& schema = require(format, "json_schema", at, say_).get_object();
    check_members(schema, json_schema_members(), schema_at, say_);
    check_name(schema, schema_at);
    auto const& shape = require(schema, "schema", schema_at, say_).get_object();
    if (flag_of(schema, "strict", false) && say_.openai() && flag_of(shape, "additionalProperties", true))
        say_.bad_request("Invalid schema for response_format '" + std::string(*text_of(schema, "name")) +
                             "': In context=(), 'additionalProperties' is required to be supplied and to be false.",
                         "invalid_json_schema", "response_format");
}

/// The model supports text only.
FOUNDRY_DECL void chat_rules::check_modalities() const
{
    for (auto const& one : array_of(body_, "modalities")) {
        if (one != "text")
            say_.unsupported("modalities", body_.at("modalities"), "['text']");
    }
    if (has("audio"))
        say_.unsupported("audio");
}

/// Members that are valid only together with others.
FOUNDRY_DECL void chat_rules::check_dependencies() const
{
    bool const streamed = flag_of(body_, "stream", false);
    if (has("stream_options")) {
        json_path at;
        at.push_back("stream_options");
        check_members(body_.at("stream_options").get_object(), stream_option_members(), at, say_);
        if (!streamed)
            say_.bad_request("The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                             "invalid_value", "stream_options");
    }
    for (std::string_view const name : {"tool_choice", "parallel_tool_calls"}) {
        if (say_.openai() && has(name) && !has("tools"))
            say_.bad_request("'" + std::string(name) + "' is only allowed when 'tools' are specified.", "invalid_value",
                             json::string(name));
    }
    if (has("top_logprobs") && !flag_of(body_, "logprobs", false))
        say_.bad_request("'top_logprobs' is only allowed when 'logprobs' is true.", "invalid_value", "top_logprobs");
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
