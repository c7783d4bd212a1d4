// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>

#include <boost/json/serialize.hpp>

#include <string>
#include <string_view>
#include <utility>

// Some services use other names or shapes for members of an answer. The reader keeps such members in `extra`; these functions move them to
// the declared members. Most answers have none of them. Those that concern a chunk return whether they have changed something.

namespace foundry::inline FOUNDRY_ABI::detail {

/// Moves `reasoning`, the name in Ollama and newer vLLM. If both names are present, `reasoning_content` counts.
inline bool take_reasoning(std::string& reasoning_content, boost::json::object& extra)
{
    auto const* const found = extra.if_contains("reasoning");
    if (found == nullptr || !found->is_string())
        return false;
    std::string_view const text = found->get_string();
    if (reasoning_content.empty())
        reasoning_content = text;
    if (reasoning_content == text)
        extra.erase("reasoning");
    return true;
}

/// Moves `prompt_annotations`, the old name of `prompt_filter_results`.
inline bool take_annotations(std::vector<prompt_filter_result>& results, boost::json::object& extra)
{
    auto const* const found = extra.if_contains("prompt_annotations");
    if (found == nullptr || !results.empty())
        return false;
    if (json::reader{}.read(results, boost::json::serialize(*found)))
        extra.erase("prompt_annotations");
    else
        results.clear();
    return true;
}

/// Moves arguments that are a JSON value instead of the text of one.
inline bool take_arguments(called_function& f)
{
    auto const* const found = f.extra.if_contains("arguments");
    if (found == nullptr || !f.arguments.empty())
        return false;
    f.arguments = json::to_text(*found);
    f.extra.erase("arguments");
    return true;
}

/// Appends the text of a part, of a list of parts, or of the content of a part of type `thinking`.
inline void append_text(std::string& to, boost::json::value const& from)
{
    if (auto const* const text = from.if_string())
        to.append(text->data(), text->size());
    else if (auto const* const object = from.if_object(); object != nullptr && object->contains("text"))
        append_text(to, object->at("text"));
    else if (auto const* const list = from.if_array())
        for (boost::json::value const& part : *list)
            append_text(to, part);
}

/// Moves a part that is text or thinking into the delta. Returns false for any other part.
inline bool take_part(boost::json::value const& part, chat_delta& delta)
{
    auto const* const object = part.if_object();
    if (part.is_string() || (object != nullptr && object->contains("text"))) {
        append_text(delta.content, part);
        return true;
    }
    auto const* const thinking = object != nullptr ? object->if_contains("thinking") : nullptr;
    if (thinking != nullptr)
        append_text(delta.reasoning_content, *thinking);
    return thinking != nullptr;
}

/// Moves content that is a part or a list of parts. Parts of other types stay in `extra`.
inline bool take_parts(chat_delta& delta)
{
    boost::json::value* const found = delta.extra.if_contains("content");
    if (found == nullptr || !(found->is_array() || found->is_object()))
        return false;
    boost::json::array others;
    if (auto const* const parts = found->if_array()) {
        for (boost::json::value const& part : *parts) {
            if (!take_part(part, delta))
                others.push_back(part);
        }
    } else if (!take_part(*found, delta)) {
        others.push_back(*found);
    }
    if (others.empty())
        delta.extra.erase("content");
    else
        *found = std::move(others);
    return true;
}

/// Copies the text of parts of type `thinking` to `reasoning_content`. The parts also stay in the content, for the next request.
inline void take_thinking(chat_message& message)
{
    if (auto const* const single = message.extra.if_contains("content"); single != nullptr && single->is_object()) {
        std::vector<content_part> parts(1);
        if (json::reader{}.read(parts[0], json::to_text(*single))) {
            message.content.emplace<std::vector<content_part>>(std::move(parts));
            message.extra.erase("content");
        }
    }
    auto const* const parts = std::get_if<std::vector<content_part>>(&message.content);
    if (parts == nullptr || message.reasoning_content)
        return;
    std::string reasoning;
    for (content_part const& part : *parts) {
        if (auto const* const thinking = part.extra.if_contains("thinking"))
            append_text(reasoning, *thinking);
    }
    if (!reasoning.empty())
        message.reasoning_content = std::move(reasoning);
}

/// Moves all of these members of a completion.
inline void normalize_aliases(chat_completion& reply)
{
    take_annotations(reply.prompt_filter_results, reply.extra);
    for (chat_choice& choice : reply.choices) {
        std::string reasoning = choice.message.reasoning_content.value_or("");
        take_reasoning(reasoning, choice.message.extra);
        if (!reasoning.empty())
            choice.message.reasoning_content = std::move(reasoning);
        take_thinking(choice.message);
        for (tool_call& call : choice.message.tool_calls)
            take_arguments(call.function);
    }
}

/// Moves all of these members of a chunk.
inline bool normalize_aliases(chat_chunk& chunk)
{
    bool changed = take_annotations(chunk.prompt_filter_results, chunk.extra);
    for (chunk_choice& choice : chunk.choices) {
        changed |= take_reasoning(choice.delta.reasoning_content, choice.delta.extra);
        changed |= take_parts(choice.delta);
        for (tool_call_delta& call : choice.delta.tool_calls)
            changed |= take_arguments(call.function);
    }
    return changed;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
