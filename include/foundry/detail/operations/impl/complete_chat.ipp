// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/request_builder.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/detail/operations/aliases.hpp>
#include <foundry/detail/operations/chat_stream_state.hpp>
#include <foundry/detail/operations/complete_chat.hpp>
#include <foundry/detail/operations/think_splitter.hpp>

#include <string>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL void check_chat(chat_request const& request)
{
    if (request.messages.empty())
        throw error(errc::invalid_argument, "messages is empty; add one, as with request.user(\"...\")");
    for (std::size_t i = 0; i != request.messages.size(); ++i) {
        if (!request.messages[i].role)
            throw error(errc::invalid_argument, "messages[" + std::to_string(i) + "] has no role; set it");
    }
    if (request.extra.contains("stream"))
        throw error(errc::invalid_argument, "extra must not hold stream; call stream() or complete() instead");
}

FOUNDRY_DECL pending_request prepare_chat(std::shared_ptr<client_state> state, chat_request const& request,
                                          call_options const& with, bool is_stream)
{
    return prepare(std::move(state), operations::chat, request, with, &check_chat, is_stream ? "\"stream\":true," : "");
}

/// Moves text between `<think>` and `</think>` to the reasoning.
inline void split_thoughts(chat_completion& reply)
{
    for (chat_choice& choice : reply.choices) {
        auto* const text = std::get_if<std::string>(&choice.message.content);
        if (text == nullptr || text->find("<think>") == text->npos)
            continue;
        std::string content;
        std::string reasoning;
        think_splitter splitter;
        splitter.add(*text, content, reasoning);
        splitter.finish(content, reasoning);
        *text = std::move(content);
        choice.message.reasoning_content = choice.message.reasoning_content.value_or("") + reasoning;
    }
}

class completion_sink final : public json_sink
{
public:
    explicit completion_sink(chat_completion& reply)
        : json_sink({&reply, &json::type_of<chat_completion>::value}, &reply.raw_storage()),
          reply_(reply)
    {}

private:
    std::string missing() const override { return reply_.choices.empty() ? "the answer has no choices" : ""; }

    chat_completion const& reply_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<chat_completion> complete_chat(pending_request request)
{
    chat_completion reply;
    completion_sink body(reply);
    open_response response;
    co_await send_with_retries(request, &body, response);
    normalize_aliases(reply);
    if (response.observer)
        response.observer->note(reply);
    if (request.state->settings.split_think_tags)
        split_thoughts(reply);
    reply.set_info(std::move(response.info));
    co_return reply;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<chat_stream> stream_chat(pending_request request)
{
    open_response response;
    co_await send_with_retries(request, nullptr, response);
    co_return chat_stream(std::make_unique<stream_state>(std::move(request), std::move(response)));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
