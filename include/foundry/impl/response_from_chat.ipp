// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/type_of.hpp>
#include <foundry/response_from_chat.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>
#include <variant>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// Converts the messages of a chat, and notes what has no place.
class chat_converter
{
public:
    explicit chat_converter(converted_request& to) : to_(to) {}

    void add(chat_message const& message, std::string const& path)
    {
        if (message.role == chat_role::tool) {
            to_.request.add(function_call_output(message.tool_call_id.value_or(""), message.text()));
            leave_out_parts(message, path);
        } else {
            add_content(message, path);
            for (tool_call const& call : message.tool_calls)
                add_call(call, path);
        }
        leave_out_if(message.name.has_value(), path + ".name");
        leave_out_if(message.reasoning_content.has_value(), path + ".reasoning_content");
        leave_out_if(message.audio.has_value(), path + ".audio");
        leave_out(message.extra, path);
    }

    void leave_out(boost::json::object const& extra, std::string const& path)
    {
        for (auto const& member : extra)
            to_.left_out.push_back(path + (path.empty() ? "" : ".") + std::string(member.key()));
    }
    void leave_out_if(bool is_set, std::string path)
    {
        if (is_set)
            to_.left_out.push_back(std::move(path));
    }

private:
    /// Of the result of a function, which is a text.
    void leave_out_parts(chat_message const& message, std::string const& path)
    {
        auto const* const list = std::get_if<std::vector<content_part>>(&message.content);
        for (std::size_t i = 0; list != nullptr && i != list->size(); ++i)
            leave_out_if((*list)[i].type != part_type::text, path + ".content[" + std::to_string(i) + "]");
    }

    void add_content(chat_message const& message, std::string const& path)
    {
        bool const is_assistant = message.role == chat_role::assistant;
        bool const is_refused = message.refusal && !message.refusal->empty();
        if (auto const* const text = std::get_if<std::string>(&message.content); text != nullptr && !is_refused) {
            if (!text->empty() || message.tool_calls.empty())
                to_.request.add(response_message(message.role, *text));
            return;
        }
        std::vector<response_content> parts;
        if (auto const* const text = std::get_if<std::string>(&message.content); text != nullptr && !text->empty())
            parts.push_back(text_part(*text, is_assistant));
        if (auto const* const list = std::get_if<std::vector<content_part>>(&message.content)) {
            for (std::size_t i = 0; i != list->size(); ++i)
                add_part(parts, (*list)[i], is_assistant, path + ".content[" + std::to_string(i) + "]");
        }
        if (is_refused)
            parts.push_back(refusal_part(*message.refusal));
        if (!parts.empty())
            to_.request.add(response_message(message.role, std::move(parts)));
    }

    void add_part(std::vector<response_content>& parts, content_part const& part, bool is_assistant,
                  std::string const& path)
    {
        if (part.type == part_type::text && part.text) {
            parts.push_back(text_part(*part.text, is_assistant));
        } else if (part.type == part_type::refusal && part.refusal) {
            parts.push_back(refusal_part(*part.refusal));
        } else if (part.type == part_type::image_url && part.image_url) {
            response_content made = response_content::from_image_url(part.image_url->url);
            made.detail = part.image_url->detail;
            parts.push_back(std::move(made));
            leave_out(part.image_url->extra, path + ".image_url");
        } else {
            to_.left_out.push_back(path);
            return;
        }
        leave_out(part.extra, path);
    }

    void add_call(tool_call const& call, std::string const& path)
    {
        function_call made;
        made.call_id = call.id;
        made.name = call.function.name;
        made.arguments = call.function.arguments;
        to_.request.add(made);
        leave_out(call.function.extra, path + ".tool_calls.function");
        leave_out(call.extra, path + ".tool_calls");
    }

    static response_content text_part(std::string text, bool is_assistant)
    {
        response_content part = response_content::from_text(std::move(text));
        if (is_assistant)
            part.type = "output_text";
        return part;
    }

    static response_content refusal_part(std::string reason)
    {
        response_content part;
        part.type = "refusal";
        part.refusal = std::move(reason);
        return part;
    }

