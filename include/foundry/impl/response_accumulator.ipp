// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/response_accumulator.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// Where an event's text belongs in an item.
struct text_place
{
    response_event_type type;
    bool is_whole;         ///< Replaces the pieces.
    char const* item;      ///< Type of the item.
    char const* list;      ///< Its member with the parts; null: the text is the item's own.
    char const* part;      ///< Type of the part.
    std::string_view text; ///< Name of the text in the part or the item, and in an event with all of it.
};

inline constexpr text_place text_places[] = {
    {response_event_type::output_text_delta, false, "message", "content", "output_text", "text"},
    {response_event_type::output_text_done, true, "message", "content", "output_text", "text"},
    {response_event_type::refusal_delta, false, "message", "content", "refusal", "refusal"},
    {response_event_type::refusal_done, true, "message", "content", "refusal", "refusal"},
    {response_event_type::reasoning_summary_text_delta, false, "reasoning", "summary", "summary_text", "text"},
    {response_event_type::reasoning_summary_text_done, true, "reasoning", "summary", "summary_text", "text"},
    {response_event_type::reasoning_text_delta, false, "reasoning", "content", "reasoning_text", "text"},
    {response_event_type::reasoning_text_done, true, "reasoning", "content", "reasoning_text", "text"},
    {response_event_type::function_call_arguments_delta, false, "function_call", nullptr, nullptr, "arguments"},
    {response_event_type::function_call_arguments_done, true, "function_call", nullptr, nullptr, "arguments"},
    {response_event_type::custom_tool_call_input_delta, false, "custom_tool_call", nullptr, nullptr, "input"},
    {response_event_type::custom_tool_call_input_done, true, "custom_tool_call", nullptr, nullptr, "input"},
    {response_event_type::mcp_call_arguments_delta, false, "mcp_call", nullptr, nullptr, "arguments"},
    {response_event_type::mcp_call_arguments_done, true, "mcp_call", nullptr, nullptr, "arguments"},
    {response_event_type::code_interpreter_call_code_delta, false, "code_interpreter_call", nullptr, nullptr, "code"},
    {response_event_type::code_interpreter_call_code_done, true, "code_interpreter_call", nullptr, nullptr, "code"},
};

/// The text of an event that has all of it.
inline std::optional<std::string> whole_text(response_event const& event, std::string_view name)
{
    if (name == "text")
        return event.text_;
    if (name == "refusal")
        return event.refusal;
    if (name == "arguments")
        return event.arguments;
    if (name == "code")
        return event.code;
    auto const* const found = event.extra.if_contains(name);
    return found != nullptr && found->is_string() ? std::optional(std::string(found->get_string())) : std::nullopt;
}

inline boost::json::object to_object(std::string const& text)
{
    boost::json::object object;
    json::reader{}.read(object, text);
    return object;
}

template <class T>
boost::json::object to_object(T const& value)
{
    return to_object(json::to_text(value));
}

/// How far beyond the end of its list an element may begin.
inline constexpr std::size_t max_skipped = 16;

/// An element of a list, which grows up to it; null beyond the limits.
inline boost::json::object* element_of(boost::json::object& owner, std::string_view list, std::int64_t index)
{
    if (index < 0 || index >= static_cast<std::int64_t>(response_accumulator::max_items))
        return nullptr;
    boost::json::value& member = owner[list];
    boost::json::array& all = member.is_array() ? member.get_array() : member.emplace_array();
    if (static_cast<std::size_t>(index) > all.size() + max_skipped)
        return nullptr;
    while (all.size() <= static_cast<std::size_t>(index))
        all.emplace_back(boost::json::object());
    boost::json::value& element = all[static_cast<std::size_t>(index)];
    return element.is_object() ? &element.get_object() : nullptr;
}

inline boost::json::string& text_of(boost::json::object& owner, std::string_view name)
{
    boost::json::value& member = owner[name];
    return member.is_string() ? member.get_string() : member.emplace_string();
}

inline std::int64_t part_index(response_event const& event, text_place const& place)
{
    bool const is_summary = place.list == std::string_view("summary");
    return (is_summary ? event.summary_index : event.content_index).value_or(0);
}

} // namespace detail

