// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/json/reader.hpp>

#include <boost/json/serialize.hpp>

#include <string>
#include <string_view>
#include <utility>

// Members of an answer that some services call by another name. What came under it is kept in `extra` until it is moved here to
// where the described class has it. Nearly every answer has none of them.

namespace foundry::inline FOUNDRY_ABI::detail {

/// `reasoning`, of Ollama and of newer vLLM. Where both names came, `reasoning_content` counts.
inline void take_reasoning(std::string& reasoning_content, boost::json::object& extra)
{
    auto const* const found = extra.if_contains("reasoning");
    if (found == nullptr || !found->is_string())
        return;
    std::string_view const text = found->get_string();
    if (reasoning_content.empty())
        reasoning_content = text;
    if (reasoning_content == text)
        extra.erase("reasoning");
}

/// `prompt_annotations`, the old name of `prompt_filter_results`.
inline void take_annotations(std::vector<prompt_filter_result>& results, boost::json::object& extra)
{
    auto const* const found = extra.if_contains("prompt_annotations");
    if (found == nullptr || !results.empty())
        return;
    if (json::reader{}.read(results, boost::json::serialize(*found)))
        extra.erase("prompt_annotations");
    else
        results.clear();
}

inline void take_other_names(chat_completion& reply)
{
    take_annotations(reply.prompt_filter_results, reply.extra);
    for (chat_choice& choice : reply.choices) {
        std::string reasoning = choice.message.reasoning_content.value_or("");
        take_reasoning(reasoning, choice.message.extra);
        if (!reasoning.empty())
            choice.message.reasoning_content = std::move(reasoning);
    }
}

inline void take_other_names(chat_chunk& chunk)
{
    take_annotations(chunk.prompt_filter_results, chunk.extra);
    for (chunk_choice& choice : chunk.choices)
        take_reasoning(choice.delta.reasoning_content, choice.delta.extra);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
