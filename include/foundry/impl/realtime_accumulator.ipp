// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/realtime_accumulator.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// What the item itself says, which is complete when it is done.
inline void take_item(realtime_item& into, response_item const& from)
{
    into.type = from.type();
    if (into.type == item_type::message) {
        realtime_message const message = from.as<realtime_message>();
        into.role = message.role;
        if (std::string words = message.text(); !words.empty())
            into.text = std::move(words);
    }
    if (into.type == item_type::function_call)
        into.call = from.as<function_call>();
}

inline void take_pieces(realtime_item& into, realtime_event const& event)
{
    if (event.type == realtime_event_type::output_audio_delta) {
        std::vector<std::int16_t> const more = event.samples();
        into.samples.insert(into.samples.end(), more.begin(), more.end());
    } else if (event.type == realtime_event_type::function_arguments_delta) {
        into.call.arguments += event.delta;
    } else if (event.type == realtime_event_type::function_arguments_done) {
        into.call.arguments = event.arguments.value_or(into.call.arguments);
    } else if (event.type == realtime_event_type::input_transcription_completed) {
        into.text = event.transcript.value_or(into.text);
    } else if (event.type == realtime_event_type::output_text_delta ||
               event.type == realtime_event_type::output_transcript_delta ||
               event.type == realtime_event_type::input_transcription_delta) {
        into.text += event.delta;
    }
}

} // namespace detail

FOUNDRY_DECL realtime_item const* realtime_accumulator::find(std::string_view id) const noexcept
{
    auto const found =
        std::find_if(items_.begin(), items_.end(), [&](realtime_item const& each) { return each.id == id; });
    return found != items_.end() ? &*found : nullptr;
}

FOUNDRY_DECL realtime_item& realtime_accumulator::item(std::string_view id)
{
    auto const found =
        std::find_if(items_.rbegin(), items_.rend(), [&](realtime_item const& each) { return each.id == id; });
    if (found != items_.rend())
        return *found;
    items_.emplace_back().id = id;
    return items_.back();
}

FOUNDRY_DECL realtime_item const* realtime_accumulator::add(realtime_event const& event)
{
    if (event.type == realtime_event_type::item_deleted) {
        items_.remove_if([&](realtime_item const& each) { return each.id == event.item_id; });
        return nullptr;
    }
    std::string const id = event.item ? event.item->id() : event.item_id;
    if (id.empty())
        return nullptr;
    realtime_item& into = item(id);
    if (event.item)
        detail::take_item(into, *event.item);
    detail::take_pieces(into, event);
    bool const ends = event.type == realtime_event_type::item_done ||
                      event.type == realtime_event_type::output_item_done ||
                      event.type == realtime_event_type::input_transcription_completed ||
                      event.type == realtime_event_type::input_transcription_failed;
    into.is_done = into.is_done || ends;
    return &into;
}

FOUNDRY_DECL std::vector<realtime_item> realtime_accumulator::take_done()
{
    std::vector<realtime_item> done;
    for (auto at = items_.begin(); at != items_.end();) {
        if (!at->is_done) {
            ++at;
            continue;
        }
        done.push_back(std::move(*at));
        at = items_.erase(at);
    }
    return done;
}

} // namespace foundry::inline FOUNDRY_ABI
