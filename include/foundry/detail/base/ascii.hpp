// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
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

/// Cheaper to compile than std::all_of, which the compiler unrolls for each predicate.
inline bool all_of(std::string_view text, bool (*holds)(char))
{
    for (char const c : text) {
        if (!holds(c))
            return false;
    }
    return true;
}

/// Takes the leading digits, in base `base`, off the text and returns their value. Empty if there are none or the value exceeds 64 bits.
/// Cheaper to compile than std::from_chars, which has a table and four functions for each type.
inline std::optional<std::uint64_t> take_number(std::string_view& text, unsigned base)
{
    std::uint64_t const max = UINT64_MAX / base;
    std::uint64_t number = 0;
    std::size_t digits = 0;
    for (; digits != text.size() && is_hex(text[digits]); ++digits) {
        char const c = to_lower(text[digits]);
        auto const digit = static_cast<unsigned>(is_digit(c) ? c - '0' : c - 'a' + 10);
        if (digit >= base)
            break;
        if (number > max || number * base > UINT64_MAX - digit)
            return {};
        number = number * base + digit;
    }
    text.remove_prefix(digits);
    return digits == 0 ? std::optional<std::uint64_t>{} : number;
}

/// Parses a text that consists of digits only.
inline std::optional<std::uint64_t> whole_number(std::string_view text, unsigned base)
{
    std::optional<std::uint64_t> const number = take_number(text, base);
    return text.empty() ? number : std::nullopt;
}

/// Parses a count. Empty if it is negative, not a whole number or too large.
inline std::optional<std::int64_t> parse_count(std::string_view text)
{
    std::optional<std::uint64_t> const count = whole_number(text, 10);
    if (!count || *count > INT64_MAX)
        return {};
    return static_cast<std::int64_t>(*count);
}

/// Joins the parts into one text. A chain of operator+, with its temporaries, makes three times the code.
inline std::string concat(std::initializer_list<std::string_view> parts)
{
    std::size_t size = 0;
    for (std::string_view const part : parts)
        size += part.size();
    std::string all;
    all.reserve(size);
    for (std::string_view const part : parts)
        all += part;
    return all;
}

/// Appends `more`, after a separator if neither text is empty.
inline void append_separated(std::string& text, std::string_view separator, std::string_view more)
{
    if (!text.empty() && !more.empty())
        text += separator;
    text += more;
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
