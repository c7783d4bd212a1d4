// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/load_bytes.hpp>
#include <foundry/samples.hpp>
#include <foundry/wav.hpp>

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

inline std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t count)
{
    std::uint32_t value = 0;
    for (std::size_t i = count; i-- != 0;)
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

inline void append_little_endian(std::string& out, std::uint32_t value, std::size_t count)
{
    for (std::size_t i = 0; i != count; ++i, value >>= 8)
        out += static_cast<char>(value & 0xff);
}

/// The chunks of a WAV file that are needed.
struct wav_chunks
{
    std::string_view format;
    std::string_view data;
};

/// @param name of the file, for the message of an error.
inline wav_chunks find_wav_chunks(std::string_view bytes, std::string const& name)
{
    constexpr std::size_t riff_head = 12;
    constexpr std::size_t chunk_head = 8;
    if (bytes.size() < riff_head || !bytes.starts_with("RIFF") || bytes.substr(8, 4) != "WAVE")
        throw_invalid_argument(name + " is not a WAV file");
    std::size_t const riff_end = std::size_t{little_endian(bytes, 4, 4)} + 8;
    std::size_t const after_riff = riff_end <= bytes.size() ? bytes.size() - riff_end : bytes.size();
    std::optional<std::string_view> format;
    std::optional<std::string_view> data;
    for (bytes.remove_prefix(riff_head); !format || !data;) {
        if (bytes.size() < chunk_head)
            throw_invalid_argument(name + " is cut off: it has no " + (format ? "data" : "format"));
        std::string_view const id = bytes.substr(0, 4);
        std::size_t size = little_endian(bytes, 4, 4);
        bytes.remove_prefix(chunk_head);
        bool const is_unknown = size == 0 ? bytes.size() <= after_riff : size == 0xffffffff; // a pipe leaves it so
        if (id == "data" && is_unknown)
            size = bytes.size();
        if (size > bytes.size())
            throw_invalid_argument(name + " is cut off: " + std::to_string(size - bytes.size()) + " bytes are missing");
        if (id == "fmt ")
            format = bytes.substr(0, size);
        else if (id == "data")
            data = bytes.substr(0, size);
        bytes.remove_prefix((std::min)(size + size % 2, bytes.size()));
    }
    return {*format, *data};
}

struct wav_format
{
    bool is_float = false;
    std::size_t channels = 0;
    std::uint32_t rate = 0;
};

inline wav_format read_wav_format(std::string_view chunk, std::string const& name)
{
    constexpr std::uint32_t pcm = 1, ieee_float = 3, extensible = 0xfffe;
    constexpr std::string_view guid_tail("\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71", 14);
    if (chunk.size() < 16)
        throw_invalid_argument(name + " is not a WAV file: its format is too short");
    std::uint32_t code = little_endian(chunk, 0, 2);
    std::uint32_t const channels = little_endian(chunk, 2, 2);
    std::uint32_t const rate = little_endian(chunk, 4, 4);
    std::uint32_t const frame_size = little_endian(chunk, 12, 2);
    std::uint32_t const bits = little_endian(chunk, 14, 2);
    if (code == extensible && chunk.size() >= 40 && chunk.substr(26, 14) == guid_tail)
        code = little_endian(chunk, 24, 2);
    bool const is_known = (code == pcm && bits == 16) || (code == ieee_float && bits == 32);
    if (!is_known || channels < 1 || channels > 2 || frame_size != channels * bits / 8 || rate == 0)
        throw_invalid_argument(name + " has format " + std::to_string(code) + " with " + std::to_string(bits) +
                               " bits, " + std::to_string(channels) + " channels, and " + std::to_string(rate) +
                               " samples per second; convert it to 16-bit integers, mono, for example by ffmpeg -i "
                               "FILE -ac 1 -c:a pcm_s16le NEW_FILE.wav");
    return {code == ieee_float, channels, rate};
}

inline std::int16_t read_integer_sample(std::string_view bytes, std::size_t at)
{
    return static_cast<std::int16_t>(little_endian(bytes, at, 2));
}

inline float read_float_sample(std::string_view bytes, std::size_t at)
{
    return std::bit_cast<float>(little_endian(bytes, at, 4));
}

inline wav read_wav(std::string_view bytes, std::string const& name)
{
    wav_chunks const chunks = find_wav_chunks(bytes, name);
    wav_format const format = read_wav_format(chunks.format, name);
    std::string_view const data = chunks.data;
    std::size_t const size = format.is_float ? 4 : 2;
    std::size_t const second = format.channels == 2 ? size : 0; // offset of the other channel; if mono, of the same one
    std::size_t const frame_size = size * format.channels;
    std::vector<std::int16_t> samples(data.size() / frame_size);
    for (std::size_t i = 0; i != samples.size(); ++i) {
        std::size_t const at = i * frame_size;
        samples[i] = format.is_float
                         ? to_int16((read_float_sample(data, at) + read_float_sample(data, at + second)) / 2)
                         : static_cast<std::int16_t>(
                               (read_integer_sample(data, at) + read_integer_sample(data, at + second)) / 2);
    }
    return wav(format.rate, std::move(samples));
}

inline constexpr std::uint32_t wav_header_size = 44;
inline constexpr std::uint64_t max_wav_data = 0xffffffff - wav_header_size;

inline void append_wav_header(std::string& out, std::uint32_t rate, std::uint32_t data_size)
{
    out += "RIFF";
    append_little_endian(out, data_size == 0 ? 0 : wav_header_size - 8 + data_size, 4);
    out += "WAVEfmt ";
    append_little_endian(out, 16, 4);
    append_little_endian(out, 1, 2); // integers
    append_little_endian(out, 1, 2); // mono
    append_little_endian(out, rate, 4);
    append_little_endian(out, rate * 2, 4); // bytes per second
    append_little_endian(out, 2, 2);        // bytes for one sample of all channels
    append_little_endian(out, 16, 2);       // bits
    out += "data";
    append_little_endian(out, data_size, 4);
}

inline void append_samples(std::string& out, std::span<std::int16_t const> samples)
{
    out.reserve(out.size() + 2 * samples.size());
    for (std::int16_t const sample : samples)
        append_little_endian(out, static_cast<std::uint16_t>(sample), 2);
}

} // namespace detail

