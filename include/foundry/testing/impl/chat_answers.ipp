// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/chat_reply.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// Makes a writer for a completion that a test defines.
FOUNDRY_DECL chat_writer writer_for_test(completion said)
{
    response_style how;
    how.id = "chatcmpl-1";
    how.model = "gpt-4o-mini";
    how.created = 1741369938;
    how.filters = false;
    said.tokens = pieces_of(said.content).size();
    constexpr std::size_t prompt_tokens = 10;
    return chat_writer(std::move(how), std::vector<completion>(1, std::move(said)), prompt_tokens);
}

FOUNDRY_DECL chat_writer writer_for_calls(std::vector<std::pair<std::string, std::string>> functions)
{
    completion said;
    said.finish_reason = "tool_calls";
    for (auto& [name, arguments] : functions) {
        said.calls.emplace_back(std::move(name), std::move(arguments));
        said.calls.back().id = "call_" + std::to_string(said.calls.size());
    }
    return writer_for_test(std::move(said));
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail

namespace foundry::inline FOUNDRY_ABI::testing {

FOUNDRY_DECL answer answer::chat(std::string text)
{
    detail::completion said;
    said.content = std::move(text);
    return json(200, detail::writer_for_test(std::move(said)).whole());
}

FOUNDRY_DECL answer answer::refusal(std::string text)
{
    detail::completion said;
    said.refusal = std::move(text);
    return json(200, detail::writer_for_test(std::move(said)).whole());
}

FOUNDRY_DECL answer answer::tool_calls(std::vector<std::pair<std::string, std::string>> functions)
{
    return json(200, detail::writer_for_calls(std::move(functions)).whole());
}

FOUNDRY_DECL answer answer::tool_call_pieces(std::vector<std::pair<std::string, std::string>> functions)
{
    std::string body;
    for (auto const& event : detail::writer_for_calls(std::move(functions)).events())
        body += event;
    return events(std::move(body));
}

FOUNDRY_DECL answer answer::pieces(std::vector<std::string> texts)
{
    detail::completion said;
    for (auto const& text : texts)
        said.content += text;
    said.pieces = std::move(texts);
    std::string body;
    for (auto const& event : detail::writer_for_test(std::move(said)).events())
        body += event;
    return events(std::move(body));
}

} // namespace foundry::inline FOUNDRY_ABI::testing
