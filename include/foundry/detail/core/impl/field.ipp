// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/field_text.hpp>

#include <algorithm>
#include <array>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

inline constexpr std::array<std::string_view, 9> reserved_fields{
    "api-key", "authorization", "connection",        "content-length", "host",
    "te",      "trailer",       "transfer-encoding", "upgrade"};

} // namespace detail

FOUNDRY_DECL bool detail::same_letters(std::string_view a, std::string_view b) noexcept
{
    return std::equal(a.begin(), a.end(), b.begin(),
                      [](char x, char y) { return foundry::detail::to_lower(x) == foundry::detail::to_lower(y); });
}

FOUNDRY_DECL bool lists(std::string_view list, std::string_view member) noexcept
{
    for (;;) {
        std::size_t const comma = list.find(',');
        if (iequals(detail::trim(list.substr(0, comma)), member))
            return true;
        if (comma == list.npos)
            return false;
        list.remove_prefix(comma + 1);
    }
}

FOUNDRY_DECL bool valid_field_name(std::string_view name) noexcept
{
    return !name.empty() && foundry::detail::all_of(name, detail::is_token_char);
}

FOUNDRY_DECL bool valid_field_value(std::string_view value) noexcept
{
    if (value.empty())
        return true;
    return !detail::is_blank(value.front()) && !detail::is_blank(value.back()) && !detail::has_control(value);
}

FOUNDRY_DECL bool reserved_field(std::string_view name) noexcept
{
    for (std::string_view const reserved : detail::reserved_fields) {
        if (iequals(name, reserved))
            return true;
    }
    return iequals(name.substr(0, 6), "proxy-");
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