/// The item that an event belongs to; it is made if it has not been announced. Null beyond the limit.
FOUNDRY_DECL boost::json::object* response_accumulator::item_of(response_event const& event, char const* type)
{
    std::size_t i = items_.empty() ? 0 : items_.size() - 1;
    if (event.output_index) {
        if (*event.output_index < 0 || *event.output_index >= static_cast<std::int64_t>(max_items))
            return nullptr;
        i = static_cast<std::size_t>(*event.output_index);
    } else if (std::string const id = event.item ? event.item->id() : event.item_id; !id.empty()) {
        auto const found = std::find_if(items_.begin(), items_.end(), [&](boost::json::object const& item) {
            auto const* const own = item.if_contains("id");
            return own != nullptr && own->is_string() && own->get_string() == id;
        });
        i = static_cast<std::size_t>(found - items_.begin());
    }
    if (i >= max_items || i > items_.size() + detail::max_skipped)
        return nullptr;
    if (items_.size() <= i)
        items_.resize(i + 1);
    boost::json::object& item = items_[i];
    if (type != nullptr && item.empty()) {
        item["type"] = type;
        if (!event.item_id.empty())
            item["id"] = event.item_id;
        item["status"] = "in_progress";
    }
    return &item;
}

FOUNDRY_DECL void response_accumulator::add_text(response_event const& event, detail::text_place const& place)
{
    boost::json::object* owner = item_of(event, place.item);
    if (owner != nullptr && place.list != nullptr) {
        owner = detail::element_of(*owner, place.list, detail::part_index(event, place));
        if (owner != nullptr && owner->empty())
            (*owner)["type"] = place.part;
    }
    if (owner == nullptr)
        return;
    boost::json::string& text = detail::text_of(*owner, place.text);
    if (!place.is_whole)
        text.append(event.delta);
    else if (auto const whole = detail::whole_text(event, place.text))
        text = *whole;
}

FOUNDRY_DECL void response_accumulator::add(response_event const& event)
{
    if (event.response) {
        head_ = *event.response;
        bool const is_last =
            event.type == response_event_type::completed || event.type == response_event_type::incomplete;
        if (!is_last && items_.empty()) {
            for (response_item const& item : std::exchange(head_.output, {}))
                items_.push_back(detail::to_object(item.raw()));
        } else if (is_last && !head_.output.empty()) {
            items_.clear();
        }
        return;
    }
    for (detail::text_place const& place : detail::text_places) {
        if (place.type == event.type)
            return add_text(event, place);
    }
    if (event.item) {
        if (boost::json::object* const item = item_of(event, nullptr))
            *item = detail::to_object(event.item->raw());
    } else if (event.part) {
        bool const is_summary = event.type == response_event_type::reasoning_summary_part_added ||
                                event.type == response_event_type::reasoning_summary_part_done;
        boost::json::object* const item = item_of(event, is_summary ? "reasoning" : "message");
        boost::json::object* const part = item == nullptr ? nullptr
                                          : is_summary
                                              ? detail::element_of(*item, "summary", event.summary_index.value_or(0))
                                              : detail::element_of(*item, "content", event.content_index.value_or(0));
        if (part != nullptr)
            *part = detail::to_object(*event.part);
    } else if (event.annotation) {
        boost::json::object* const item = item_of(event, "message");
        boost::json::object* const part =
            item == nullptr ? nullptr : detail::element_of(*item, "content", event.content_index.value_or(0));
        if (part != nullptr) {
            boost::json::value& list = (*part)["annotations"];
            (list.is_array() ? list.get_array() : list.emplace_array()).push_back(detail::to_object(*event.annotation));
        }
    }
}

FOUNDRY_DECL foundry::response response_accumulator::response_so_far() const
{
    foundry::response so_far = head_;
    if (items_.empty())
        return so_far;
    so_far.output.clear();
    for (boost::json::object const& item : items_) {
        if (!item.empty()) // a place without events
            so_far.output.emplace_back(boost::json::value(item));
    }
    return so_far;
}

FOUNDRY_DECL foundry::response response_accumulator::take()
{
    foundry::response all = items_.empty() ? std::move(head_) : response_so_far();
    head_ = foundry::response();
    items_.clear();
    return all;
}

} // namespace foundry::inline FOUNDRY_ABI