FOUNDRY_DECL wav::wav(std::uint32_t samples_per_second, std::vector<std::int16_t> mono)
    : rate(samples_per_second),
      samples(std::move(mono))
{}

FOUNDRY_DECL wav wav::from_bytes(std::span<std::byte const> bytes)
{
    return detail::read_wav({reinterpret_cast<char const*>(bytes.data()), bytes.size()}, "the audio");
}

FOUNDRY_DECL wav wav::load_file(std::filesystem::path const& file, std::size_t max_bytes)
{
    return detail::read_wav(detail::load_bytes(file, max_bytes), "the file " + detail::path_text(file));
}

FOUNDRY_DECL std::vector<std::byte> wav::to_bytes() const
{
    if (samples.size() > detail::max_wav_data / 2)
        detail::throw_invalid_argument("a WAV file has at most 4 GiB; split the audio");
    std::string bytes;
    detail::append_wav_header(bytes, rate, static_cast<std::uint32_t>(2 * samples.size()));
    detail::append_samples(bytes, samples);
    auto const all = std::as_bytes(std::span{bytes});
    return {all.begin(), all.end()};
}

FOUNDRY_DECL wav_writer::wav_writer(std::filesystem::path file, std::uint32_t rate)
    : path_(std::move(file)),
      out_(path_, std::ios::binary | std::ios::trunc),
      rate_(rate)
{
    write_header();
}

FOUNDRY_DECL wav_writer::~wav_writer()
{
    try {
        close();
    } catch (...) {
    }
}

FOUNDRY_DECL void wav_writer::write(std::span<std::int16_t const> samples)
{
    if (samples.size() > (detail::max_wav_data - size_) / 2)
        throw error(errc::sink_failed, "the file " + detail::path_text(path_) +
                                           " would be larger than 4 GiB, the most of a WAV file; begin another one");
    buffer_.clear();
    detail::append_samples(buffer_, samples);
    write_buffer();
    size_ += buffer_.size();
}

FOUNDRY_DECL void wav_writer::close()
{
    if (!out_.is_open())
        return;
    out_.seekp(0);
    write_header();
    out_.close();
    check();
}

FOUNDRY_DECL void wav_writer::write_header()
{
    buffer_.clear();
    detail::append_wav_header(buffer_, rate_, static_cast<std::uint32_t>(size_));
    write_buffer();
}

FOUNDRY_DECL void wav_writer::write_buffer()
{
    out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    check();
}

FOUNDRY_DECL void wav_writer::check() const
{
    if (!out_)
        throw error(errc::sink_failed, "the file " + detail::path_text(path_) + " cannot be written");
}

} // namespace foundry::inline FOUNDRY_ABI
