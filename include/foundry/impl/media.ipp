// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/core/load_bytes.hpp>
#include <foundry/media.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

inline std::string_view as_text(std::span<std::byte const> bytes)
{
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

inline void check_size(std::size_t size, std::size_t max_size, std::string_view what)
{
    if (size == 0)
        throw_invalid_argument("the " + std::string{what} + " is empty");
    if (size > max_size)
        throw_invalid_argument("the " + std::string{what} + " has " + std::to_string(size) +
                               " bytes; the service takes " + std::to_string(max_size) +
                               ": make it smaller, or pass its address");
}

inline void check_media_url(std::string_view url, std::string_view data_lead, std::string_view what)
{
    auto const lead = to_lower(url.substr(0, std::max<std::size_t>(data_lead.size(), 8)));
    if (!lead.starts_with("https://") && !lead.starts_with("http://") && !lead.starts_with(data_lead))
        throw_invalid_argument("the address of the " + std::string{what} + " begins with neither https:// nor " +
                               std::string{data_lead} + "; a file is read by load_file()");
}

inline std::string_view guess_image_type(std::string_view bytes)
{
    if (bytes.starts_with("\x89PNG\r\n\x1a\n"))
        return "image/png";
    if (bytes.starts_with("\xff\xd8\xff"))
        return "image/jpeg";
    if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a"))
        return "image/gif";
    if (bytes.starts_with("RIFF") && bytes.substr(std::min<std::size_t>(8, bytes.size())).starts_with("WEBP"))
        return "image/webp";
    throw_invalid_argument("the image is not PNG, JPEG, GIF or WebP by its first bytes; pass its media type");
}

inline std::string_view guess_audio_format(std::string_view bytes)
{
    if (bytes.starts_with("RIFF") && bytes.substr(std::min<std::size_t>(8, bytes.size())).starts_with("WAVE"))
        return "wav";
    bool const frame =
        bytes.size() > 1 && bytes[0] == '\xff' && (static_cast<unsigned char>(bytes[1]) & 0xe6U) == 0xe2U;
    if (bytes.starts_with("ID3") || frame)
        return "mp3";
    throw_invalid_argument("the audio is not WAV or MP3 by its first bytes; pass its format");
}

} // namespace detail

FOUNDRY_DECL image image::from_url(std::string url)
{
    detail::check_media_url(url, "data:image/", "image");
    return image(std::move(url));
}

FOUNDRY_DECL image image::from_bytes(std::span<std::byte const> bytes, std::string_view media_type)
{
    std::string_view const text = detail::as_text(bytes);
    detail::check_size(text.size(), max_size, "image");
    std::string const type{media_type.empty() ? detail::guess_image_type(text) : media_type};
    bool const sound = type.starts_with("image/") && std::all_of(type.begin(), type.end(), [](char c) {
                           return detail::is_graphic(c) && c != ',' && c != ';';
                       });
    if (!sound)
        detail::throw_invalid_argument("the media type of an image is one such as image/png");
    return image("data:" + type + ";base64," + detail::to_base64(text));
}

FOUNDRY_DECL image image::load_file(std::filesystem::path const& file, std::string_view media_type)
{
    std::string const bytes = detail::load_bytes(file, max_size);
    return from_bytes(std::as_bytes(std::span{bytes}), media_type);
}

FOUNDRY_DECL content_part image::part(open_enum<image_detail> detail) const
{
    return content_part::from_image_url(url_, std::move(detail));
}

FOUNDRY_DECL audio audio::from_url(std::string url)
{
    detail::check_media_url(url, "data:", "audio");
    audio made;
    made.url_ = std::move(url);
    return made;
}

FOUNDRY_DECL audio audio::from_bytes(std::span<std::byte const> bytes, std::string_view format)
{
    std::string_view const text = detail::as_text(bytes);
    detail::check_size(text.size(), max_size, "audio");
    audio made;
    made.format_ = format.empty() ? detail::guess_audio_format(text) : format;
    made.base64_ = detail::to_base64(text);
    return made;
}

FOUNDRY_DECL audio audio::load_file(std::filesystem::path const& file, std::string_view format)
{
    std::string const bytes = detail::load_bytes(file, max_size);
    return from_bytes(std::as_bytes(std::span{bytes}), format);
}

FOUNDRY_DECL content_part audio::part() const
{
    return url_.empty() ? content_part::from_audio(base64_, format_) : content_part::from_audio_url(url_);
}

} // namespace foundry::inline FOUNDRY_ABI
