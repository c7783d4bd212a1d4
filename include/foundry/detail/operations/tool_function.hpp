// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/schema.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

/// A function of the program as the model's calls see it: from the text of the arguments to the text of the result.
namespace foundry::inline FOUNDRY_ABI::detail {

struct tool
{
    std::string name;
    std::string description;
    std::string parameters; ///< JSON Schema; empty: no argument.
    bool is_strict = true;
    std::function<boost::asio::awaitable<std::string>(std::string arguments)> call;
};

/// The arguments of a call do not fit; `what()` is for the model.
struct unfit_arguments : std::runtime_error
{
    using runtime_error::runtime_error;
};

/// Reads arguments into a new value; no text at all is an empty object.
///
/// @throws unfit_arguments
FOUNDRY_DECL void read_arguments(std::string_view text, json::object_ref into);

template <class Member>
struct signature_of;
template <class Class, class R, class... A>
struct signature_of<R (Class::*)(A...)>
{
    static_assert(sizeof...(A) <= 1, "a function for a model takes one described class, or nothing");
    using argument = std::remove_cvref_t<std::tuple_element_t<0, std::tuple<A..., void*>>>;
    static constexpr bool has_argument = sizeof...(A) == 1;
};
template <class Class, class R, class... A>
struct signature_of<R (Class::*)(A...) const> : signature_of<R (Class::*)(A...)>
{};
template <class Class, class R, class... A>
struct signature_of<R (Class::*)(A...) noexcept> : signature_of<R (Class::*)(A...)>
{};
template <class Class, class R, class... A>
struct signature_of<R (Class::*)(A...) const noexcept> : signature_of<R (Class::*)(A...)>
{};

template <class Function>
concept has_one_signature = requires
{
    &Function::operator();
};

/// The text of a result.
template <class R>
std::string result_text(R const& result)
{
    if constexpr (std::convertible_to<R const&, std::string_view>) {
        return std::string(std::string_view(result));
    } else {
        std::string text;
        json::write(text, {&result, &json::type_of<R>::value}, json::writing::all);
        return text;
    }
}

template <class R>
FOUNDRY_CORO boost::asio::awaitable<std::string> await_result(boost::asio::awaitable<R> result)
{
    if constexpr (std::is_void_v<R>) {
        co_await std::move(result);
        co_return "null";
    } else {
        R const value = co_await std::move(result);
        co_return result_text(value);
    }
}

/// Calls a function and keeps its argument, if it has one, until it has ended.
template <class Function, class... Argument>
FOUNDRY_CORO boost::asio::awaitable<std::string> call_function(std::shared_ptr<Function> function,
                                                               std::string arguments)
{
    std::tuple<Argument...> argument{};
    (read_arguments(arguments, {&std::get<Argument>(argument), &json::type_of<Argument>::value}), ...);
    using result = std::invoke_result_t<Function&, Argument...>;
    if constexpr (std::is_void_v<result>) {
        (*function)(std::move(std::get<Argument>(argument))...);
        co_return "null";
    } else {
        result returned = (*function)(std::move(std::get<Argument>(argument))...);
        if constexpr (is_awaitable<result>)
            co_return co_await await_result(std::move(returned));
        else
            co_return result_text(returned);
    }
}

template <class Function>
void set_function(tool& made, Function function)
{
    if constexpr (std::is_function_v<std::remove_pointer_t<Function>>) {
        set_function(made, std::function(function));
    } else {
        static_assert(has_one_signature<Function>,
                      "a function for a model has one signature: a lambda without auto, a function");
        using signature = signature_of<decltype(&Function::operator())>;
        auto kept = std::make_shared<Function>(std::move(function));
        if constexpr (signature::has_argument) {
            using argument = typename signature::argument;
            json::schema const& schema = schema_for<argument>();
            made.parameters = schema.text;
            made.is_strict = schema.is_strict;
            made.call = [kept](std::string arguments) {
                return call_function<Function, argument>(kept, std::move(arguments));
            };
        } else {
            made.call = [kept](std::string arguments) { return call_function<Function>(kept, std::move(arguments)); };
        }
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/tool_function.ipp>
#endif
