// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/response_conversation.hpp>
#include <foundry/detail/operations/tool_loop.hpp>
#include <foundry/response_tools.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

struct response_run_owner
{
    response_run own_run;
};

/// A conversation with a run of its own, which is made first and destroyed last.
class owned_response_conversation final : response_run_owner, public response_conversation
{
public:
    owned_response_conversation(std::shared_ptr<client_state> state, response_request const& request,
                                toolbox const& tools, tool_options const& how)
        : response_run_owner{response_run{request}},
          response_conversation(std::move(state), own_run, tools, how)
    {}
};

FOUNDRY_CORO inline boost::asio::awaitable<void>
continue_response_run(std::shared_ptr<client_state> state, response_run& run, toolbox tools, tool_options how)
{
    response_conversation conversation(std::move(state), run, tools, how);
    co_await run_tools(conversation, tools, how);
}

FOUNDRY_CORO inline boost::asio::awaitable<response_run>
complete_response_run(std::shared_ptr<client_state> state, response_run run, toolbox tools, tool_options how)
{
    try {
        co_await continue_response_run(std::move(state), run, std::move(tools), std::move(how));
    } catch (error const& e) {
        throw response_run_error(e, std::move(run));
    }
    co_return run;
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<response_run> responses::create(response_request const& request,
                                                                    toolbox const& tools, tool_options const& how) const
{
    return detail::complete_response_run(state_, response_run{request}, tools, how);
}
FOUNDRY_DECL boost::asio::awaitable<response_run> responses::create(response_request const& request,
                                                                    toolbox const& tools) const
{
    return create(request, tools, tool_options());
}

FOUNDRY_DECL boost::asio::awaitable<void> responses::create(response_run& run, toolbox const& tools,
                                                            tool_options const& how) const
{
    return detail::continue_response_run(state_, run, tools, how);
}
FOUNDRY_DECL boost::asio::awaitable<void> responses::create(response_run& run, toolbox const& tools) const
{
    return create(run, tools, tool_options());
}

FOUNDRY_DECL async_generator<tool_event> responses::stream(response_request const& request, toolbox const& tools,
                                                           tool_options const& how) const
{
    return detail::stream_tools(std::make_unique<detail::owned_response_conversation>(state_, request, tools, how),
                                tools, how);
}
FOUNDRY_DECL async_generator<tool_event> responses::stream(response_request const& request, toolbox const& tools) const
{
    return stream(request, tools, tool_options());
}

FOUNDRY_DECL async_generator<tool_event> responses::stream(response_run& run, toolbox const& tools,
                                                           tool_options const& how) const
{
    return detail::stream_tools(std::make_unique<detail::response_conversation>(state_, run, tools, how), tools, how);
}
FOUNDRY_DECL async_generator<tool_event> responses::stream(response_run& run, toolbox const& tools) const
{
    return stream(run, tools, tool_options());
}

} // namespace foundry::inline FOUNDRY_ABI
