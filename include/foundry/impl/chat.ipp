// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/error.hpp>

#include <algorithm>
#include <iterator>

namespace foundry::inline FOUNDRY_ABI {

// Request

FOUNDRY_DECL tool_definition::tool_definition(std::string name, std::string description, boost::json::value parameters)
{
    function.name = std::move(name);
    if (!description.empty())
        function.description = std::move(description);
    function.parameters = std::move(parameters);
}

FOUNDRY_DECL response_format response_format::from_schema(std::string name, boost::json::value schema, bool strict)
{
    response_format f{format_type::json_schema};
    f.json_schema.emplace().name = std::move(name);
    f.json_schema->schema = std::move(schema);
    f.json_schema->strict = strict;
    return f;
}

FOUNDRY_DECL chat_request& chat_request::add(chat_message message)
{
    messages.push_back(std::move(message));
    return *this;
}

FOUNDRY_DECL chat_request& chat_request::system(std::string text) { return add({chat_role::system, std::move(text)}); }
FOUNDRY_DECL chat_request& chat_request::developer(std::string text)
{
    return add({chat_role::developer, std::move(text)});
}
FOUNDRY_DECL chat_request& chat_request::user(std::string text) { return add({chat_role::user, std::move(text)}); }
FOUNDRY_DECL chat_request& chat_request::assistant(std::string text)
{
    return add({chat_role::assistant, std::move(text)});
}

FOUNDRY_DECL chat_request& chat_request::user(std::vector<content_part> parts)
{
    return add({chat_role::user, std::move(parts)});
}

FOUNDRY_DECL chat_request& chat_request::tool(std::string tool_call_id, std::string result)
{
    chat_message m{chat_role::tool, std::move(result)};
    m.tool_call_id = std::move(tool_call_id);
    return add(std::move(m));
}

FOUNDRY_DECL chat_request chat_request::from_json(std::string_view text)
{
    chat_request request;
    json::reader reader;
    if (!reader.read(request, text))
        throw error(errc::invalid_argument, "the text is not a chat request: " + reader.problem());
    for (std::size_t i = 0; i != request.messages.size(); ++i) {
        if (request.messages[i].extra.contains(""))
            throw error(errc::invalid_argument,
                        "messages[" + std::to_string(i) + "] is no object; write a role and a content");
    }
    request.extra.erase("stream"); // the operation sets it
    return request;
}

FOUNDRY_DECL std::string chat_request::to_json() const { return json::to_text(*this); }

// Answer

namespace detail {

inline std::vector<tool_call> const no_tool_calls;

} // namespace detail

FOUNDRY_DECL chat_completion::chat_completion(chat_completion const&) = default;
FOUNDRY_DECL chat_completion::chat_completion(chat_completion&&) noexcept = default;
FOUNDRY_DECL chat_completion& chat_completion::operator=(chat_completion const&) = default;
FOUNDRY_DECL chat_completion& chat_completion::operator=(chat_completion&&) noexcept = default;
FOUNDRY_DECL chat_completion::~chat_completion() = default;

FOUNDRY_DECL std::string chat_completion::text() const
{
    return choices.empty() ? std::string{} : choices[0].message.text();
}

FOUNDRY_DECL chat_message chat_completion::message() const
{
    chat_message m = choices.empty() ? chat_message() : choices[0].message;
    m.role = chat_role::assistant;
    m.reasoning_content.reset();
    boost::json::object kept;
    for (char const* const name : {"content", "tool_calls", "refusal", "audio", "function_call"}) {
        if (auto const* const value = m.extra.if_contains(name))
            kept[name] = *value;
    }
    m.extra.swap(kept);
    if (m.audio) {
        std::string spoken = std::move(m.audio->id);
        m.audio.emplace().id = std::move(spoken);
    }
    return m;
}

FOUNDRY_DECL std::vector<tool_call> const& chat_completion::tool_calls() const noexcept
{
    return choices.empty() ? detail::no_tool_calls : choices[0].message.tool_calls;
}

FOUNDRY_DECL open_enum<finish_reason> chat_completion::finish_reason() const
{
    return choices.empty() ? open_enum<foundry::finish_reason>{} : choices[0].finish_reason;
}

FOUNDRY_DECL std::string chat_completion::to_json() const { return json::to_text(*this); }

FOUNDRY_DECL std::string_view chat_chunk::text() const noexcept
{
    return choices.empty() || choices[0].index != 0 ? std::string_view{} : std::string_view{choices[0].delta.content};
}

} // namespace foundry::inline FOUNDRY_ABI
