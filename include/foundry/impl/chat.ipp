// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/error.hpp>
#include <foundry/json/reader.hpp>
#include <foundry/json/writer.hpp>

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
    request.extra.erase("stream"); // the operation says it
    return request;
}

FOUNDRY_DECL std::string chat_request::to_json() const { return json::to_text(*this); }

// Answer

namespace detail {

inline std::vector<tool_call> const no_tool_calls;

} // namespace detail

FOUNDRY_DECL std::string chat_completion::text() const
{
    return choices.empty() ? std::string{} : choices[0].message.text();
}

FOUNDRY_DECL chat_message chat_completion::message() const
{
    chat_message m = choices.empty() ? chat_message() : choices[0].message;
    m.role = chat_role::assistant;
    m.reasoning_content.reset();
    m.extra.clear();
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

// Chunks put together

namespace detail {

inline void append_content(message_content& content, std::string_view more)
{
    if (more.empty())
        return;
    if (!std::holds_alternative<std::string>(content))
        content.emplace<std::string>();
    std::get<std::string>(content) += more;
}

inline void append_optional(std::optional<std::string>& text, std::string_view more)
{
    if (!more.empty())
        (text ? *text : text.emplace()) += more;
}

inline void merge_verdicts(filter_results& into, filter_results& more)
{
    for (auto& [category, verdict] : more.entries())
        into[category] = std::move(verdict);
}

/// Appends the elements of one list to another.
template <class T>
void append(std::vector<T>& into, std::vector<T>& more)
{
    for (T& element : more)
        into.emplace_back() = std::move(element);
}

/// The call that a delta continues; nullptr where it begins a new one.
///
/// `indices` holds the index under which each call came; -1 for none.
inline tool_call* find_open(std::vector<tool_call>& calls, std::vector<std::int64_t> const& indices,
                            tool_call_delta const& d)
{
    if (d.index) {
        for (std::size_t i = 0; i != calls.size(); ++i) {
            if (indices[i] == *d.index)
                return &calls[i];
        }
        return nullptr;
    }
    if (!d.id.empty()) {
        for (tool_call& c : calls) {
            if (c.id == d.id)
                return &c;
        }
        return nullptr;
    }
    // Without a name it goes on; with one it is a call whose service gives no ids.
    return calls.empty() || !d.function.name.empty() ? nullptr : &calls.back();
}

inline void merge_tool_calls(std::vector<tool_call>& calls, std::vector<std::int64_t>& indices,
                             std::vector<tool_call_delta> const& deltas)
{
    for (tool_call_delta const& d : deltas) {
        tool_call* call = find_open(calls, indices, d);
        if (call == nullptr) {
            call = &calls.emplace_back();
            call->type = "function";
            indices.push_back(d.index.value_or(-1));
        }
        if (!d.id.empty())
            call->id = d.id;
        if (!d.type.empty())
            call->type = d.type;
        if (call->function.name.empty())
            call->function.name = d.function.name;
        call->function.arguments += d.function.arguments;
    }
}

inline void merge_audio(std::optional<message_audio>& audio, message_audio const& more)
{
    if (!audio)
        audio.emplace();
    if (!more.id.empty())
        audio->id = more.id;
    append_optional(audio->data, more.data.value_or(""));
    append_optional(audio->transcript, more.transcript.value_or(""));
    if (more.format)
        audio->format = more.format;
    if (more.expires_at)
        audio->expires_at = more.expires_at;
}

inline void take_text(std::string& into, std::string const& text)
{
    if (!text.empty())
        into = text;
}

inline void take_members(boost::json::object& into, boost::json::object const& from)
{
    for (auto const& member : from)
        into[member.key()] = member.value();
}

} // namespace detail

FOUNDRY_DECL void chat_accumulator::add(chat_chunk chunk)
{
    chat_completion& all = completion_;
    // The first and the late chunks of Azure's filter have no id; they belong to the same message.
    detail::take_text(all.id, chunk.id);
    detail::take_text(all.model, chunk.model);
    all.object = "chat.completion";
    if (chunk.created != 0)
        all.created = chunk.created;
    if (chunk.usage)
        all.usage.emplace() = std::move(*chunk.usage);
    if (chunk.system_fingerprint)
        all.system_fingerprint.swap(chunk.system_fingerprint);
    if (chunk.service_tier)
        all.service_tier.swap(chunk.service_tier);
    detail::append(all.prompt_filter_results, chunk.prompt_filter_results);
    detail::take_members(all.extra, chunk.extra);
    for (chunk_choice& c : chunk.choices)
        add(c);
}

FOUNDRY_DECL void chat_accumulator::add(chunk_choice& piece)
{
    static constexpr std::int64_t most = 128; // the API's own limit of `n`
    if (piece.index < 0 || piece.index >= most)
        return;
    auto const i = static_cast<std::size_t>(piece.index);
    while (completion_.choices.size() <= i) {
        chat_choice& added = completion_.choices.emplace_back();
        added.index = static_cast<std::int64_t>(completion_.choices.size()) - 1;
        added.message.role = chat_role::assistant;
        call_indices_.emplace_back();
    }
    chat_choice& choice = completion_.choices[i];
    chat_message& message = choice.message;
    chat_delta const& delta = piece.delta;

    if (delta.role)
        message.role = delta.role;
    detail::append_content(message.content, delta.content);
    detail::append_optional(message.refusal, delta.refusal);
    detail::append_optional(message.reasoning_content, delta.reasoning_content);
    detail::merge_tool_calls(message.tool_calls, call_indices_[i], delta.tool_calls);
    if (delta.audio)
        detail::merge_audio(message.audio, *delta.audio);
    detail::take_members(message.extra, delta.extra);

    if (piece.finish_reason)
        choice.finish_reason = piece.finish_reason;
    detail::append(choice.logprobs.content, piece.logprobs.content);
    detail::append(choice.logprobs.refusal, piece.logprobs.refusal);
    detail::merge_verdicts(choice.content_filter_results, piece.content_filter_results);
    detail::take_members(choice.extra, piece.extra);
}

} // namespace foundry::inline FOUNDRY_ABI
