// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/operations/chat_conversation.hpp>
#include <foundry/detail/operations/complete_chat.hpp>

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace foundry::inline FOUNDRY_ABI::detail {

inline void add_usage(token_usage& sum, token_usage const& more)
{
    sum.prompt_tokens += more.prompt_tokens;
    sum.completion_tokens += more.completion_tokens;
    sum.total_tokens += more.total_tokens;
    sum.prompt_tokens_details.cached_tokens += more.prompt_tokens_details.cached_tokens;
    sum.prompt_tokens_details.audio_tokens += more.prompt_tokens_details.audio_tokens;
    completion_tokens_details& sums = sum.completion_tokens_details;
    completion_tokens_details const& parts = more.completion_tokens_details;
    sums.reasoning_tokens += parts.reasoning_tokens;
    sums.audio_tokens += parts.audio_tokens;
    sums.accepted_prediction_tokens += parts.accepted_prediction_tokens;
    sums.rejected_prediction_tokens += parts.rejected_prediction_tokens;
}

/// Some services give no ids, or the same to several calls; each result refers to its call by an id.
inline void make_ids_unique(std::vector<tool_call>& calls)
{
    for (std::size_t i = 0; i != calls.size(); ++i) {
        auto const is_taken = [&](std::string const& id) {
            return std::any_of(calls.begin(), calls.end(),
                               [&](tool_call const& c) { return &c != &calls[i] && c.id == id; });
        };
        std::string const given = calls[i].id.empty() ? "call" : calls[i].id;
        for (std::size_t number = i + 1; calls[i].id.empty() || is_taken(calls[i].id); ++number)
            calls[i].id = given + "_" + std::to_string(number);
    }
}

FOUNDRY_DECL chat_conversation::chat_conversation(std::shared_ptr<client_state> state, tool_run& run,
                                                  toolbox const& tools, tool_options const& how)
    : state_(std::move(state)),
      run_(run),
      tools_(tools.definitions(state_->target.endpoint.form() != api_form::models)),
      how_(how)
{}

FOUNDRY_DECL chat_conversation::~chat_conversation()
{
    if (!chunks_)
        return;
    chat_message begun = so_far_.message();
    begun.tool_calls.clear();
    if (!begun.text().empty())
        run_.messages.push_back(std::move(begun));
}

FOUNDRY_DECL pending_request chat_conversation::prepare(bool is_stream)
{
    chat_request asking = run_.request;
    if (!asking.tools.empty())
        throw error(errc::invalid_argument, "tools is set; add its functions to the toolbox");
    asking.tools = tools_;
    bool const is_automatic = std::holds_alternative<open_enum<tool_mode>>(asking.tool_choice) &&
                              std::get<open_enum<tool_mode>>(asking.tool_choice) != tool_mode::required;
    if (asked_++ != 0 && !is_automatic) // a function that must be called has been
        asking.tool_choice = std::monostate();
    asking.messages = std::move(run_.messages); // lent, not copied
    try {
        pending_request prepared = prepare_chat(state_, asking, how_.call, is_stream);
        run_.messages = std::move(asking.messages);
        return prepared;
    } catch (...) {
        run_.messages = std::move(asking.messages);
        throw;
    }
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> chat_conversation::ask()
{
    chat_completion reply = co_await complete_chat(prepare(false));
    take(std::move(reply));
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> chat_conversation::open()
{
    so_far_ = chat_accumulator();
    chunks_.emplace(co_await stream_chat(prepare(true)));
    so_far_.set_info(chunks_->info());
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<bool> chat_conversation::read(std::vector<tool_event>& events)
{
    chat_chunk const* const chunk = co_await chunks_->read();
    if (chunk != nullptr) {
        read_chunk(*chunk, events);
    } else {
        chunks_.reset();
        take(so_far_.take());
    }
    co_return chunk != nullptr;
}

FOUNDRY_DECL void chat_conversation::read_chunk(chat_chunk const& chunk, std::vector<tool_event>& events)
{
    std::vector<std::size_t> sizes; // of the arguments so far
    for (tool_call const& call : so_far_.completion().tool_calls())
        sizes.push_back(call.function.arguments.size());
    so_far_.add(chunk);
    chat_delta const* const delta = chunk.choices.empty() ? nullptr : &chunk.choices.front().delta;
    if (delta != nullptr && !delta->reasoning_content.empty())
        events.emplace_back(tool_event_type::reasoning, delta->reasoning_content);
    if (!chunk.text().empty())
        events.emplace_back(tool_event_type::text, std::string(chunk.text()));
    std::vector<tool_call> const& calls = so_far_.completion().tool_calls();
    for (std::size_t i = 0; i != calls.size(); ++i) {
        auto const add = [&](tool_event_type type, std::string text) {
            tool_event& event = events.emplace_back(type, std::move(text));
            event.call = calls[i];
            event.index = i;
        };
        std::size_t const known = i < sizes.size() ? sizes[i] : 0;
        if (i >= sizes.size())
            add(tool_event_type::call_begins, {});
        if (calls[i].function.arguments.size() > known)
            add(tool_event_type::arguments, calls[i].function.arguments.substr(known));
    }
}

FOUNDRY_DECL void chat_conversation::take(chat_completion reply)
{
    ++run_.rounds;
    if (reply.usage)
        add_usage(run_.usage, *reply.usage);
    run_.reply = std::move(reply);
    make_ids_unique(run_.messages.emplace_back(run_.reply.message()).tool_calls);
}

FOUNDRY_DECL std::vector<tool_call> chat_conversation::calls() const { return run_.messages.back().tool_calls; }

FOUNDRY_DECL void chat_conversation::end_round(std::vector<std::optional<std::string>> const& results)
{
    std::vector<tool_call> wanted = std::exchange(run_.messages.back().tool_calls, {});
    std::vector<chat_message> answers;
    for (std::size_t i = 0; i != wanted.size(); ++i) {
        if (!results[i])
            continue;
        chat_message& answer = answers.emplace_back(chat_role::tool, *results[i]);
        answer.tool_call_id = wanted[i].id;
        run_.messages.back().tool_calls.push_back(std::move(wanted[i]));
    }
    if (answers.empty() && run_.messages.back().text().empty())
        run_.messages.pop_back();
    std::move(answers.begin(), answers.end(), std::back_inserter(run_.messages));
}

FOUNDRY_DECL bool chat_conversation::is_stopped() const { return how_.stop_after_round && how_.stop_after_round(run_); }

} // namespace foundry::inline FOUNDRY_ABI::detail
