// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {
/// iequals() for strings of one size.
FOUNDRY_DECL bool same_letters(std::string_view a, std::string_view b) noexcept;
} // namespace detail

/// Whether two strings are equal when the case of ASCII letters is ignored.
inline bool iequals(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && detail::same_letters(a, b);
}

/// Whether a comma-separated list, such as the value of `Connection`, has this member. The case of ASCII letters is ignored.
FOUNDRY_DECL bool lists(std::string_view list, std::string_view member) noexcept;

/// Whether this is a token (RFC 9110, 5.6.2), and so a valid field name.
FOUNDRY_DECL bool valid_field_name(std::string_view name) noexcept;

/// Whether this may be sent as a field value: no control character except the tab, no blank at either end.
FOUNDRY_DECL bool valid_field_value(std::string_view value) noexcept;

/// Whether only the library may write this field, because it frames, routes or authorises the message.
FOUNDRY_DECL bool reserved_field(std::string_view name) noexcept;

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/core/impl/field.ipp>
#endif
