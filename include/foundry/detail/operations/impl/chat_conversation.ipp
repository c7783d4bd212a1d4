// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/operations/chat_conversation.hpp>
#include <foundry/detail/operations/complete_chat.hpp>

#include <iterator>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

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

FOUNDRY_DECL void chat_conversation::begin(boost::asio::any_io_executor const& executor)
{
    if (asked_ == 0)
        in_progress_.begin(state_->target.calls, executor);
}

FOUNDRY_DECL pending_request chat_conversation::prepare(bool is_stream)
{
    chat_request asking = run_.request;
    if (!asking.tools.empty())
        throw error(errc::invalid_argument, "tools is set; add its functions to the toolbox");
    if (!asking.messages.empty())
        throw error(errc::invalid_argument, "the run's request has messages; add them to the messages of the run");
    asking.tools = tools_;
    set_choice(asking.tool_choice, asked_++ == 0);
    asking.messages = std::move(run_.messages); // lent, not copied
    try {
        pending_request prepared = prepare_chat(state_, asking, how_.call, is_stream);
        prepared.is_round = true;
        run_.messages = std::move(asking.messages);
        return prepared;
    } catch (...) {
        run_.messages = std::move(asking.messages);
        throw;
    }
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> chat_conversation::ask()
{
    begin(co_await boost::asio::this_coro::executor);
    chat_completion reply = co_await complete_chat(prepare(false));
    take(std::move(reply));
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> chat_conversation::open()
{
    begin(co_await boost::asio::this_coro::executor);
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
    std::vector<std::size_t> told; // size of the arguments of each call; `unnamed` if its name is not known
    constexpr std::size_t unnamed = std::string::npos;
    for (tool_call const& call : so_far_.completion().tool_calls())
        told.push_back(call.function.name.empty() ? unnamed : call.function.arguments.size());
    so_far_.add(chunk);
    for (chunk_choice const& choice : chunk.choices) {
        if (choice.index != 0)
            continue;
        if (!choice.delta.reasoning_content.empty())
            events.emplace_back(tool_event_type::reasoning, choice.delta.reasoning_content);
        if (!choice.delta.content.empty())
            events.emplace_back(tool_event_type::text, choice.delta.content);
    }
    std::vector<tool_call> const& calls = so_far_.completion().tool_calls();
    for (std::size_t i = 0; i != calls.size(); ++i) {
        if (calls[i].function.name.empty())
            continue;
        auto const add = [&](tool_event_type type, std::string text) {
            tool_event& event = events.emplace_back(type, std::move(text));
            event.call = calls[i];
            event.index = i;
        };
        bool const is_known = i < told.size() && told[i] != unnamed;
        std::size_t const known = is_known ? told[i] : 0;
        if (!is_known)
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
    if (run_.reply.choices.empty()) // of a stream that has only its usage
        return;
    chat_message answer = run_.reply.message();
    make_ids_unique(answer.tool_calls);
    if (answer.tool_calls.empty())
        run_.messages.push_back(std::move(answer));
    else
        open_round_ = std::move(answer);
}

FOUNDRY_DECL void chat_conversation::end_round(std::vector<std::optional<std::string>> const& results)
{
    chat_message answer = std::exchange(open_round_, {});
    std::vector<tool_call> const wanted = std::exchange(answer.tool_calls, {});
    std::vector<chat_message> ended;
    for (std::size_t i = 0; i != wanted.size(); ++i) {
        if (!results[i])
            continue;
        ended.emplace_back(chat_role::tool, *results[i]).tool_call_id = wanted[i].id;
        answer.tool_calls.push_back(wanted[i]);
    }
    if (!ended.empty() || !answer.text().empty())
        run_.messages.push_back(std::move(answer));
    std::move(ended.begin(), ended.end(), std::back_inserter(run_.messages));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
