// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/operations/fetch_response.hpp>
#include <foundry/detail/operations/response_conversation.hpp>
#include <foundry/detail/operations/response_stream_state.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL tool_call to_tool_call(function_call from)
{
    tool_call call;
    call.id = std::move(from.call_id);
    call.type = "function";
    call.function.name = std::move(from.name);
    call.function.arguments = std::move(from.arguments);
    return call;
}

inline bool is_function(boost::json::value const& tool)
{
    auto const* const object = tool.if_object();
    auto const* const type = object != nullptr ? object->if_contains("type") : nullptr;
    return type != nullptr && *type == "function";
}

FOUNDRY_DECL response_conversation::response_conversation(std::shared_ptr<client_state> state, response_run& run,
                                                          toolbox const& tools, tool_options const& how)
    : state_(std::move(state)),
      run_(run),
      tools_(tools.definitions(true)),
      how_(how)
{}

FOUNDRY_DECL response_conversation::~response_conversation()
{
    if (is_open_)
        end_round(std::vector<std::optional<std::string>>(calls_.size()));
    if (!events_)
        return;
    std::string const begun = so_far_.response_so_far().text();
    if (!begun.empty())
        run_.add(response_message(chat_role::assistant, begun));
}

FOUNDRY_DECL void response_conversation::begin(boost::asio::any_io_executor const& executor)
{
    if (asked_ == 0)
        in_progress_.begin(state_->target.calls, executor);
}

/// Whether the service has the items of earlier rounds.
FOUNDRY_DECL bool response_conversation::sends_only_new() const
{
    return run_.by_id || !std::holds_alternative<std::monostate>(run_.request.conversation);
}

