// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace foundry::inline FOUNDRY_ABI {

/// Direction of a `resampler`.
enum class resampling
{
    down, ///< 48 kHz to 24 kHz, or any rate to its half.
    up,   ///< 24 kHz to 48 kHz, or any rate to its double.
};

/// Converts between the 48 kHz of audio devices and the 24 kHz of the services, block by block. The blocks may have any sizes: the result is
/// that of one block, bit for bit.
///
/// A half-band filter with 55 coefficients: flat to 0.01 dB up to 10 kHz, 6 dB less at 12 kHz, at least 70 dB less from 14 kHz (at 24 kHz:
/// tones between 12 and 14 kHz appear, weakened, between 10 and 12 kHz). The result is late by 27 samples at 48 kHz, 0.56 ms; to receive the
/// end of a recording, process as much silence after it.
///
/// Thread safety: as a value. process() does not allocate, so that the callback of an audio device may call it.
class resampler
{
public:
    explicit resampler(resampling direction) noexcept : direction_(direction) {}

    /// Number of samples that process() makes of the next `count` samples. For `down`, it depends on whether one is left from before.
    std::size_t output_size(std::size_t count) const noexcept
    {
        return direction_ == resampling::up ? 2 * count : count / 2 + (has_first_ ? count % 2 : 0);
    }

    /// Converts the next block into the front of `out` and returns the number of samples there.
    ///
    /// @param out must have at least output_size(in.size()) samples, and must not overlap `in`.
    std::size_t process(std::span<std::int16_t const> in, std::span<std::int16_t> out) noexcept;

    /// Prepares for another recording.
    void reset() noexcept { *this = resampler(direction_); }

private:
    static constexpr std::size_t taps = 28; // coefficients that are not 0, without the middle one

    /// The last samples, the newest first; each is kept twice, so that they are contiguous.
    struct history
    {
        void push(std::int16_t sample) noexcept;

        std::array<std::int16_t, 2 * taps> samples{};
        std::size_t at = 0;
    };

    static int filter(std::int16_t const* newest) noexcept;

    resampling direction_;
    history sides_;          // what the filter sees but for its middle; for `down`, each second sample
    history middle_;         // for `down`, the samples between those
    bool has_first_ = false; // for `down`, whether the first sample of a pair has arrived
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/resampler.ipp>
#endif
