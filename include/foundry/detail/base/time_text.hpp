// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace detail {

/// The date of RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, also with another spelling of that zone. The day of the week says
/// nothing new and is not checked.
FOUNDRY_DECL std::optional<std::time_t> parse_http_date(std::string_view text);

} // namespace detail

namespace entra::detail {

/// Seconds since 1970, cut to what the clock can hold (the year 2262).
inline std::chrono::system_clock::time_point from_posix(std::int64_t seconds)
{
    constexpr std::int64_t max = 9'000'000'000;
    return std::chrono::system_clock::time_point(std::chrono::seconds{std::clamp(seconds, -max, max)});
}

/// A point in time as authorities and tools write it: RFC 3339 (without an offset it is UTC), the date of HTTP, `MM/dd/yyyy HH:mm:ss`
/// or `yyyy-MM-dd HH:mm:ss`, each with or without a fraction and `+00:00` after it, or `M/d/yyyy h:mm:ss AM +00:00`.
FOUNDRY_DECL std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text);

/// `yyyy-MM-dd HH:mm:ss[.ffffff]`, or with a T, in this machine's time zone as it is at that instant; of an hour that there is twice, the
/// earlier.
FOUNDRY_DECL std::optional<std::chrono::system_clock::time_point> parse_local_time(std::string_view text);

} // namespace entra::detail
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/base/impl/time_text.ipp>
#endif
