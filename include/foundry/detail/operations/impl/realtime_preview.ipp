// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/realtime_preview.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Where the GA version has a setting, and what the preview version calls it.
inline constexpr std::pair<std::string_view, std::string_view> preview_settings[] = {
    {"/output_modalities", "modalities"},
    {"/max_output_tokens", "max_response_output_tokens"},
    {"/audio/input/format", "input_audio_format"},
    {"/audio/input/transcription", "input_audio_transcription"},
    {"/audio/input/noise_reduction", "input_audio_noise_reduction"},
    {"/audio/input/turn_detection", "turn_detection"},
    {"/audio/output/format", "output_audio_format"},
    {"/audio/output/voice", "voice"},
    {"/audio/output/speed", "speed"},
};

inline constexpr std::pair<std::string_view, std::string_view> preview_formats[] = {
    {"audio/pcm", "pcm16"},
    {"audio/pcmu", "g711_ulaw"},
    {"audio/pcma", "g711_alaw"},
};

inline constexpr std::pair<std::string_view, realtime_event_type> preview_event_types[] = {
    {"conversation.item.created", realtime_event_type::item_added},
    {"response.text.delta", realtime_event_type::output_text_delta},
    {"response.text.done", realtime_event_type::output_text_done},
    {"response.audio.delta", realtime_event_type::output_audio_delta},
    {"response.audio.done", realtime_event_type::output_audio_done},
    {"response.audio_transcript.delta", realtime_event_type::output_transcript_delta},
    {"response.audio_transcript.done", realtime_event_type::output_transcript_done},
    {"transcription_session.created", realtime_event_type::session_created},
    {"transcription_session.updated", realtime_event_type::session_updated},
};

inline boost::json::value* find_at(boost::json::value& root, std::string_view pointer)
{
    boost::system::error_code missing;
    return root.find_pointer(pointer, missing);
}

/// The value at a place, whose objects are made.
inline boost::json::value& place_at(boost::json::value& root, std::string_view pointer)
{
    boost::json::value* at = &root;
    while (!pointer.empty()) {
        std::size_t const end = (std::min)(pointer.find('/', 1), pointer.size());
        if (!at->is_object())
            at->emplace_object();
        at = &at->get_object()[pointer.substr(1, end - 1)];
        pointer.remove_prefix(end);
    }
    return *at;
}

inline bool has_text(boost::json::value const& value, std::string_view text)
{
    return value.is_string() && std::string_view(value.get_string()) == text;
}

/// Speech comes with its transcript: the preview version calls that two modalities.
inline boost::json::value to_preview_setting(std::string_view name, boost::json::value value)
{
    if (name == "modalities" && value.is_array() && value.get_array() == boost::json::array{"audio"})
        return boost::json::array{"audio", "text"};
    if (!name.ends_with("_format"))
        return value;
    boost::json::value const* const type = value.is_object() ? value.get_object().if_contains("type") : nullptr;
    for (auto const& [ga, preview] : preview_formats) {
        if (type != nullptr && has_text(*type, ga))
            return boost::json::value(preview);
    }
    return type != nullptr ? *type : value;
}

inline boost::json::value from_preview_setting(std::string_view name, boost::json::value value)
{
    if (name == "modalities" && value.is_array() && value.get_array().size() == 2)
        return boost::json::array{"audio"};
    if (!name.ends_with("_format"))
        return value;
    for (auto const& [ga, preview] : preview_formats) {
        if (has_text(value, preview))
            return boost::json::object{{"type", ga}};
    }
    return value;
}

inline void flatten(boost::json::value& settings)
{
    boost::json::object flat;
    for (auto const& [pointer, name] : preview_settings) {
        if (boost::json::value* const found = find_at(settings, pointer))
            flat[name] = to_preview_setting(name, *found);
    }
    boost::json::object& object = settings.get_object();
    for (std::string_view const name : {"type", "output_modalities", "max_output_tokens", "audio"})
        object.erase(name);
    for (auto& [name, value] : flat)
        object[name] = std::move(value);
}

inline void unflatten(boost::json::value& settings)
{
    boost::json::object& flat = settings.get_object();
    for (auto const& [pointer, name] : preview_settings) {
        auto const found = flat.find(name);
        if (found == flat.end())
            continue;
        boost::json::value value = from_preview_setting(name, std::move(found->value()));
        flat.erase(found);
        place_at(settings, pointer) = std::move(value);
    }
}

/// The preview version's word for what the assistant has said.
inline void rename_content(boost::json::value& item)
{
    boost::json::value* const content = find_at(item, "/content");
    if (content == nullptr || !content->is_array())
        return;
    for (boost::json::value& part : content->get_array()) {
        if (boost::json::value* const type = find_at(part, "/type"); type != nullptr && has_text(*type, "output_text"))
            *type = "text";
    }
}

FOUNDRY_DECL std::string to_preview(std::string_view command)
{
    boost::json::value made = boost::json::parse(command);
    for (char const* const pointer : {"/session", "/response"}) {
        if (boost::json::value* const settings = find_at(made, pointer))
            flatten(*settings);
    }
    if (boost::json::value* const item = find_at(made, "/item"))
        rename_content(*item);
    return boost::json::serialize(made);
}

FOUNDRY_DECL std::string from_preview(std::string_view event)
{
    if (event.find("\"session\"") == event.npos)
        return std::string(event);
    boost::system::error_code failed;
    boost::json::value made = boost::json::parse(event, failed);
    boost::json::value* const settings = failed ? nullptr : find_at(made, "/session");
    if (settings == nullptr || !settings->is_object())
        return std::string(event);
    unflatten(*settings);
    return boost::json::serialize(made);
}

FOUNDRY_DECL open_enum<realtime_event_type> common_type(open_enum<realtime_event_type> const& type)
{
    for (auto const& [name, meaning] : preview_event_types) {
        if (type.name() == name)
            return meaning;
    }
    return type;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
