// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/reader.hpp>
#include <foundry/response_tools.hpp>
#include <foundry/schema.hpp>

#include <memory>
#include <string>
#include <utility>

/// Typed answers of the Responses API: the model fills a class of the program. Include this header to use `responses::create<T>`.
///
///     struct recipe { std::string title; std::vector<std::string> steps; int minutes = 0; };
///     BOOST_DESCRIBE_STRUCT(recipe, (), (title, steps, minutes))
///
///     foundry::structured_response<recipe> answer = co_await foundry::responses{client}.create<recipe>(request);
///     std::cout << answer.value.title;
///
/// <foundry/schema.hpp> says what a class may hold, and how to describe it to the model. The request's `text.format` is the schema of
/// the class.
namespace foundry::inline FOUNDRY_ABI {

/// A typed answer.
template <class T>
struct structured_response
{
    structured_response() = default;

    T value{};
    foundry::response response; ///< The answer as text, with its usage.
};

namespace detail {

/// A request for a response that has a schema, checked; with functions if there are any.
class typed_response_call
{
public:
    typed_response_call(std::shared_ptr<client_state> state, response_request const& request, call_options const& with,
                        json::schema const& (*schema)());
    typed_response_call(std::shared_ptr<client_state> state, response_request const& request, toolbox const& tools,
                        tool_options const& how, json::schema const& (*schema)());
    typed_response_call(typed_response_call&&) noexcept;
    ~typed_response_call();

    struct parts;
    std::unique_ptr<parts> its;
};

/// Reads the answer into a new value.
FOUNDRY_DECL boost::asio::awaitable<void> fetch_typed_response(typed_response_call call, json::object_ref into,
                                                               response& reply);

template <class T>
FOUNDRY_CORO boost::asio::awaitable<structured_response<T>> create_typed(typed_response_call call)
{
    structured_response<T> answer;
    co_await fetch_typed_response(std::move(call), {&answer.value, &json::type_of<T>::value}, answer.response);
    co_return answer;
}

} // namespace detail

template <class T>
boost::asio::awaitable<structured_response<T>> responses::create(response_request const& request,
                                                                 call_options const& with) const
{
    return detail::create_typed<T>(detail::typed_response_call(state_, request, with, &detail::schema_for<T>));
}

template <class T>
boost::asio::awaitable<structured_response<T>> responses::create(response_request const& request) const
{
    return create<T>(request, call_options());
}

template <class T>
boost::asio::awaitable<structured_response<T>> responses::create(response_request const& request, toolbox const& tools,
                                                                 tool_options const& how) const
{
    return detail::create_typed<T>(detail::typed_response_call(state_, request, tools, how, &detail::schema_for<T>));
}

template <class T>
boost::asio::awaitable<structured_response<T>> responses::create(response_request const& request,
                                                                 toolbox const& tools) const
{
    return create<T>(request, tools, tool_options());
}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/structured_response.ipp>
#endif
