// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <algorithm>
#include <chrono>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Clamps a duration that comes from the program or a server, so that it can be added to the time of any clock: at most a hundred years
/// (for instance for `milliseconds::max()`), at least zero.
constexpr std::chrono::milliseconds bounded(std::chrono::milliseconds span) noexcept
{
    constexpr std::chrono::milliseconds max = std::chrono::hours{100 * 365 * 24};
    return std::clamp(span, std::chrono::milliseconds{0}, max);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
