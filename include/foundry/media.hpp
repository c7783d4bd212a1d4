// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat_message.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

/// Pictures and sound for messages.
///
///     std::vector<foundry::content_part> parts;
///     parts.push_back(foundry::content_part::from_text("What is this?"));
///     parts.push_back(foundry::image::load_file("cat.png").part());
///     request.user(parts);
///
/// Functions whose name begins with `load` read a file and block while they do: call them before the context runs or on a thread
/// of its own.
///
/// Thread safety: as values.
namespace foundry::inline FOUNDRY_ABI {

/// A picture: an address that the service fetches it from, or the picture itself.
class image
{
public:
    /// The most bytes that a picture may have: 20 MiB, what Azure takes.
    static constexpr std::size_t max_size = std::size_t{20} << 20;

    /// @throws foundry::error (`errc::invalid_argument`) where it is neither `https:`, `http:` nor `data:image/`.
    static image from_url(std::string url);

    /// @param media_type such as `image/png`; not given, the first bytes tell PNG, JPEG, GIF and WebP apart.
    /// @throws foundry::error (`errc::invalid_argument`) where there are no bytes, more than max_size, or nobody says what they are.
    static image from_bytes(std::span<std::byte const> bytes, std::string_view media_type = {});

    /// As from_bytes(), from a file. Blocks.
    /// @throws foundry::error (`errc::invalid_argument`) naming the file where it cannot be read.
    static image load_file(std::filesystem::path const& file, std::string_view media_type = {});

    /// The address, or `data:...;base64,...`.
    std::string const& url() const noexcept { return url_; }

    /// As a piece of a message.
    content_part part(open_enum<image_detail> detail = {}) const;

private:
    explicit image(std::string url) : url_(std::move(url)) {}

    std::string url_;
};

/// Sound: an address that the service fetches it from, or the sound itself as WAV or MP3.
class audio
{
public:
    /// The most bytes that a recording may have: 25 MiB, what Azure takes.
    static constexpr std::size_t max_size = std::size_t{25} << 20;

    /// @throws foundry::error (`errc::invalid_argument`) where it is neither `https:`, `http:` nor `data:`.
    static audio from_url(std::string url);

    /// @param format `wav` or `mp3`; not given, the first bytes tell.
    /// @throws foundry::error (`errc::invalid_argument`) where there are no bytes, more than max_size, or nobody says what they are.
    static audio from_bytes(std::span<std::byte const> bytes, std::string_view format = {});

    /// As from_bytes(), from a file. Blocks.
    /// @throws foundry::error (`errc::invalid_argument`) naming the file where it cannot be read.
    static audio load_file(std::filesystem::path const& file, std::string_view format = {});

    /// As a piece of a message.
    content_part part() const;

private:
    audio() = default;

    std::string url_;    // or else
    std::string base64_; // and
    std::string format_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/media.ipp>
#endif
