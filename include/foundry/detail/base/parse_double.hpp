// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Parses a number of JSON without std::from_chars. std::strtod expects the decimal point of the program's locale, so that it gets none:
/// 1.25 is read as 125e-2.
inline double parse_double_without_point(std::string_view text)
{
    std::string_view power = text.substr(std::min(text.find_first_of("eE"), text.size()));
    std::string digits(text.substr(0, text.size() - power.size()));
    std::int64_t decimals = 0;
    if (std::size_t const point = digits.find('.'); point != digits.npos) {
        digits.erase(point, 1);
        decimals = static_cast<std::int64_t>(digits.size() - point);
    }
    power.remove_prefix(std::min<std::size_t>(power.size(), 1));
    bool const shrinks = power.starts_with('-');
    if (shrinks || power.starts_with('+'))
        power.remove_prefix(1);
    constexpr std::uint64_t most = 1'000'000'000;
    auto const exponent =
        power.empty() ? 0 : static_cast<std::int64_t>(std::min(take_number(power, 10).value_or(most), most));
    digits.append("e").append(std::to_string((shrinks ? -exponent : exponent) - decimals));
    return std::strtod(digits.c_str(), nullptr);
}

/// Parses a number of JSON; the result is the nearest double. `result_out_of_range` if it is too large; or nearer to zero than any
/// double, in which case `out` may be zero.
inline std::errc parse_double(std::string_view text, double& out)
{
#if defined(__cpp_lib_to_chars) && !defined(FOUNDRY_FORCE_FALLBACKS)
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc{} && end != text.data() + text.size() ? std::errc::invalid_argument : ec;
#else // libc++ before version 20 has it for integers only
    double const value = parse_double_without_point(text);
    if (!std::isfinite(value))
        return std::errc::result_out_of_range;
    out = value;
    return {};
#endif
}

} // namespace foundry::inline FOUNDRY_ABI::detail
