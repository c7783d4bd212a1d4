// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/realtime_session.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

FOUNDRY_DECL void realtime_session::send_item(std::string_view type, json::object const& item,
                                              json::value const& previous)
{
    auto made = event(type);
    made["previous_item_id"] = previous;
    made["item"] = in_dialect(item, config_.is_preview());
    send(made);
}

/// Inserts a complete item, and says so. `previous` is empty for the front.
FOUNDRY_DECL void realtime_session::add_item(realtime_item item, std::optional<std::string> const& previous,
                                             bool at_end)
{
    auto const body = item.body;
    auto const id = item.id();
    if (at_end)
        items_.append(std::move(item));
    else
        items_.insert_after(previous, std::move(item));
    auto const before = items_.before(id);
    send_item(config_.is_preview() ? "conversation.item.created" : "conversation.item.added", body, before);
    if (!config_.is_preview())
        send_item("conversation.item.done", body, before);
}

FOUNDRY_DECL void realtime_session::create_item(json::object const& given, time_point)
{
    auto const say = realtime_errors();
    auto const at = path_to("item");
    auto item = read_item(require_object(require(given, "item", say), at, say), config_.is_preview(), path_to("item"));
    if (!item.body.contains("id")) {
        json::object with_id;
        with_id["id"] = new_id("item_");
        for (auto const& entry : item.body)
            with_id[entry.key()] = entry.value();
        item.body = std::move(with_id);
    }
    if (items_.find(item.id()))
        say.bad_request("Error adding item: the item with id '" + item.id() + "' already exists in the conversation.",
                        "item_create_duplicate_item_id", nullptr);
    if (item.is("function_call_output") && !items_.has_call(*text_of(item.body, "call_id")))
        say.bad_request("Tool call ID '" + std::string(*text_of(item.body, "call_id")) + "' not found in conversation.",
                        "invalid_tool_call_id", nullptr);
    auto const previous = text_of(given, "previous_item_id");
    if (previous && *previous != "root" && !items_.find(*previous))
        say.bad_request("Error adding item: the previous item with id '" + std::string(*previous) + "' does not exist.",
                        "item_create_invalid_previous_item_id", nullptr);
    bool const at_front = previous == "root";
    add_item(std::move(item), at_front ? std::nullopt : std::optional<std::string>(previous.value_or("")), !previous);
}

FOUNDRY_DECL realtime_item& realtime_session::known_item(json::object const& given, std::string_view verb)
{
    auto const say = realtime_errors();
    auto const& id = require(given, "item_id", say);
    auto* const found = id.is_string() ? items_.find(id.get_string()) : nullptr;
    if (!found)
        say.bad_request("Error with item: the item with id '" +
                            (id.is_string() ? std::string(id.get_string()) : json_text(id)) + "' does not exist.",
                        "item_" + std::string(verb) + "_invalid_item_id", nullptr);
    return *found;
}

FOUNDRY_DECL void realtime_session::retrieve_item(json::object const& given, time_point)
{
    auto const& item = known_item(given, "retrieve");
    auto made = event("conversation.item.retrieved");
    made["item"] = in_dialect(item.body, config_.is_preview());
    send(made);
}

FOUNDRY_DECL void realtime_session::delete_item(json::object const& given, time_point)
{
    auto const id = known_item(given, "delete").id();
    items_.erase(id);
    auto made = event("conversation.item.deleted");
    made["item_id"] = id;
    send(made);
}

/// Shortens what was spoken; its transcript is removed, because the service does not know which words were heard.
FOUNDRY_DECL void realtime_session::truncate_item(json::object const& given, time_point)
{
    auto const say = realtime_errors();
    auto& item = known_item(given, "truncate");
    auto const end = count_of(given, "audio_end_ms");
    require(given, "audio_end_ms", say);
    if (!end)
        say.wrong_type(path_to("audio_end_ms"), "an integer", given.at("audio_end_ms"));
    if (count_of(given, "content_index").value_or(0) != 0)
        say.bad_value(path_to("content_index"), "the item has no such content.", given.at("content_index"));
    if (text_of(item.body, "role") != "assistant" || item.audio_ms == 0)
        say.bad_request("Only model output audio messages can be truncated", "unsupported_content_type", nullptr);
    if (*end > item.audio_ms)
        say.bad_request("Audio content of " + std::to_string(item.audio_ms) + "ms is already shorter than " +
                            std::to_string(*end) + "ms",
                        "invalid_value", "audio_end_ms");
    item.audio_ms = *end;
    item.spoken = first_bytes(item.spoken, *end * bytes_per_ms / (samples_per_tone * 2));
    auto made = event("conversation.item.truncated");
    made["item_id"] = item.id();
    made["content_index"] = 0;
    made["audio_end_ms"] = *end;
    for (auto& part : item.body.at("content").as_array())
        part.as_object().erase("transcript");
    send(made);
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