    converted_request& to_;
};

inline void convert_tools(chat_request const& chat, response_request& to, chat_converter& converter)
{
    for (std::size_t i = 0; i != chat.tools.size(); ++i) {
        tool_definition const& tool = chat.tools[i];
        std::string const path = "tools[" + std::to_string(i) + "]";
        if (tool.type == "function")
            to.add_function(tool.function);
        else
            converter.leave_out_if(true, path);
        converter.leave_out(tool.function.extra, path + ".function");
        converter.leave_out(tool.extra, path);
    }
    if (auto const* const mode = std::get_if<open_enum<tool_mode>>(&chat.tool_choice))
        to.tool_choice = *mode;
    if (auto const* const named = std::get_if<named_tool>(&chat.tool_choice)) {
        to.tool_choice = boost::json::object{{"type", "function"}, {"name", named->function.name}};
        converter.leave_out(named->extra, "tool_choice");
    }
    to.parallel_tool_calls = chat.parallel_tool_calls;
}

inline void convert_format(response_format const& from, response_request& to, chat_converter& converter)
{
    converter.leave_out(from.extra, "response_format");
    text_format& format = to.text.emplace().format.emplace();
    format.type = from.type;
    if (!from.json_schema)
        return;
    format.name = from.json_schema->name;
    format.description = from.json_schema->description;
    format.schema = from.json_schema->schema;
    format.strict = from.json_schema->strict;
    converter.leave_out(from.json_schema->extra, "response_format.json_schema");
}

/// The members that the Responses API does not have.
inline void leave_out_members(chat_request const& chat, chat_converter& converter)
{
    static constexpr std::string_view without_place[] = {"frequency_penalty",
                                                         "presence_penalty",
                                                         "stop",
                                                         "seed",
                                                         "modalities",
                                                         "n",
                                                         "logit_bias",
                                                         "audio",
                                                         "prediction",
                                                         "data_sources",
                                                         "user_security_context"};
    for (json::member const& m : json::members_of<chat_request>) {
        if (std::find(std::begin(without_place), std::end(without_place), m.name) != std::end(without_place))
            converter.leave_out_if(json::is_set(&chat, m), std::string(m.name));
    }
    converter.leave_out(chat.extra, "");
}

} // namespace detail

FOUNDRY_DECL converted_request to_response_request(chat_request const& chat)
{
    converted_request converted;
    response_request& to = converted.request;
    detail::chat_converter converter(converted);
    for (std::size_t i = 0; i != chat.messages.size(); ++i)
        converter.add(chat.messages[i], "messages[" + std::to_string(i) + "]");
    to.model = chat.model;
    to.temperature = chat.temperature;
    to.top_p = chat.top_p;
    to.max_output_tokens = chat.max_completion_tokens ? chat.max_completion_tokens : chat.max_tokens;
    to.store = chat.store.value_or(false);
    to.metadata = chat.metadata;
    to.user_ = chat.user_;
    to.service_tier = chat.service_tier;
    to.prompt_cache_key = chat.prompt_cache_key;
    to.safety_identifier = chat.safety_identifier;
    to.top_logprobs = chat.top_logprobs;
    if (chat.logprobs.value_or(false))
        to.include.push_back("message.output_text.logprobs");
    if (chat.response_format)
        detail::convert_format(*chat.response_format, to, converter);
    if (chat.verbosity)
        (to.text ? *to.text : to.text.emplace()).verbosity = chat.verbosity;
    if (!chat.reasoning_effort.name().empty())
        to.reasoning.emplace().effort = chat.reasoning_effort;
    detail::convert_tools(chat, to, converter);
    if (chat.stream_options && chat.stream_options->include_obfuscation)
        to.stream_options = boost::json::object{{"include_obfuscation", *chat.stream_options->include_obfuscation}};
    if (chat.stream_options)
        converter.leave_out(chat.stream_options->extra, "stream_options");
    detail::leave_out_members(chat, converter);
    return converted;
}

} // namespace foundry::inline FOUNDRY_ABI
