// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/base64.hpp>
#include <foundry/realtime_event.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// What a part says, in text or in speech.
inline std::string_view words_of(realtime_content const& part)
{
    if (part.text)
        return *part.text;
    return part.transcript ? std::string_view(*part.transcript) : std::string_view();
}

template <class Settings>
realtime_audio_input& audio_input_of(Settings& settings)
{
    if (!settings.audio)
        settings.audio.emplace();
    if (!settings.audio->input)
        settings.audio->input.emplace();
    return *settings.audio->input;
}

} // namespace detail

FOUNDRY_DECL realtime_settings& realtime_settings::answer_in(std::string modality)
{
    output_modalities.clear();
    output_modalities.push_back(std::move(modality));
    return *this;
}

FOUNDRY_DECL realtime_settings& realtime_settings::push_to_talk()
{
    realtime_audio_input& input = detail::audio_input_of(*this);
    input.turn_detection.reset();
    input.extra["turn_detection"] = nullptr;
    return *this;
}

FOUNDRY_DECL realtime_settings& realtime_settings::transcribe_with(std::string deployment)
{
    detail::audio_input_of(*this).transcription.emplace(std::move(deployment));
    return *this;
}

FOUNDRY_DECL realtime_message::realtime_message(open_enum<chat_role> who, std::string words) : role(who)
{
    content.emplace_back(role == chat_role::assistant ? "output_text" : "input_text", std::move(words));
}

FOUNDRY_DECL std::string realtime_message::text() const
{
    std::string all;
    for (realtime_content const& part : content)
        all += detail::words_of(part);
    return all;
}

FOUNDRY_DECL std::vector<function_call> realtime_response::tool_calls() const
{
    std::vector<function_call> all;
    for (response_item const& item : output) {
        if (item.type() == item_type::function_call)
            all.push_back(item.as<function_call>());
    }
    return all;
}

FOUNDRY_DECL std::string realtime_response::text() const
{
    std::string all;
    for (response_item const& item : output) {
        if (item.type() == item_type::message)
            all += item.as<realtime_message>().text();
    }
    return all;
}

FOUNDRY_DECL std::string_view realtime_event::text() const noexcept
{
    bool const is_text =
        type == realtime_event_type::output_text_delta || type == realtime_event_type::output_transcript_delta;
    return is_text ? std::string_view(delta) : std::string_view();
}

FOUNDRY_DECL std::vector<std::int16_t> realtime_event::samples() const
{
    std::vector<std::int16_t> all;
    if (type != realtime_event_type::output_audio_delta)
        return all;
    std::optional<std::string> const bytes = detail::from_base64(delta);
    if (!bytes || bytes->size() % 2 != 0)
        throw foundry::error(errc::unexpected_reply, "the audio of an event is not base64 of whole samples");
    all.reserve(bytes->size() / 2);
    for (std::size_t i = 0; i != bytes->size(); i += 2) {
        auto const low = static_cast<unsigned char>((*bytes)[i]);
        auto const high = static_cast<unsigned char>((*bytes)[i + 1]);
        all.push_back(static_cast<std::int16_t>(static_cast<std::uint16_t>(low | high << 8)));
    }
    return all;
}

} // namespace foundry::inline FOUNDRY_ABI