FOUNDRY_DECL std::shared_ptr<pending_request> response_conversation::prepare(bool is_stream)
{
    if (asked_ >= how_.max_rounds && asked_ != 0) // of approvals
        throw error(errc::too_many_rounds, "raise max_rounds, or tell the model to answer with what it has");
    response_request asking = run_.request;
    if (std::any_of(asking.tools.begin(), asking.tools.end(), is_function))
        throw error(errc::invalid_argument, "tools has a function; add it to the toolbox");
    if (!std::holds_alternative<std::monostate>(asking.input))
        throw error(errc::invalid_argument, "the run's request has an input; add it to the items of the run");
    if (asking.background.value_or(false))
        throw error(errc::invalid_argument, "background is set; a run with tools waits for each of its responses");
    for (tool_definition const& tool : tools_)
        asking.add_function(tool.function);
    set_choice(asking.tool_choice, asked_++ == 0);
    if (run_.by_id && run_.sent != 0)
        asking.previous_response_id = run_.reply.id;
    std::size_t const first = sends_only_new() ? std::min(run_.sent, run_.items.size()) : 0;
    asking.input.emplace<std::vector<response_item>>(run_.items.begin() + static_cast<std::ptrdiff_t>(first),
                                                     run_.items.end());
    std::shared_ptr<pending_request> request = prepare_response(state_, asking, how_.call, is_stream);
    request->is_round = true;
    return request;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> response_conversation::ask()
{
    begin(co_await boost::asio::this_coro::executor);
    for (bool is_asked_again = true; is_asked_again;) {
        std::shared_ptr<pending_request> request = prepare(false);
        response reply = co_await fetch_response(std::move(request));
        is_asked_again = co_await take(std::move(reply));
    }
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> response_conversation::open()
{
    begin(co_await boost::asio::this_coro::executor);
    so_far_ = response_accumulator();
    streamed_.clear();
    std::shared_ptr<pending_request> request = prepare(true);
    call_options with = how_.call;
    response_stream opened = co_await open_response_stream(std::move(request), std::move(with), false);
    events_.emplace(std::move(opened));
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<bool> response_conversation::read(std::vector<tool_event>& events)
{
    response_event const* const event = co_await events_->read();
    if (event != nullptr) {
        read_event(*event, events);
        co_return true;
    }
    events_.reset();
    response reply = so_far_.take();
    bool const is_asked_again = co_await take(std::move(reply));
    if (is_asked_again)
        co_await open();
    co_return is_asked_again;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<bool> response_conversation::take(response reply)
{
    ++run_.rounds;
    if (reply.usage)
        add_usage(run_.usage, to_token_usage(*reply.usage));
    run_.reply = std::move(reply);
    is_open_ = true;
    calls_.clear();
    call_places_.clear();
    approvals_.clear();
    std::vector<mcp_approval_request> wanted;
    for (std::size_t i = 0; i != run_.reply.output.size(); ++i) {
        response_item const& item = run_.reply.output[i];
        if (item.type() == item_type::mcp_approval_request && how_.before_call)
            wanted.push_back(item.as<mcp_approval_request>());
        if (item.type() != item_type::function_call)
            continue;
        function_call call = item.as<function_call>();
        if (call.status == "incomplete") // its arguments are cut off
            continue;
        calls_.push_back(to_tool_call(std::move(call)));
        call_places_.push_back(i);
    }
    make_ids_unique(calls_);
    for (mcp_approval_request& one : wanted) {
        tool_call call;
        call.id = one.id;
        call.type = one.type;
        call.function.name = std::move(one.name);
        call.function.arguments = std::move(one.arguments);
        call.extra["server_label"] = one.server_label;
        std::optional<std::string> const against = co_await how_.before_call(call);
        mcp_approval_response said(one.id, !against);
        said.reason = against;
        approvals_.emplace_back(said);
    }
    if (calls_.empty())
        end_round({});
    co_return calls_.empty() && !wanted.empty();
}

FOUNDRY_DECL void response_conversation::end_round(std::vector<std::optional<std::string>> const& results)
{
    is_open_ = false;
    std::vector<response_item> const& output = run_.reply.output;
    std::vector<response_item> kept;
    std::vector<response_item> outputs;
    bool is_next_kept = false; // reasoning goes with what it led to
    for (std::size_t i = output.size(); i-- != 0;) {
        response_item item = output[i];
        item_type const type = item.type().known().value_or(item_type::message);
        bool is_kept = type != item_type::reasoning || is_next_kept;
        if (type == item_type::function_call) {
            auto const place = std::find(call_places_.begin(), call_places_.end(), i);
            std::size_t const call = static_cast<std::size_t>(place - call_places_.begin());
            bool const has_result = place != call_places_.end() && results[call];
            is_kept = has_result || sends_only_new(); // the service has the call
            function_call whole = item.as<function_call>();
            if (place != call_places_.end() && whole.call_id != calls_[call].id) {
                whole.call_id = calls_[call].id;
                item = whole;
            }
            if (is_kept)
                outputs.emplace_back(function_call_output(
                    whole.call_id, has_result ? *results[call] : "error: the function was not called"));
        }
        if (is_kept)
            kept.push_back(std::move(item));
        is_next_kept = is_kept;
    }
    std::move(kept.rbegin(), kept.rend(), std::back_inserter(run_.items));
    run_.sent = run_.items.size();
    std::move(outputs.rbegin(), outputs.rend(), std::back_inserter(run_.items));
    std::move(approvals_.begin(), approvals_.end(), std::back_inserter(run_.items));
    approvals_.clear();
}

/// Which of the calls that arrive an event belongs to; their number if none.
FOUNDRY_DECL std::size_t response_conversation::find_streamed(response_event const& event) const
{
    std::string const id = event.item ? event.item->id() : event.item_id;
    auto const found = std::find_if(streamed_.begin(), streamed_.end(), [&](streamed_call const& one) {
        return event.output_index ? one.output_index == event.output_index : !id.empty() && one.item_id == id;
    });
    return static_cast<std::size_t>(found - streamed_.begin());
}

FOUNDRY_DECL void response_conversation::tell_arguments(std::size_t i, std::string more,
                                                        std::vector<tool_event>& events)
{
    if (i >= streamed_.size() || more.empty())
        return;
    tool_call& call = streamed_[i].call;
    call.function.arguments += more;
    tool_event& event = events.emplace_back(tool_event_type::arguments, std::move(more));
    event.call = call;
    event.index = i;
}

FOUNDRY_DECL void response_conversation::read_event(response_event const& event, std::vector<tool_event>& events)
{
    so_far_.add(event);
    switch (event.type.known().value_or(response_event_type::keepalive)) {
    case response_event_type::output_text_delta:
        events.emplace_back(tool_event_type::text, event.delta);
        break;
    case response_event_type::reasoning_summary_text_delta:
    case response_event_type::reasoning_text_delta:
        events.emplace_back(tool_event_type::reasoning, event.delta);
        break;
    case response_event_type::output_item_added:
    case response_event_type::output_item_done: {
        if (!event.item || event.item->type() != item_type::function_call)
            break;
        function_call call = event.item->as<function_call>();
        std::size_t const i = find_streamed(event);
        std::string const arguments = std::exchange(call.arguments, {});
        if (i == response_accumulator::max_items)
            break;
        if (i == streamed_.size()) {
            streamed_.push_back({event.output_index, call.id.value_or(""), to_tool_call(std::move(call))});
            tool_event& begins = events.emplace_back(tool_event_type::call_begins, "");
            begins.call = streamed_[i].call;
            begins.index = i;
        }
        std::size_t const told = streamed_[i].call.function.arguments.size();
        if (arguments.size() > told)
            tell_arguments(i, arguments.substr(told), events);
        break;
    }
    case response_event_type::function_call_arguments_delta:
        tell_arguments(find_streamed(event), event.delta, events);
        break;
    default:
        break;
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail
