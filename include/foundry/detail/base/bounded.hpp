// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <algorithm>
#include <chrono>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A duration that a clock can be set forward by, for each one that a program or a server gives: a hundred years stand for any longer
/// time, such as `milliseconds::max()`, and zero for a negative one.
constexpr std::chrono::milliseconds bounded(std::chrono::milliseconds span) noexcept
{
    constexpr std::chrono::milliseconds max = std::chrono::hours{100 * 365 * 24};
    return std::clamp(span, std::chrono::milliseconds{0}, max);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
