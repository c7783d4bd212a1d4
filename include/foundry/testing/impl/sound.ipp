// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/embedding_model.ipp>
#include <foundry/testing/impl/journal_file.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

inline constexpr std::size_t samples_per_second = 24000;
inline constexpr std::size_t words_per_second_of_speech = 5;
inline constexpr std::string_view speech_mark = "\x01speech ";

/// The spoken text as the emulator's sounds carry it, so that it can be heard again: a mark, the size and the text.
FOUNDRY_DECL std::string carried_speech(std::string_view text)
{
    return std::string(speech_mark) + std::to_string(text.size()) + ":" + std::string(text);
}

FOUNDRY_DECL std::string number_bytes(std::size_t value, std::size_t bytes)
{
    std::string made;
    for (std::size_t i = 0; i < bytes; ++i)
        made += static_cast<char>(static_cast<unsigned char>((value >> (8 * i)) & 0xFFU));
    return made;
}

/// Silence as samples of 16 bits. The text is in the low bytes of the first samples, where it can hardly be heard.
FOUNDRY_DECL std::string speech_samples(std::string_view text, std::size_t count)
{
    std::string made;
    for (char const letter : carried_speech(text))
        made.append(1, letter).append(1, '\0');
    made.resize((std::max)(made.size(), count * 2));
    return made;
}

FOUNDRY_DECL std::string as_wav(std::string const& samples)
{
    return "RIFF" + number_bytes(36 + samples.size(), 4) + "WAVEfmt " + number_bytes(16, 4) + number_bytes(1, 2) +
           number_bytes(1, 2) + number_bytes(samples_per_second, 4) + number_bytes(samples_per_second * 2, 4) +
           number_bytes(2, 2) + number_bytes(16, 2) + "data" + number_bytes(samples.size(), 4) + samples;
}

/// A tag of ID3, version 2.4, with the text as a comment of the user.
FOUNDRY_DECL std::string id3_tag(std::string_view text)
{
    auto const synchsafe = [](std::size_t size) {
        std::string made;
        for (unsigned shift = 28; shift > 0; shift -= 7)
            made += static_cast<char>(static_cast<unsigned char>((size >> (shift - 7)) & 0x7FU));
        return made;
    };
    auto const value = std::string("\x03", 1) + "speech" + std::string(1, '\0') + carried_speech(text);
    auto const frame = "TXXX" + synchsafe(value.size()) + std::string(2, '\0') + value;
    return "ID3" + std::string("\x04\0\0", 3) + synchsafe(frame.size()) + frame;
}

FOUNDRY_DECL std::string repeated(std::string const& frame, std::size_t count)
{
    std::string made;
    made.reserve(frame.size() * count);
    for (std::size_t i = 0; i < count; ++i)
        made += frame;
    return made;
}

/// Silence that lasts as long as the text takes to speak.
FOUNDRY_DECL std::string speech_sound(std::string_view text, std::string_view format, double speed)
{
    auto const words = std::max<std::size_t>(pieces_of(text).size(), 1);
    auto const length = static_cast<double>(words * samples_per_second / words_per_second_of_speech) / speed;
    auto const samples = static_cast<std::size_t>(length);
    if (format == "pcm")
        return speech_samples(text, samples);
    if (format == "wav")
        return as_wav(speech_samples(text, samples));
    if (format == "mp3") { // frames of MPEG-1 layer III, mono, 44.1 kHz, 1152 samples each, without data
        std::string frame(417, '\0');
        frame.replace(0, 4, "\xFF\xFB\x90\xC0");
        return id3_tag(text) + repeated(frame, 1 + samples * 441 / 240 / 1152);
    }
    if (format == "aac") // ADTS frames of AAC-LC, mono, 24 kHz, 1024 samples each
        return id3_tag(text) +
               repeated(std::string("\xFF\xF1\x58\x40\x01\xBF\xFC\x00\xC8\x00\x80\x23\x80", 13), 1 + samples / 1024);
    // The start of a file and its text; no player takes the rest.
    return (format == "flac" ? "fLaC" : "OggS") + carried_speech(text) + std::string(samples / 8, '\0');
}

/// The texts after the marks in some bytes.
FOUNDRY_DECL void append_speech(std::vector<std::string>& to, std::string_view bytes)
{
    for (auto at = bytes.find(speech_mark); at != std::string_view::npos; at = bytes.find(speech_mark, at)) {
        at += speech_mark.size();
        std::size_t size = 0;
        while (at < bytes.size() && is_digit(bytes[at]) && size < bytes.size())
            size = size * 10 + static_cast<std::size_t>(bytes[at++] - '0');
        at = (std::min)(at + 1, bytes.size());
        to.emplace_back(bytes.substr(at, size));
    }
}

/// The low bytes of samples that begin in the first or in the second place.
FOUNDRY_DECL std::string low_bytes(std::string_view samples, std::size_t first)
{
    std::string made;
    for (std::size_t i = first; i < samples.size(); i += 2)
        made += samples[i];
    return made;
}

/// What is spoken: the texts of the emulator's own sounds, otherwise the bytes if they are text, otherwise always the same.
FOUNDRY_DECL std::string heard_text(std::string_view sound)
{
    std::vector<std::string> texts;
    append_speech(texts, sound);
    for (std::size_t const first : {0U, 1U}) {
        if (texts.empty())
            append_speech(texts, low_bytes(sound, first));
    }
    if (texts.empty() && sound.find('\0') == std::string_view::npos && is_utf8(std::string(sound)))
        texts.emplace_back(sound);
    std::string made;
    for (auto const& one : texts)
        made += (made.empty() ? "" : " ") + one;
    while (!made.empty() && is_space(made.back()))
        made.pop_back();
    return texts.empty() ? "Hello, world! This is a test." : made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
