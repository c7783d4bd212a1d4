// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/schema.hpp>
#include <foundry/detail/json/type_of.hpp>

#include <boost/current_function.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

/// What a language model reads about the program's own classes: their JSON Schema, with descriptions of the classes and their members.
///
/// A described class is read from JSON, written as JSON, and described to a model as a function's arguments (<foundry/tools.hpp>) or as the
/// shape of an answer (<foundry/structured.hpp>):
///
///     enum class unit { celsius, fahrenheit };
///     BOOST_DESCRIBE_ENUM(unit, celsius, fahrenheit)
///     struct weather_query { std::string city; std::optional<unit> in; };
///     BOOST_DESCRIBE_STRUCT(weather_query, (), (city, in))
///
/// A member is a `bool`, an integer of any type, `double`, `float`, `std::string`, an enum, another described class, `boost::json::value`, or
/// a `std::optional`, `std::vector`, `std::array`, `std::map` or `std::unordered_map` with text keys, or `std::variant` of them. Only
/// an `optional` may be absent. A variant of classes is read as the first class that fits; a member of type `constant` tells
/// them apart:
///
///     struct circle { foundry::constant<"circle"> kind; double radius; };
namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// The name of a member in JSON; empty if BOOST_DESCRIBE_STRUCT does not name it.
template <class Class, auto Member, template <class...> class List, class... D>
constexpr std::string_view name_of(List<D...>)
{
    std::string_view name;
    auto const compare = [&name](auto pointer, std::string_view candidate) {
        if constexpr (std::is_same_v<decltype(pointer), std::remove_const_t<decltype(Member)>>) {
            if (pointer == Member)
                name = json::detail::wire_name(candidate);
        }
    };
    (compare(D::pointer, D::name), ...);
    return name;
}

template <class Class, class Member>
Class class_of(Member Class::*);

} // namespace detail

/// Words about a class and its members, which `about()` makes.
template <std::size_t N>
struct class_description
{
    std::string_view text;
    std::array<json::member_words, N> members;

    /// The same words, and some about a member. It does not compile if the class does not describe this member.
    template <auto Member>
    constexpr class_description<N + 1> member(std::string_view words) const
    {
        using owner = decltype(detail::class_of(Member));
        constexpr std::string_view name = detail::name_of<owner, Member>(json::detail::described_members<owner>());
        static_assert(!name.empty(), "BOOST_DESCRIBE_STRUCT does not name this member");
        class_description<N + 1> more{text, {}};
        for (std::size_t i = 0; i != N; ++i)
            more.members[i] = members[i];
        more.members[N] = {name, words};
        return more;
    }
};

/// Words about a class. A function `describe` beside the class, which argument-dependent lookup finds, returns them:
///
///     constexpr auto describe(weather_query const*)
///     {
///         return foundry::about("Where, and in which unit").member<&weather_query::city>("City and country");
///     }
constexpr class_description<0> about(std::string_view words) { return {words, {}}; }

namespace detail {

/// A text as an argument of a template.
template <std::size_t N>
struct literal
{
    constexpr literal(char const (&from)[N]) // NOLINT(google-explicit-constructor)
    {
        for (std::size_t i = 0; i != N; ++i)
            text[i] = from[i];
    }
    constexpr std::string_view view() const { return {text, N - 1}; }

    char text[N];
};

} // namespace detail

/// A member that always has the same text.
template <detail::literal Text>
struct constant
{
    static constexpr std::string_view value = Text.view();

    friend bool operator==(constant const&, constant const&) = default;
};

/// In JSON a constant is its text.
template <detail::literal Text>
struct json::type_of<constant<Text>>
{
    static constexpr std::string_view known[] = {Text.view()};
    static bool assign(void*, std::string_view text) { return text == known[0]; }
    static std::string_view view(void const*) { return known[0]; }

    static constexpr text_functions names{&assign, &view};
    static constexpr type value{.what = kind::text, .names = &names, .known = known};
};

namespace detail {

/// Made once per class.
template <class T>
json::schema const& schema_for()
{
    static_assert(json::detail::described_class<T>, "describe the class with BOOST_DESCRIBE_STRUCT");
    static json::schema const made = json::make_schema(json::type_of<T>::value, BOOST_CURRENT_FUNCTION);
    return made;
}

} // namespace detail

/// The JSON Schema of a described class, as text. Its subset of the standard is the one that services take with `strict`: all members are
/// required, an absent `std::optional` is null, and there are no other members. A class that contains a map, `boost::json::value` or
/// `boost::json::object` has no strict schema: `strict` is then not sent.
///
/// @throws foundry::error (`errc::invalid_argument`) if the schema is nested deeper or is larger than any service takes.
/// Source of the subset and its limits: learn.microsoft.com, "Structured outputs"; platform.openai.com, "Structured model outputs".
template <class T>
std::string const& schema_of()
{
    return detail::schema_for<T>().text;
}

} // namespace foundry::inline FOUNDRY_ABI
