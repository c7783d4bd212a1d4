// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat_message.hpp>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL content_part content_part::from_text(std::string text)
{
    content_part p;
    p.type = part_type::text;
    p.text = std::move(text);
    return p;
}

FOUNDRY_DECL content_part content_part::from_image_url(std::string url, open_enum<image_detail> detail)
{
    content_part p;
    p.type = part_type::image_url;
    p.image_url.emplace().url = std::move(url);
    p.image_url->detail = std::move(detail);
    return p;
}

FOUNDRY_DECL content_part content_part::from_audio(std::string base64, std::string format)
{
    content_part p;
    p.type = part_type::input_audio;
    p.input_audio.emplace().data = std::move(base64);
    p.input_audio->format = std::move(format);
    return p;
}

FOUNDRY_DECL content_part content_part::from_audio_url(std::string url)
{
    content_part p;
    p.type = part_type::audio_url;
    p.audio_url.emplace().url = std::move(url);
    return p;
}

FOUNDRY_DECL std::string chat_message::text() const
{
    if (auto const* const whole = std::get_if<std::string>(&content))
        return *whole;
    std::string concat;
    if (auto const* const parts = std::get_if<std::vector<content_part>>(&content)) {
        for (content_part const& p : *parts)
            concat += p.text.value_or("");
    }
    return concat;
}

} // namespace foundry::inline FOUNDRY_ABI
