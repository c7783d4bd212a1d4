// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/error.hpp>
#include <foundry/response.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// What all kinds of items have.
struct item_head
{
    open_enum<item_type> type;
    std::string id;
};
BOOST_DESCRIBE_STRUCT(item_head, (), (type, id))

FOUNDRY_DECL void read_item(std::string_view text, json::object_ref into)
{
    json::reader reader;
    if (!reader.read(into, text.empty() ? "{}" : text, json::reading::created))
        throw error(errc::unexpected_reply, "the item is of another kind: " + reader.problem());
}

FOUNDRY_DECL std::string write_item(json::const_object_ref from)
{
    std::string text;
    json::write(text, from);
    return text;
}

/// The texts of all parts of one type, joined.
inline std::string joined(std::vector<response_content> const& parts, std::string_view type)
{
    std::string text;
    for (response_content const& part : parts) {
        if (part.type == type)
            text += part.text.value_or(part.refusal.value_or(""));
    }
    return text;
}

} // namespace detail

FOUNDRY_DECL response_content response_content::from_text(std::string text)
{
    response_content part;
    part.type = "input_text";
    part.text = std::move(text);
    return part;
}

FOUNDRY_DECL response_content response_content::from_image_url(std::string url)
{
    response_content part;
    part.type = "input_image";
    part.image_url = std::move(url);
    return part;
}

FOUNDRY_DECL response_content response_content::from_file(std::string file_id)
{
    response_content part;
    part.type = "input_file";
    part.file_id = std::move(file_id);
    return part;
}

FOUNDRY_DECL response_message::response_message(open_enum<chat_role> who, std::string text) : role(who)
{
    if (who == chat_role::assistant)
        content = std::move(text);
    else
        content.emplace<std::vector<response_content>>().push_back(response_content::from_text(std::move(text)));
}

FOUNDRY_DECL std::string response_message::text() const
{
    if (auto const* const text = std::get_if<std::string>(&content))
        return *text;
    auto const* const parts = std::get_if<std::vector<response_content>>(&content);
    return parts != nullptr ? detail::joined(*parts, "output_text") + detail::joined(*parts, "input_text") : "";
}

FOUNDRY_DECL std::string response_message::refusal() const
{
    auto const* const parts = std::get_if<std::vector<response_content>>(&content);
    return parts != nullptr ? detail::joined(*parts, "refusal") : "";
}

FOUNDRY_DECL response_item::response_item(boost::json::value const& object) : text_(json::to_text(object))
{
    if (!object.is_object())
        throw error(errc::invalid_argument, "an item is a JSON object");
}

FOUNDRY_DECL open_enum<item_type> response_item::type() const
{
    constexpr std::size_t piece = 128; // an item may be long, and its type is one of the first members
    detail::item_head head;
    json::reader reader;
    reader.start(head);
    for (std::size_t at = 0; at < text_.size() && !head.type; at += piece)
        reader.feed(std::string_view(text_).substr(at, piece));
    return head.type ? head.type : open_enum<item_type>(item_type::message);
}

FOUNDRY_DECL std::string response_item::id() const { return as<detail::item_head>().id; }

FOUNDRY_DECL response_request::response_request(std::string model_name, std::string question)
    : input(std::move(question))
{
    if (!model_name.empty())
        model = std::move(model_name);
}

FOUNDRY_DECL response_request& response_request::add(response_item item)
{
    if (auto* const first = std::get_if<std::string>(&input)) {
        response_item const question = response_message(chat_role::user, std::move(*first));
        input.emplace<std::vector<response_item>>().push_back(question);
    } else if (std::holds_alternative<std::monostate>(input)) {
        input.emplace<std::vector<response_item>>();
    }
    std::get<std::vector<response_item>>(input).push_back(std::move(item));
    return *this;
}

FOUNDRY_DECL response_request& response_request::user(std::string words)
{
    return add(response_message(chat_role::user, std::move(words)));
}

FOUNDRY_DECL response_request& response_request::add_function(std::string name, std::string description,
                                                              boost::json::value parameters, bool strict)
{
    function_definition function;
    function.name = std::move(name);
    function.description = std::move(description);
    function.parameters = std::move(parameters);
    function.strict = strict;
    return add_function(function);
}

FOUNDRY_DECL response_request& response_request::add_function(function_definition const& function)
{
    boost::json::object tool{{"type", "function"}, {"name", function.name}};
    if (function.description)
        tool["description"] = *function.description;
    tool["parameters"] = function.parameters;
    tool["strict"] = function.strict.value_or(false); // not set, it would be true
    tools.emplace_back(std::move(tool));
    return *this;
}

FOUNDRY_DECL std::string response_request::to_json() const { return json::to_text(*this); }

FOUNDRY_DECL std::string response::text() const
{
    std::string text;
    for (response_item const& item : output) {
        if (item.type() == item_type::message)
            text += item.as<response_message>().text();
    }
    return text;
}

FOUNDRY_DECL std::vector<function_call> response::tool_calls() const
{
    std::vector<function_call> calls;
    for (response_item const& item : output) {
        if (item.type() == item_type::function_call)
            calls.push_back(item.as<function_call>());
    }
    return calls;
}

FOUNDRY_DECL std::string response::refusal() const
{
    std::string text;
    for (response_item const& item : output) {
        if (item.type() == item_type::message)
            text += item.as<response_message>().refusal();
    }
    return text;
}

FOUNDRY_DECL std::string response::reasoning_summary() const
{
    std::string text;
    for (response_item const& item : output) {
        if (item.type() != item_type::reasoning)
            continue;
        for (response_content const& part : item.as<reasoning_item>().summary)
            text.append(text.empty() ? "" : "\n\n").append(part.text.value_or(""));
    }
    return text;
}

} // namespace foundry::inline FOUNDRY_ABI
