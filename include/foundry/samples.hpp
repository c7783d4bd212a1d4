// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

/// Samples as audio devices have them, float from -1 to 1, and as the services take them, 16-bit integers. No function allocates.
namespace foundry::inline FOUNDRY_ABI {

/// The nearest 16-bit sample; 1.0 is one more than the largest. Values out of range saturate; NaN is 0.
inline std::int16_t to_int16(float sample) noexcept
{
    float const scaled = sample * 32768.0f;
    if (scaled >= 32767.0f)
        return 32767;
    if (scaled <= -32768.0f)
        return -32768;
    return scaled == scaled ? static_cast<std::int16_t>(scaled + (scaled < 0 ? -0.5f : 0.5f)) : std::int16_t{0};
}

/// From -1.0 to less than 1.0. to_int16() gives the same sample back.
inline float to_float(std::int16_t sample) noexcept { return static_cast<float>(sample) / 32768.0f; }

/// Converts as many samples as both spans have.
inline void to_int16(std::span<float const> in, std::span<std::int16_t> out) noexcept
{
    std::size_t const count = (std::min)(in.size(), out.size());
    for (std::size_t i = 0; i != count; ++i)
        out[i] = to_int16(in[i]);
}

/// Converts as many samples as both spans have.
inline void to_float(std::span<std::int16_t const> in, std::span<float> out) noexcept
{
    std::size_t const count = (std::min)(in.size(), out.size());
    for (std::size_t i = 0; i != count; ++i)
        out[i] = to_float(in[i]);
}

} // namespace foundry::inline FOUNDRY_ABI
