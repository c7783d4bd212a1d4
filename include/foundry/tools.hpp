// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/client.hpp>
#include <foundry/structured.hpp>
#include <foundry/toolbox.hpp>

#include <exception>
#include <memory>
#include <utility>

/// Functions that a model may call, and the loop around them. Include this header to give `client::complete` and `client::stream` a toolbox.
///
///     foundry::toolbox tools;
///     tools.add("get_weather", "The weather now", [](weather_query q) -> asio::awaitable<weather> { co_return co_await look_up(q.city); });
///     tools.add("add", "Adds two numbers", [](addends a) { return a.x + a.y; });
///
///     foundry::tool_run run = co_await client.complete(request, tools);
///     std::cout << run.reply.text();
///
/// The model is asked; the functions it calls run side by side; their results are added to the conversation, and the model is asked
/// again, until it answers. <foundry/schema.hpp> says what the argument of a function may hold.
///
/// What goes back to the model as a result, and not to the program as an error: arguments that do not fit the class, and names of
/// functions that do not exist.
///
/// Source of the wire format: learn.microsoft.com, "Function calling"; `ChatCompletionsToolCall` (Models).
namespace foundry::inline FOUNDRY_ABI {

namespace detail {

FOUNDRY_DECL boost::asio::awaitable<void> complete_typed_with_tools(std::shared_ptr<client_state> state, tool_run run,
                                                                    toolbox tools, tool_options how,
                                                                    std::exception_ptr failure, json::object_ref into,
                                                                    chat_completion& reply);

/// Sets the format of the answers; returns what is wrong with it.
FOUNDRY_DECL std::exception_ptr set_format(tool_run& run, json::schema const& (*schema)());

template <class T>
FOUNDRY_CORO boost::asio::awaitable<structured<T>> complete_with_tools(std::shared_ptr<client_state> state,
                                                                       tool_run run, toolbox tools, tool_options how,
                                                                       std::exception_ptr failure)
{
    structured<T> answer;
    co_await complete_typed_with_tools(std::move(state), std::move(run), std::move(tools), std::move(how),
                                       std::move(failure), {&answer.value, &json::type_of<T>::value},
                                       answer.completion);
    co_return answer;
}

} // namespace detail

template <class T>
boost::asio::awaitable<structured<T>> basic_client::complete(chat_request const& request, toolbox const& tools,
                                                             tool_options const& how) const
{
    tool_run run{request};
    std::exception_ptr failure = detail::set_format(run, &detail::schema_for<T>);
    return detail::complete_with_tools<T>(state_, std::move(run), tools, how, std::move(failure));
}

template <class T>
boost::asio::awaitable<structured<T>> basic_client::complete(chat_request const& request, toolbox const& tools) const
{
    return complete<T>(request, tools, tool_options());
}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/tools.ipp>
#endif
