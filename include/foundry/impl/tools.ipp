// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/chat_conversation.hpp>
#include <foundry/detail/operations/tool_loop.hpp>
#include <foundry/detail/operations/typed_answer.hpp>
#include <foundry/tools.hpp>

#include <exception>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

struct run_owner
{
    tool_run own_run;
};

/// A conversation with a run of its own, which is made first and destroyed last.
class owned_conversation final : run_owner, public chat_conversation
{
public:
    owned_conversation(std::shared_ptr<client_state> state, chat_request const& request, toolbox const& tools,
                       tool_options const& how)
        : run_owner{tool_run{request}},
          chat_conversation(std::move(state), own_run, tools, how)
    {}
};

FOUNDRY_CORO inline boost::asio::awaitable<void> continue_run(std::shared_ptr<client_state> state, tool_run& run,
                                                              toolbox tools, tool_options how)
{
    chat_conversation conversation(std::move(state), run, tools, how);
    co_await run_tools(conversation, tools, how);
}

FOUNDRY_CORO inline boost::asio::awaitable<tool_run> complete_run(std::shared_ptr<client_state> state, tool_run run,
                                                                  toolbox tools, tool_options how)
{
    try {
        co_await continue_run(std::move(state), run, std::move(tools), std::move(how));
    } catch (error const& e) {
        throw tool_run_error(e, std::move(run));
    }
    co_return run;
}

FOUNDRY_DECL std::exception_ptr set_format(tool_run& run, json::schema const& (*schema)())
{
    try {
        set_response_format(run.request, schema());
        return nullptr;
    } catch (error const&) {
        return std::current_exception();
    }
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void>
complete_typed_with_tools(std::shared_ptr<client_state> state, tool_run run, toolbox tools, tool_options how,
                          std::exception_ptr failure, json::object_ref into, chat_completion& reply)
{
    if (failure)
        std::rethrow_exception(failure);
    try {
        for (unsigned corrections = how.call.corrections;; --corrections) {
            co_await continue_run(state, run, tools, how);
            std::string const problem = read_typed(run.reply, into);
            if (problem.empty())
                break;
            if (corrections == 0)
                throw_misfit(run.reply, run.reply.text(), problem);
            run.messages.push_back(correction(problem));
            json::clear(into.object, *into.described);
        }
    } catch (error const& e) {
        throw tool_run_error(e, std::move(run));
    }
    reply = std::move(run.reply);
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<tool_run> basic_client::complete(chat_request const& request, toolbox const& tools,
                                                                     tool_options const& how) const
{
    return detail::complete_run(state_, tool_run{request}, tools, how);
}

FOUNDRY_DECL boost::asio::awaitable<tool_run> basic_client::complete(chat_request const& request,
                                                                     toolbox const& tools) const
{
    return complete(request, tools, tool_options());
}

FOUNDRY_DECL boost::asio::awaitable<void> basic_client::complete(tool_run& run, toolbox const& tools,
                                                                 tool_options const& how) const
{
    return detail::continue_run(state_, run, tools, how);
}

FOUNDRY_DECL boost::asio::awaitable<void> basic_client::complete(tool_run& run, toolbox const& tools) const
{
    return complete(run, tools, tool_options());
}

FOUNDRY_DECL async_generator<tool_event> basic_client::stream(chat_request const& request, toolbox const& tools,
                                                              tool_options const& how) const
{
    return detail::stream_tools(std::make_unique<detail::owned_conversation>(state_, request, tools, how), tools, how);
}

FOUNDRY_DECL async_generator<tool_event> basic_client::stream(chat_request const& request, toolbox const& tools) const
{
    return stream(request, tools, tool_options());
}

FOUNDRY_DECL async_generator<tool_event> basic_client::stream(tool_run& run, toolbox const& tools,
                                                              tool_options const& how) const
{
    return detail::stream_tools(std::make_unique<detail::chat_conversation>(state_, run, tools, how), tools, how);
}

FOUNDRY_DECL async_generator<tool_event> basic_client::stream(tool_run& run, toolbox const& tools) const
{
    return stream(run, tools, tool_options());
}

} // namespace foundry::inline FOUNDRY_ABI
