// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/number.hpp>
#include <foundry/detail/json/type.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

/// The value of a `kind::integer`, whatever its type: a number of up to eight bytes in memory.
namespace foundry::inline FOUNDRY_ABI::json {

/// The number as an integer; empty if it is none, or beyond 64 bits.
inline std::optional<number> whole(number n) noexcept
{
    if (n.form != number::is_double)
        return n;
    constexpr double two_to_63 = 9223372036854775808.0;
    // -2^63 as a double can also be what a smaller integer was rounded to
    if (std::trunc(n.d) != n.d || n.d <= -two_to_63 || n.d >= 2 * two_to_63)
        return std::nullopt;
    number out;
    if (n.d < two_to_63) {
        out.i = static_cast<std::int64_t>(n.d);
    } else {
        out.form = number::is_unsigned;
        out.u = static_cast<std::uint64_t>(n.d);
    }
    return out;
}

/// The largest value of an integer type.
inline std::uint64_t largest(type const& t) noexcept
{
    return ~std::uint64_t{0} >> (64 - 8 * t.size + (t.is_unsigned ? 0 : 1));
}

/// In words, such as "-128 to 127".
inline std::string range_of(type const& t)
{
    std::string const least = t.is_unsigned ? "0" : "-" + std::to_string(largest(t) + 1);
    return least + " to " + std::to_string(largest(t));
}

inline bool fits(number const& n, type const& t) noexcept
{
    if (n.form == number::is_unsigned)
        return n.u <= largest(t);
    if (n.i >= 0)
        return static_cast<std::uint64_t>(n.i) <= largest(t);
    return !t.is_unsigned && static_cast<std::uint64_t>(-(n.i + 1)) <= largest(t);
}

namespace detail {

template <class Integer>
void store_as(std::uint64_t bits, void* to) noexcept
{
    auto const value = static_cast<Integer>(bits);
    std::memcpy(to, &value, sizeof value);
}

/// The bits, with the sign extended to 64.
template <class Integer>
std::uint64_t load_as(void const* from) noexcept
{
    Integer value;
    std::memcpy(&value, from, sizeof value);
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
}

} // namespace detail

/// False, and nothing is stored, if the number is no integer or does not fit.
inline bool store_integer(number const& n, void* to, type const& t) noexcept
{
    if (n.form == number::is_signed && t.size == sizeof n.i && !t.is_unsigned) { // the usual case
        std::memcpy(to, &n.i, sizeof n.i);
        return true;
    }
    std::optional<number> const integer = whole(n);
    if (!integer || !fits(*integer, t))
        return false;
    std::uint64_t const bits =
        integer->form == number::is_unsigned ? integer->u : static_cast<std::uint64_t>(integer->i);
    switch (t.size) {
    case 1:
        detail::store_as<std::uint8_t>(bits, to);
        break;
    case 2:
        detail::store_as<std::uint16_t>(bits, to);
        break;
    case 4:
        detail::store_as<std::uint32_t>(bits, to);
        break;
    default:
        detail::store_as<std::uint64_t>(bits, to);
    }
    return true;
}

inline void clear_integer(void* object, type const& t) noexcept
{
    constexpr std::int64_t zero = 0;
    if (t.size == sizeof zero)
        std::memcpy(object, &zero, sizeof zero);
    else
        std::memset(object, 0, t.size);
}

inline number load_integer(void const* from, type const& t) noexcept
{
    std::uint64_t bits = 0;
    switch (t.size) {
    case 1:
        bits = t.is_unsigned ? detail::load_as<std::uint8_t>(from) : detail::load_as<std::int8_t>(from);
        break;
    case 2:
        bits = t.is_unsigned ? detail::load_as<std::uint16_t>(from) : detail::load_as<std::int16_t>(from);
        break;
    case 4:
        bits = t.is_unsigned ? detail::load_as<std::uint32_t>(from) : detail::load_as<std::int32_t>(from);
        break;
    default:
        bits = detail::load_as<std::uint64_t>(from);
    }
    number n;
    n.i = static_cast<std::int64_t>(bits);
    if (t.is_unsigned && n.i < 0) {
        n.form = number::is_unsigned;
        n.u = bits;
    }
    return n;
}

inline bool is_zero(void const* value, type const& t) noexcept { return load_integer(value, t).i == 0; }

} // namespace foundry::inline FOUNDRY_ABI::json
