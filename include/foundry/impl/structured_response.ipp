// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/fetch_response.hpp>
#include <foundry/detail/operations/response_conversation.hpp>
#include <foundry/detail/operations/typed_answer.hpp>
#include <foundry/detail/operations/typed_response.hpp>
#include <foundry/structured_response.hpp>

#include <exception>
#include <optional>

namespace foundry::inline FOUNDRY_ABI::detail {

struct typed_response_call::parts
{
    std::shared_ptr<client_state> state;
    response_request request;
    toolbox tools;
    tool_options how;
    bool has_tools = false;
    std::shared_ptr<pending_request> pending; ///< Of a call without functions.
    std::exception_ptr failure;               ///< Found before the request was complete.
};

FOUNDRY_DECL typed_response_call::typed_response_call(std::shared_ptr<client_state> state,
                                                      response_request const& request, call_options const& with,
                                                      json::schema const& (*schema)())
    : its(std::make_unique<parts>())
{
    try {
        its->state = std::move(state);
        its->request = request;
        its->how.call = with;
        set_text_format(its->request, schema());
        its->pending = prepare_response(its->state, its->request, with, false);
    } catch (error const&) {
        its->failure = std::current_exception();
    }
}

FOUNDRY_DECL typed_response_call::typed_response_call(std::shared_ptr<client_state> state,
                                                      response_request const& request, toolbox const& tools,
                                                      tool_options const& how, json::schema const& (*schema)())
    : its(std::make_unique<parts>())
{
    try {
        its->state = std::move(state);
        its->request = request;
        its->tools = tools;
        its->how = how;
        its->has_tools = true;
        set_text_format(its->request, schema());
    } catch (error const&) {
        its->failure = std::current_exception();
    }
}

FOUNDRY_DECL typed_response_call::typed_response_call(typed_response_call&&) noexcept = default;
FOUNDRY_DECL typed_response_call::~typed_response_call() = default;

FOUNDRY_CORO inline boost::asio::awaitable<void> ask_typed(typed_response_call::parts& its, json::object_ref into,
                                                           response& reply)
{
    for (unsigned corrections = its.how.call.corrections;; --corrections) {
        reply = co_await fetch_response(std::move(its.pending));
        std::string const problem = read_typed_response(reply, into);
        if (problem.empty())
            co_return;
        if (corrections == 0)
            throw_misfit(reply, reply.text(), problem);
        for (response_item& item : items_without_calls(reply))
            its.request.add(std::move(item));
        its.request.user(correction_text(problem));
        its.pending = prepare_response(its.state, its.request, its.how.call, false);
        json::clear(into.object, *into.described);
    }
}

FOUNDRY_CORO inline boost::asio::awaitable<void> run_typed(typed_response_call::parts& its, json::object_ref into,
                                                           response& reply)
{
    response_run run(std::move(its.request));
    try {
        for (unsigned corrections = its.how.call.corrections;; --corrections) {
            {
                response_conversation conversation(its.state, run, its.tools, its.how);
                co_await run_tools(conversation, its.tools, its.how);
            }
            std::string const problem = read_typed_response(run.reply, into);
            if (problem.empty())
                break;
            if (corrections == 0)
                throw_misfit(run.reply, run.reply.text(), problem);
            run.add(response_message(chat_role::user, correction_text(problem)));
            json::clear(into.object, *into.described);
        }
    } catch (error const& e) {
        throw response_run_error(e, std::move(run));
    }
    reply = std::move(run.reply);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> fetch_typed_response(typed_response_call call,
                                                                            json::object_ref into, response& reply)
{
    typed_response_call::parts& its = *call.its;
    if (its.failure)
        std::rethrow_exception(its.failure);
    if (its.has_tools)
        co_await run_typed(its, into, reply);
    else
        co_await ask_typed(its, into, reply);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
