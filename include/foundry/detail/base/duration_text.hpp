// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// "800 ms", "10 s", "2.5 s"
inline std::string in_words(std::chrono::milliseconds span)
{
    auto const count = span.count();
    if (count < 1000)
        return std::to_string(count) + " ms";
    std::string seconds = std::to_string(count / 1000);
    if (auto const tenths = count % 1000 / 100; tenths != 0)
        seconds.append(".").append(std::to_string(tenths));
    return seconds + " s";
}

/// Maximum wait that is reported: one year, so that it can be added to the time of any clock.
inline constexpr std::chrono::milliseconds longest_wait = std::chrono::hours{365 * 24};

inline std::chrono::milliseconds to_wait(double milliseconds)
{
    auto const max = static_cast<double>(longest_wait.count());
    return std::chrono::milliseconds{static_cast<std::int64_t>(std::clamp(milliseconds, 0.0, max) + 0.5)};
}

/// Takes digits, with or without a fraction, off the front of the text. Too many digits give infinity, which is harmless.
inline std::optional<double> take_decimal(std::string_view& text)
{
    if (text.empty() || !is_digit(text.front()))
        return {};
    double value = 0;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1))
        value = value * 10 + (text.front() - '0');
    if (!text.starts_with('.'))
        return value;
    text.remove_prefix(1);
    for (double weight = 0.1; !text.empty() && is_digit(text.front()); text.remove_prefix(1), weight /= 10)
        value += weight * (text.front() - '0');
    return value;
}

/// Parses a text that is one number and nothing else.
inline std::optional<std::chrono::milliseconds> parse_wait(std::string_view text, double milliseconds_each)
{
    auto const number = take_decimal(text);
    if (!number || !text.empty())
        return {};
    return to_wait(*number * milliseconds_each);
}

/// The length of a unit in milliseconds; 0 if the unit is unknown.
inline double unit_length(std::string_view unit)
{
    constexpr std::pair<std::string_view, double> units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000}};
    for (auto const& [name, length] : units) {
        if (name == unit)
            return length;
    }
    return 0;
}

/// Parses `17ms`, `1.5s`, `1h2m`, or a plain number of seconds.
inline std::optional<std::chrono::milliseconds> parse_duration(std::string_view text)
{
    if (auto const plain = parse_wait(text, 1000))
        return plain;
    double total = 0;
    do {
        auto const number = take_decimal(text);
        auto const unit = text.substr(0, text.find_first_of("0123456789"));
        auto const length = unit_length(unit);
        if (!number || length == 0)
            return {};
        total += *number * length;
        text.remove_prefix(unit.size());
    } while (!text.empty());
    return to_wait(total);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
