// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http::detail {

/// The characters of a token (RFC 9110, 5.6.2), in a table by byte, because a head has hundreds of them.
inline constexpr auto token_chars = [] {
    std::array<bool, 256> is{};
    for (int c = 0; c != 128; ++c)
        is[static_cast<std::size_t>(c)] =
            foundry::detail::is_alpha(static_cast<char>(c)) || foundry::detail::is_digit(static_cast<char>(c));
    for (char const c : std::string_view("!#$%&'*+-.^_`|~"))
        is[static_cast<unsigned char>(c)] = true;
    return is;
}();

inline constexpr bool is_token_char(char c) { return token_chars[static_cast<unsigned char>(c)]; }

inline constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

inline std::string_view trim_front(std::string_view text)
{
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    return text;
}

inline std::string_view trim(std::string_view text)
{
    text = trim_front(text);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

inline constexpr bool is_field_char(char c)
{
    auto const u = static_cast<unsigned char>(c);
    return c == '\t' || (u >= 0x20 && u != 0x7f);
}

/// Whether a word has a byte below 0x20 or equal to 0x7f; the tab is one.
inline bool has_control(std::uint64_t word)
{
    constexpr std::uint64_t ones = 0x0101010101010101U;
    std::uint64_t const del = word ^ ones * 0x7f;
    return ((((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & ones * 0x80) != 0;
}

/// Whether the text has a control character other than the tab. Checks eight bytes at a time, some of the last ones twice.
inline bool has_control(std::string_view text)
{
    std::uint64_t word = 0;
    bool may_have = text.size() < sizeof word;
    for (std::size_t at = 0; !may_have && at != text.size();) {
        at = (std::min)(at, text.size() - sizeof word);
        std::memcpy(&word, text.data() + at, sizeof word);
        may_have = has_control(word);
        at += sizeof word;
    }
    return may_have && !foundry::detail::all_of(text, is_field_char);
}

} // namespace http::detail
} // namespace foundry::inline FOUNDRY_ABI
