// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Speech that a program can understand: audio of 24 kHz, mono, whose samples carry a text. The emulator's realtime sessions speak so, and
/// understand it.
///
///     std::vector<std::int16_t> samples = foundry::testing::to_tones("How many feet are in a mile?");
///     std::string text = foundry::testing::from_tones(samples);
///
/// A byte of the text is 240 samples (10 ms): a mark of 8 samples of 12000 and 8 of -12000, then 112 samples for each half of the byte, the
/// high one first. A half with the value n is a square wave of 8000 and -8000, each for n + 4 samples, that begins with 8000. So a text is
/// loud for its whole length, has the same level everywhere and decodes exactly, wherever in the audio it begins.
namespace foundry::inline FOUNDRY_ABI::testing {

/// Number of samples for each byte of a text.
inline constexpr std::size_t samples_per_tone = 240;

/// The samples that say a text. Silence is zeros; the text has none.
std::vector<std::int16_t> to_tones(std::string_view text);

/// The text that samples say; whatever is not a whole tone is ignored. Texts with silence between them are joined without a separator.
std::string from_tones(std::span<std::int16_t const> samples);

/// Samples as a session sends them: 16 bits each, little-endian.
std::string to_pcm16(std::span<std::int16_t const> samples);

/// The samples in such bytes. A last odd byte is ignored.
std::vector<std::int16_t> from_pcm16(std::string_view bytes);

} // namespace foundry::inline FOUNDRY_ABI::testing

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/testing/impl/tones.ipp>
#endif
