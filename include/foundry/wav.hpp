// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// Mono audio of 16 bits, read from or written as a WAV file.
///
///     foundry::wav recording = foundry::wav::load_file("question.wav");
///     std::vector<std::byte> const bytes = recording.to_bytes();
///
/// Thread safety: as a value.
struct wav
{
    wav() = default;
    /// @param rate samples per second.
    wav(std::uint32_t rate, std::vector<std::int16_t> samples);

    /// Default of the maximum size in bytes: 64 MiB, 23 minutes at 24 kHz.
    static constexpr std::size_t max_size = std::size_t{64} << 20;

    /// Reads a WAV file of any sample rate: 16-bit integers or 32-bit float, mono, or stereo, which is mixed down. If the data has the size
    /// 0xFFFFFFFF, or 0 and the file's own size does not say that more follows, as programs leave it that write to a pipe, it extends to the
    /// end of the file.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) if the bytes are not a WAV file, are cut off, or have another format.
    static wav from_bytes(std::span<std::byte const> bytes);

    /// As from_bytes(), from a file. Blocks.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) as from_bytes(), naming the file, or if it cannot be read or has more than
    /// `max_bytes`.
    static wav load_file(std::filesystem::path const& file, std::size_t max_bytes = max_size);

    /// A WAV file of 16-bit integers, mono.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) if it would exceed 4 GiB.
    std::vector<std::byte> to_bytes() const;

    std::uint32_t rate = 0; ///< Samples per second.
    std::vector<std::int16_t> samples;
};

/// Writes a WAV file of 16-bit integers, mono, while the samples come. Each function blocks while it writes. Until it is closed, the file has
/// a data size of 0, which many programs read as "to the end".
///
/// Thread safety: as a value.
class wav_writer
{
public:
    /// Creates the file, or replaces it.
    ///
    /// @param rate samples per second.
    /// @throws foundry::error (`errc::sink_failed`), naming the file, if it cannot be written.
    wav_writer(std::filesystem::path file, std::uint32_t rate);
    wav_writer(wav_writer&&) = default;
    wav_writer& operator=(wav_writer&&) = delete;
    /// As close(), but without an error.
    ~wav_writer();

    /// Appends samples. Must not be called after close().
    ///
    /// @throws foundry::error (`errc::sink_failed`), naming the file, if it cannot be written or would exceed 4 GiB.
    void write(std::span<std::int16_t const> samples);

    /// Writes the sizes into the header and closes the file. Does nothing if it is closed.
    ///
    /// @throws foundry::error (`errc::sink_failed`), naming the file, if it cannot be written.
    void close();

private:
    void write_header();
    void write_buffer();
    void check() const;

    std::filesystem::path path_;
    std::ofstream out_;
    std::uint32_t rate_;
    std::uint64_t size_ = 0; // of the data, in bytes
    std::string buffer_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/wav.ipp>
#endif
