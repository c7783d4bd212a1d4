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
    tool();
    virtual ~tool();

    void set_parameters(json::schema const& schema);
    /// From the text of the arguments to the text of the result. The tool outlives the call.
    virtual boost::asio::awaitable<std::string> call(std::string arguments) const = 0;

    std::string name;
    std::string description;
    std::string parameters; ///< JSON Schema; empty: no argument.
    bool is_strict = true;
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
    using result = R;
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

/// A result that is there.
FOUNDRY_DECL boost::asio::awaitable<std::string> ready(std::string result);

template <class Function>
struct function_tool final : tool
{
    using signature = signature_of<decltype(&Function::operator())>;
    using argument = typename signature::argument; ///< `void*` if there is none.
    using result = typename signature::result;

    explicit function_tool(Function f) : function(std::move(f))
    {
        if constexpr (signature::has_argument)
            set_parameters(schema_for<argument>());
    }

    boost::asio::awaitable<std::string> call(std::string arguments) const override
    {
        if constexpr (is_awaitable<result>) {
            return await_result(function, std::move(arguments));
        } else {
            argument value = read(arguments);
            if constexpr (std::is_void_v<result>) {
                invoke(function, value);
                return ready("null");
            } else {
                return ready(result_text(invoke(function, value)));
            }
        }
    }

    /// Keeps the argument until the function has ended.
    FOUNDRY_CORO static boost::asio::awaitable<std::string> await_result(Function& function, std::string arguments)
    {
        argument value = read(arguments);
        if constexpr (std::is_void_v<typename result::value_type>) {
            co_await invoke(function, value);
            co_return "null";
        } else {
            auto const returned = co_await invoke(function, value);
            co_return result_text(returned);
        }
    }

    static argument read(std::string const& arguments)
    {
        argument value{};
        if constexpr (signature::has_argument)
            read_arguments(arguments, {&value, &json::type_of<argument>::value});
        return value;
    }

    static result invoke(Function& function, argument& value)
    {
        if constexpr (signature::has_argument)
            return function(std::move(value));
        else
            return function();
    }

    mutable Function function;
};

template <class Function>
std::unique_ptr<tool> make_tool(Function function)
{
    if constexpr (std::is_function_v<std::remove_pointer_t<Function>>) {
        return make_tool(std::function(function));
    } else {
        static_assert(has_one_signature<Function>,
                      "a function for a model has one signature: a lambda without auto, a function");
        return std::unique_ptr<tool>(new function_tool<Function>(std::move(function)));
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/tool_function.ipp>
#endif
