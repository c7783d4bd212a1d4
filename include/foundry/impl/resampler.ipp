// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/resampler.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// The filter's coefficients beside its middle, which is one half, from the inner to the outer ones on one side, in 1/32768: sin(x)/x in a
/// Kaiser window (beta 7). Their sum is one quarter, so that a constant keeps its value.
inline constexpr int half_band[] = {10384, -3340, 1865, -1194, 801, -542, 362, -235, 147, -87, 47, -23, 9, -2};

/// Divides by a power of two, rounds and saturates.
inline std::int16_t scale_sample(int sum, int bits)
{
    return static_cast<std::int16_t>(std::clamp((sum + (1 << (bits - 1))) >> bits, -32768, 32767));
}

} // namespace detail

FOUNDRY_DECL void resampler::history::push(std::int16_t sample) noexcept
{
    at = (at + taps - 1) % taps;
    samples[at] = samples[at + taps] = sample;
}

/// The weighted sum of the samples beside the middle, times 32768. With the middle it is less than 0.84 times the largest int.
FOUNDRY_DECL int resampler::filter(std::int16_t const* newest) noexcept
{
    int sum = 0;
    for (std::size_t i = 0; i != taps / 2; ++i)
        sum += detail::half_band[i] * (newest[taps / 2 - 1 - i] + newest[taps / 2 + i]);
    return sum;
}

FOUNDRY_DECL std::size_t resampler::process(std::span<std::int16_t const> in, std::span<std::int16_t> out) noexcept
{
    std::size_t made = 0;
    for (std::int16_t const sample : in) {
        if (direction_ == resampling::down && !has_first_) {
            middle_.push(sample);
            has_first_ = true;
            continue;
        }
        has_first_ = false;
        sides_.push(sample);
        int const sides = filter(&sides_.samples[sides_.at]);
        if (direction_ == resampling::down) {
            out[made++] = detail::scale_sample(sides + 16384 * middle_.samples[middle_.at + taps / 2 - 1], 15);
        } else {
            out[made++] = detail::scale_sample(sides, 14);
            out[made++] = sides_.samples[sides_.at + taps / 2 - 1];
        }
    }
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI
