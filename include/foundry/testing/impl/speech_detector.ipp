// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

inline constexpr std::size_t bytes_per_ms = 48; ///< Of PCM16 with 24 kHz.

/// When speech begins and ends; the members of `turn_detection`.
class detection_settings
{
public:
    double threshold = 0.5; ///< 0 to 1; ten times the level (root mean square, of 1) above which audio is speech.
    std::size_t prefix_padding_ms = 300;
    std::size_t silence_duration_ms = 200;
};

/// A beginning or an end of speech.
class speech_mark_found
{
public:
    bool started = false;
    std::size_t ms = 0; ///< From the first byte of the session's audio.
    std::string audio;  ///< At an end: the speech, with the padding before it and the silence after it.
};

/// Finds speech in audio by its level, in frames of 32 ms. Keeps the audio that is not yet in an item.
class speech_detector
{
public:
    static constexpr std::size_t frame_ms = 32;

    void configure(std::optional<detection_settings> const& settings) { settings_ = settings; }
    void append(std::string_view bytes) { audio_ += bytes; }
    std::size_t size() const { return audio_.size(); }
    bool is_speaking() const { return speech_begin_.has_value(); }

    std::optional<speech_mark_found> next(); ///< The next beginning or end in what was appended.
    std::string take();                      ///< Removes all audio, which ends speech.
    std::size_t total_ms() const { return (dropped_ + audio_.size()) / bytes_per_ms; }

private:
    void drop(std::size_t bytes);

    std::optional<detection_settings> settings_; ///< Empty: finds nothing.
    std::string audio_;
    std::size_t dropped_ = 0; ///< Bytes that were before `audio_`.
    std::size_t seen_ = 0;    ///< Bytes of `audio_` in frames that were judged.
    std::size_t silence_ms_ = 0;
    std::optional<std::size_t> speech_begin_; ///< In `audio_`.
};

/// The level of a frame, squared.
FOUNDRY_DECL double frame_power(std::string_view frame)
{
    double sum = 0;
    for (std::size_t i = 0; i + 1 < frame.size(); i += 2) {
        auto const bits = static_cast<unsigned char>(frame[i]) | static_cast<unsigned char>(frame[i + 1]) << 8;
        auto const level = static_cast<double>(static_cast<std::int16_t>(bits)) / 32768;
        sum += level * level;
    }
    return sum / static_cast<double>(frame.size() / 2);
}

FOUNDRY_DECL std::optional<speech_mark_found> speech_detector::next()
{
    constexpr std::size_t frame_bytes = frame_ms * bytes_per_ms;
    if (!settings_) {
        seen_ = audio_.size();
        return std::nullopt;
    }
    for (; seen_ + frame_bytes <= audio_.size(); seen_ += frame_bytes) {
        auto const level = settings_->threshold / 10;
        bool const loud = frame_power(std::string_view(audio_).substr(seen_, frame_bytes)) >= level * level;
        silence_ms_ = loud ? 0 : silence_ms_ + frame_ms;
        if (!speech_begin_ && loud) {
            speech_mark_found found;
            auto const padding = (std::min)(settings_->prefix_padding_ms * bytes_per_ms, seen_);
            speech_begin_ = seen_ - padding;
            found.started = true;
            found.ms = (dropped_ + *speech_begin_) / bytes_per_ms;
            seen_ += frame_bytes;
            return found;
        }
        if (speech_begin_ && silence_ms_ >= settings_->silence_duration_ms) {
            speech_mark_found found;
            seen_ += frame_bytes;
            found.ms = (dropped_ + seen_) / bytes_per_ms;
            found.audio = audio_.substr(*speech_begin_, seen_ - *speech_begin_);
            speech_begin_.reset();
            drop(seen_);
            return found;
        }
    }
    auto const padding = settings_->prefix_padding_ms * bytes_per_ms;
    if (!speech_begin_ && seen_ > padding)
        drop(seen_ - padding);
    return std::nullopt;
}

FOUNDRY_DECL std::string speech_detector::take()
{
    auto const begin = speech_begin_.value_or(0);
    auto taken = audio_.substr(begin);
    drop(audio_.size());
    speech_begin_.reset();
    silence_ms_ = 0;
    return taken;
}

FOUNDRY_DECL void speech_detector::drop(std::size_t bytes)
{
    audio_.erase(0, bytes);
    dropped_ += bytes;
    seen_ -= (std::min)(seen_, bytes);
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
