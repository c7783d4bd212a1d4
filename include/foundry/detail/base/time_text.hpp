// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace detail {

/// Parses the date of RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`; the zone may also be `UTC` or `+0000`. The day of the week is
/// redundant and is not checked.
FOUNDRY_DECL std::optional<std::int64_t> parse_http_date(std::string_view text);

} // namespace detail

namespace entra::detail {

/// Converts seconds since 1970, limited to the range of the clock (the year 2262).
inline std::chrono::system_clock::time_point from_posix(std::int64_t seconds)
{
    constexpr std::int64_t max = 9'000'000'000;
    return std::chrono::system_clock::time_point(std::chrono::seconds{std::clamp(seconds, -max, max)});
}

/// Parses a point in time as authorities and tools write it: RFC 3339 (UTC if there is no offset), the date of HTTP, `MM/dd/yyyy HH:mm:ss`
/// or `yyyy-MM-dd HH:mm:ss`, each with or without a fraction and `+00:00` after it, or `M/d/yyyy h:mm:ss AM +00:00`.
FOUNDRY_DECL std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text);

/// Parses `yyyy-MM-dd HH:mm:ss[.ffffff]`, or the same with a T, in this machine's time zone at that instant. If the hour occurs twice, the
/// earlier one counts.
FOUNDRY_DECL std::optional<std::chrono::system_clock::time_point> parse_local_time(std::string_view text);

} // namespace entra::detail
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/base/impl/time_text.ipp>
#endif
