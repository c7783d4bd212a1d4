// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/config.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace detail {

// The functions of <cctype> depend on the locale; protocols do not.

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_graphic(char c) { return c > 0x20 && c < 0x7f; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// Cheaper to compile than std::all_of, which is unrolled anew for each predicate.
inline bool all_of(std::string_view text, bool (*holds)(char))
{
    for (char const c : text) {
        if (!holds(c))
            return false;
    }
    return true;
}

inline std::string to_lower(std::string_view text)
{
    std::string lower(text);
    for (char& c : lower)
        c = to_lower(c);
    return lower;
}

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI
