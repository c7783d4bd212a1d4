// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/integer.hpp>
#include <foundry/detail/json/number.hpp>
#include <foundry/detail/json/type.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

/// A number of JSON as the value of a described type.
namespace foundry::inline FOUNDRY_ABI::json {

namespace detail {

inline double as_double(number const& n) noexcept
{
    return n.form == number::is_signed     ? static_cast<double>(n.i)
           : n.form == number::is_unsigned ? static_cast<double>(n.u)
                                           : n.d;
}

inline bool fits_float(double d) noexcept { return std::abs(d) <= (std::numeric_limits<float>::max)(); }

/// Also for a little more than the largest float: that is what its shortest text says.
inline bool rounds_to_float(double d) noexcept { return std::abs(d) < (std::numeric_limits<float>::max)() + 0x1p103; }

inline boost::json::value as_value(number const& n)
{
    return n.form == number::is_signed     ? boost::json::value(n.i)
           : n.form == number::is_unsigned ? boost::json::value(n.u)
                                           : boost::json::value(n.d);
}

} // namespace detail

/// False if the number does not fit the integer, double or float.
inline bool store_number(number const& n, object_ref to)
{
    double const d = detail::as_double(n);
    switch (to.described->what) {
    case kind::integer:
        return store_integer(n, to.object, *to.described);
    case kind::float32:
        if (!detail::rounds_to_float(d))
            return false;
        *static_cast<float*>(to.object) = static_cast<float>(
            std::clamp<double>(d, std::numeric_limits<float>::lowest(), (std::numeric_limits<float>::max)()));
        break;
    default:
        *static_cast<double*>(to.object) = d;
        break;
    }
    return std::isfinite(d);
}

} // namespace foundry::inline FOUNDRY_ABI::json
