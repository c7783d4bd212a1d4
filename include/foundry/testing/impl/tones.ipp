// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/tones.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

inline constexpr std::size_t mark_half = 8;
inline constexpr std::size_t nibble_samples = (samples_per_tone - 2 * mark_half) / 2;
inline constexpr std::int16_t mark_level = 12000;
inline constexpr std::int16_t tone_level = 8000;

/// The sample at a position of the tone of a byte.
FOUNDRY_DECL std::int16_t tone_sample(unsigned byte, std::size_t position)
{
    if (position < 2 * mark_half)
        return position < mark_half ? mark_level : static_cast<std::int16_t>(-mark_level);
    auto const in_nibbles = position - 2 * mark_half;
    auto const nibble = in_nibbles < nibble_samples ? byte >> 4U : byte & 15U;
    bool const is_high = in_nibbles % nibble_samples / (nibble + 4) % 2 == 0;
    return is_high ? tone_level : static_cast<std::int16_t>(-tone_level);
}

/// The value of a nibble whose wave begins here: the length of its first half wave less 4; more than 15 if it is none.
FOUNDRY_DECL unsigned nibble_at(std::span<std::int16_t const> wave)
{
    auto const end = std::find_if(wave.begin(), wave.end(), [](std::int16_t sample) { return sample != tone_level; });
    auto const length = static_cast<unsigned>(end - wave.begin());
    return length < 4 ? 16 : length - 4;
}

/// Whether these samples are the tone of a byte, which it stores.
FOUNDRY_DECL bool read_tone(std::span<std::int16_t const> samples, unsigned& byte)
{
    if (samples.size() < samples_per_tone || samples[0] != mark_level)
        return false;
    auto const high = nibble_at(samples.subspan(2 * mark_half, nibble_samples));
    auto const low = nibble_at(samples.subspan(2 * mark_half + nibble_samples, nibble_samples));
    if (high > 15 || low > 15)
        return false;
    byte = high << 4U | low;
    for (std::size_t i = 0; i < samples_per_tone; ++i) {
        if (samples[i] != tone_sample(byte, i))
            return false;
    }
    return true;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail

namespace foundry::inline FOUNDRY_ABI::testing {

FOUNDRY_DECL std::vector<std::int16_t> to_tones(std::string_view text)
{
    std::vector<std::int16_t> samples;
    samples.reserve(text.size() * samples_per_tone);
    for (char const letter : text) {
        for (std::size_t i = 0; i < samples_per_tone; ++i)
            samples.push_back(detail::tone_sample(static_cast<unsigned char>(letter), i));
    }
    return samples;
}

FOUNDRY_DECL std::string from_tones(std::span<std::int16_t const> samples)
{
    std::string text;
    for (std::size_t i = 0; i < samples.size();) {
        unsigned byte = 0;
        if (detail::read_tone(samples.subspan(i), byte)) {
            text += static_cast<char>(byte);
            i += samples_per_tone;
        } else {
            ++i;
        }
    }
    return text;
}

FOUNDRY_DECL std::string to_pcm16(std::span<std::int16_t const> samples)
{
    std::string bytes;
    bytes.reserve(samples.size() * 2);
    for (auto const sample : samples) {
        auto const bits = static_cast<std::uint16_t>(sample);
        bytes += static_cast<char>(bits & 0xFFU);
        bytes += static_cast<char>(bits >> 8U);
    }
    return bytes;
}

FOUNDRY_DECL std::vector<std::int16_t> from_pcm16(std::string_view bytes)
{
    std::vector<std::int16_t> samples;
    samples.reserve(bytes.size() / 2);
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        auto const low = static_cast<unsigned char>(bytes[i]);
        auto const high = static_cast<unsigned char>(bytes[i + 1]);
        samples.push_back(static_cast<std::int16_t>(low | high << 8));
    }
    return samples;
}

} // namespace foundry::inline FOUNDRY_ABI::testing
