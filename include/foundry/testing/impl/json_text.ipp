// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

namespace json = boost::json;

FOUNDRY_DECL void append_json(std::string& to, json::value const& value);

/// Numbers as the service writes them: `1.0`, `0.25`, `4.5e-05`. Boost.JSON writes `1E0`.
FOUNDRY_DECL void append_number(std::string& to, double number)
{
    char text[32];
    auto const end = std::to_chars(text, text + sizeof text, number).ptr;
    std::string_view const digits(text, static_cast<std::size_t>(end - text));
    to += digits;
    if (digits.find_first_not_of("-0123456789") == std::string_view::npos)
        to += ".0";
}

/// Most names need no escapes.
FOUNDRY_DECL void append_name(std::string& to, std::string_view name)
{
    bool is_plain = true;
    for (char const letter : name)
        is_plain = is_plain && letter >= ' ' && letter != '"' && letter != '\\';
    if (is_plain)
        to.append(1, '"').append(name).append(1, '"');
    else
        to += json::serialize(json::string(name));
}

FOUNDRY_DECL void append_json(std::string& to, json::object const& object)
{
    char separator = '{';
    for (auto const& [name, member] : object) {
        to += std::exchange(separator, ',');
        append_name(to, name);
        to += ':';
        append_json(to, member);
    }
    to += object.empty() ? "{}" : "}";
}

FOUNDRY_DECL void append_json(std::string& to, json::array const& array)
{
    char separator = '[';
    for (auto const& item : array) {
        to += std::exchange(separator, ',');
        append_json(to, item);
    }
    to += array.empty() ? "[]" : "]";
}

FOUNDRY_DECL void append_json(std::string& to, json::value const& value)
{
    if (value.is_double())
        append_number(to, value.get_double());
    else if (value.is_object())
        append_json(to, value.get_object());
    else if (value.is_array())
        append_json(to, value.get_array());
    else
        to += json::serialize(value);
}

/// Not the overload for values, which would copy the object.
FOUNDRY_DECL std::string json_text(json::object const& object)
{
    std::string made;
    append_json(made, object);
    return made;
}

FOUNDRY_DECL std::string json_text(json::value const& value)
{
    std::string made;
    append_json(made, value);
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
