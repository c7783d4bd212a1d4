// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/parse_double.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace foundry::inline FOUNDRY_ABI::json {

/// A number in a JSON text, in the narrowest of three forms that can hold it.
struct number
{
    number() = default;

    enum
    {
        is_signed,
        is_unsigned, ///< Only above the signed range.
        is_double
    } form = is_signed;
    std::int64_t i = 0;
    std::uint64_t u = 0;
    double d = 0;
};

namespace detail {

inline bool is_number_part(char c)
{
    return foundry::detail::is_digit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

/// Reads decimal digits and appends them to the mantissa; the caller checks that they fit.
///
/// @returns the number of digits.
inline int read_digits(char const*& p, char const* end, std::uint64_t& mantissa)
{
    char const* const begin = p;
    char const* stop = p; // a local copy, so that it stays in a register
    std::uint64_t value = mantissa;
    for (; stop != end && foundry::detail::is_digit(*stop); ++stop)
        value = value * 10 + static_cast<std::uint64_t>(*stop - '0');
    mantissa = value;
    p = stop;
    return static_cast<int>(stop - begin);
}

inline bool take_char(char const*& p, char const* end, char c)
{
    bool const there = p != end && *p == c;
    p += there;
    return there;
}

/// Reads the digits of an exponent; limits a huge one to 10^9.
inline std::uint64_t read_exponent(char const*& p, char const* end)
{
    std::uint64_t value = 0;
    for (; p != end && foundry::detail::is_digit(*p); ++p)
        value = std::min<std::uint64_t>(value * 10 + static_cast<std::uint64_t>(*p - '0'), 1'000'000'000);
    return value;
}

/// The value of a number outside the range of double: infinite, or zero if its first digit is far after the point.
inline double out_of_range(std::string_view text, std::uint64_t exponent, bool shrinks)
{
    std::size_t const stop = (std::min)(text.find_first_of("eE"), text.size());
    std::size_t const point = (std::min)(text.find('.'), stop);
    std::size_t const first = (std::min)(text.find_first_of("123456789"), stop);
    auto const magnitude = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    auto const shift = static_cast<std::int64_t>(exponent);
    return magnitude + (shrinks ? -shift : shift) > 0 ? HUGE_VAL : 0;
}

/// Stores an integer of this many digits; as a double if it needs more than 64 bits.
inline void set_integer(number& n, std::string_view text, int digits, std::uint64_t mantissa)
{
    if (digits <= 18) {
        n.i = static_cast<std::int64_t>(mantissa);
        if (text.front() != '-')
            return;
        n.i = -n.i;
        if (mantissa == 0) { // an integer cannot be minus zero
            n.form = number::is_double;
            n.d = -0.0;
        }
        return;
    }
    bool const negative = text.front() == '-';
    auto const magnitude = foundry::detail::whole_number(text.substr(negative ? 1 : 0), 10);
    if (magnitude && *magnitude <= static_cast<std::uint64_t>(INT64_MAX) + negative) {
        n.i = static_cast<std::int64_t>(negative ? 0 - *magnitude : *magnitude);
    } else if (magnitude && !negative) {
        n.form = number::is_unsigned;
        n.u = *magnitude;
    } else {
        n.form = number::is_double;
        if (foundry::detail::parse_double(text, n.d) != std::errc{})
            n.d = HUGE_VAL;
    }
}

/// Reads a number at `p`. False if there is none. A number that is too large for a double becomes infinite.
inline bool read_number(char const*& p, char const* end, number& n)
{
    char const* const begin = p;
    std::uint64_t mantissa = 0;
    bool const negative = take_char(p, end, '-');
    bool const zero = p != end && *p == '0';
    int const digits = read_digits(p, end, mantissa);
    if (digits == 0 || (digits > 1 && zero))
        return false;
    int decimals = 0;
    bool const fraction = take_char(p, end, '.');
    if (fraction)
        decimals = read_digits(p, end, mantissa);
    if (fraction && decimals == 0)
        return false;
    bool const scientific = take_char(p, end, 'e') || take_char(p, end, 'E');
    bool shrinks = false;
    std::uint64_t exponent = 0;
    if (scientific) {
        shrinks = take_char(p, end, '-');
        if (!shrinks)
            take_char(p, end, '+');
        char const* const begin_of_exponent = p;
        exponent = read_exponent(p, end);
        if (p == begin_of_exponent)
            return false;
    }
    std::string_view const text(begin, static_cast<std::size_t>(p - begin));
    if (!fraction && !scientific) {
        set_integer(n, text, digits, mantissa);
        return true;
    }
    n.form = number::is_double;
    // Whole numbers up to 2^53 and powers of ten up to 1e22 are exact doubles, so one division gives the nearest double.
    static constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    std::uint64_t const smaller = static_cast<std::uint64_t>(decimals) + exponent;
    if (smaller <= 22 && (shrinks || exponent == 0) && digits + decimals <= 19 && mantissa <= std::uint64_t{1} << 53) {
        n.d = static_cast<double>(mantissa) / powers[smaller];
        n.d = negative ? -n.d : n.d;
    } else if (foundry::detail::parse_double(text, n.d) == std::errc::result_out_of_range) {
        n.d = out_of_range(text, exponent, shrinks);
        n.d = negative ? -n.d : n.d;
    }
    return true;
}

} // namespace detail

/// The shortest text that is read as the same number.
inline std::string print_number(number const& n)
{
    if (n.form == number::is_signed)
        return std::to_string(n.i);
    if (n.form == number::is_unsigned)
        return std::to_string(n.u);
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, n.d).ptr};
}

/// Parses a text that is one JSON number and nothing else; false if it is not. A number that is too large for a double becomes infinite.
inline bool parse_number(std::string_view text, number& n)
{
    char const* p = text.data();
    char const* const end = p + text.size();
    return detail::read_number(p, end, n) && p == end;
}

} // namespace foundry::inline FOUNDRY_ABI::json
