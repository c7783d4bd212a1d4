// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat_message.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

/// Images and audio for messages.
///
///     std::vector<foundry::content_part> parts;
///     parts.push_back(foundry::content_part::from_text("What is this?"));
///     parts.push_back(foundry::image::load_file("cat.png").part());
///     request.user(parts);
///
/// Functions whose name begins with `load` block while they read a file: call them before the context runs, or on another thread.
///
/// Thread safety: as values.
namespace foundry::inline FOUNDRY_ABI {

/// An image: an address that the service fetches it from, or its data.
class image
{
public:
    /// Maximum size of the data in bytes: 20 MiB, the limit of Azure.
    static constexpr std::size_t max_size = std::size_t{20} << 20;

    /// @param url begins with `https://`, `http://` or `data:image/`.
    /// @throws foundry::error (`errc::invalid_argument`) if the URL begins otherwise.
    static image from_url(std::string url);

    /// @param media_type such as `image/png`; empty: detected by the first bytes, for PNG, JPEG, GIF and WebP.
    /// @throws foundry::error (`errc::invalid_argument`) if there are no bytes or more than max_size, if the media type is not one of
    /// images, or if none is given and the bytes are of another format.
    static image from_bytes(std::span<std::byte const> bytes, std::string_view media_type = {});

    /// As from_bytes(), from a file. Blocks.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) as from_bytes(), or naming the file if it cannot be read or is larger than
    /// max_size.
    static image load_file(std::filesystem::path const& file, std::string_view media_type = {});

    /// The address, or the data as `data:...;base64,...`.
    std::string const& url() const noexcept { return url_; }

    /// The part of a message.
    content_part part(open_enum<image_detail> detail = {}) const;

private:
    explicit image(std::string url) : url_(std::move(url)) {}

    std::string url_;
};

/// Audio: an address that the service fetches it from, or its data as WAV or MP3.
class audio
{
public:
    /// Maximum size of the data in bytes: 25 MiB, the limit of Azure.
    static constexpr std::size_t max_size = std::size_t{25} << 20;

    /// @param url begins with `https://`, `http://` or `data:`.
    /// @throws foundry::error (`errc::invalid_argument`) if the URL begins otherwise.
    static audio from_url(std::string url);

    /// @param format `wav` or `mp3`; empty: detected by the first bytes.
    /// @throws foundry::error (`errc::invalid_argument`) if there are no bytes or more than max_size, or if no format is given and the
    /// bytes are of another one.
    static audio from_bytes(std::span<std::byte const> bytes, std::string_view format = {});

    /// As from_bytes(), from a file. Blocks.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) as from_bytes(), or naming the file if it cannot be read or is larger than
    /// max_size.
    static audio load_file(std::filesystem::path const& file, std::string_view format = {});

    /// The part of a message.
    content_part part() const;

private:
    audio() = default;

    std::string url_; // if empty, base64_ and format_ are set
    std::string base64_;
    std::string format_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/media.ipp>
#endif
