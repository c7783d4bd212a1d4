// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat_accumulator.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/detail/json/writer.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <variant>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

template <class T>
void append(std::vector<T>& into, std::vector<T> const& more)
{
    for (T const& element : more)
        into.push_back(element);
}

inline void append_content(message_content& content, std::string_view more)
{
    if (more.empty())
        return;
    if (auto* const parts = std::get_if<std::vector<content_part>>(&content)) {
        if (parts->empty() || parts->back().type != part_type::text)
            parts->push_back(content_part::from_text({}));
        std::optional<std::string>& text = parts->back().text;
        (text ? *text : text.emplace()) += more;
        return;
    }
    if (!std::holds_alternative<std::string>(content))
        content.emplace<std::string>();
    std::get<std::string>(content) += more;
}

/// Turns the content into a list of parts, because a string cannot hold parts of other types than text.
inline void append_parts(message_content& content, boost::json::value const& more)
{
    std::vector<content_part> added;
    if (!more.is_array() || !json::reader{}.read(added, json::to_text(more)))
        return;
    if (!std::holds_alternative<std::vector<content_part>>(content)) {
        auto* const text = std::get_if<std::string>(&content);
        std::string before = text != nullptr ? std::move(*text) : std::string();
        content.emplace<std::vector<content_part>>();
        append_content(content, before);
    }
    append(std::get<std::vector<content_part>>(content), added);
}

inline void append_optional(std::optional<std::string>& text, std::string_view more)
{
    if (!more.empty())
        (text ? *text : text.emplace()) += more;
}

inline void merge_verdicts(filter_results& into, filter_results const& more)
{
    for (auto const& [category, verdict] : more.entries())
        into[category] = verdict;
}

/// Tracks the brackets of the JSON text, so that its end is known without parsing it a second time.
FOUNDRY_DECL void open_tool_call::read_arguments(std::string_view more)
{
    for (char const c : more) {
        if (escaped_) {
            escaped_ = false;
        } else if (in_text_) {
            escaped_ = c == '\\';
            in_text_ = c != '"';
        } else {
            in_text_ = c == '"';
            if (c == '{' || c == '[')
                ++depth_;
            else if (c == '}' || c == ']')
                --depth_;
        }
        begun_ = begun_ || static_cast<unsigned char>(c) > ' ';
    }
}

/// Whether a delta with the index or the id of an open call begins another call: some services send the same for all calls.
FOUNDRY_DECL bool open_tool_call::is_followed_by(tool_call const& call, tool_call_delta const& d) const noexcept
{
    if (d.function.name.empty() || call.function.name.empty())
        return false;
    if (!d.id.empty() && !call.id.empty())
        return d.id != call.id;
    bool const is_complete = begun_ && depth_ <= 0 && !in_text_;
    return is_complete || d.function.name != call.function.name;
}

/// Position of the call that the delta continues; `calls.size()` if it begins a new one.
inline std::size_t find_call(std::vector<tool_call> const& calls, std::vector<open_tool_call> const& open,
                             tool_call_delta const& d)
{
    std::size_t i = calls.size();
    while (i != 0 && !(d.index ? open[i - 1].index == *d.index : !d.id.empty() && calls[i - 1].id == d.id))
        --i;
    if (i == 0 && !d.index && d.function.name.empty()) // a new call always has a name
        i = calls.size();
    return i == 0 || open[i - 1].is_followed_by(calls[i - 1], d) ? calls.size() : i - 1;
}

inline void take_text(std::string& into, std::string const& text)
{
    if (!text.empty())
        into = text;
}

inline void take_members(boost::json::object& into, boost::json::object const& from)
{
    for (auto const& member : from)
        into[member.key()] = member.value();
}

inline void merge_members(boost::json::object& into, boost::json::object const& from);

inline void merge_value(boost::json::value& into, boost::json::value const& more)
{
    if (into.is_array() && more.is_array()) {
        for (boost::json::value const& element : more.get_array())
            into.get_array().push_back(element);
    } else if (into.is_string() && more.is_string()) {
        into.get_string().append(more.get_string());
    } else if (into.is_object() && more.is_object()) {
        merge_members(into.get_object(), more.get_object());
    } else if (!more.is_null()) {
        into = more;
    }
}

/// Merges the unknown members of a delta: lists and strings grow, except for members that each delta repeats in full.
inline void merge_members(boost::json::object& into, boost::json::object const& from)
{
    static constexpr std::string_view whole[] = {"id", "type", "name", "role", "format", "index"};
    for (auto const& member : from) {
        boost::json::value* const known = into.if_contains(member.key());
        bool const is_whole =
            std::find(std::begin(whole), std::end(whole), std::string_view(member.key())) != std::end(whole);
        if (known == nullptr || (is_whole && !member.value().is_null()))
            into[member.key()] = member.value();
        else if (!is_whole)
            merge_value(*known, member.value());
    }
}

/// Drops a member of unexpected shape from `extra` if another chunk has set the declared member.
inline void drop_odd(void* object, json::type const& t)
{
    auto& extra = *static_cast<boost::json::object*>(t.members[t.extra].reach(object, json::access::peek));
    for (int i = 0; i != t.size && !extra.empty(); ++i) {
        json::member const& m = t.members[i];
        void const* const value = m.reach(object, json::access::peek);
        if (i != t.extra && value != nullptr && (m.reach_optional != nullptr || !json::is_clear(value, *m.described)))
            extra.erase(m.name);
    }
}

template <class T>
void drop_odd(T& value)
{
    drop_odd(&value, json::type_of<T>::value);
}

inline void merge_tool_calls(std::vector<tool_call>& calls, std::vector<open_tool_call>& open,
                             std::vector<tool_call_delta> const& deltas)
{
    for (tool_call_delta const& d : deltas) {
        std::size_t const i = find_call(calls, open, d);
        if (i == calls.size()) {
            calls.emplace_back().type = "function";
            open.emplace_back().index = d.index.value_or(-1);
        }
        tool_call& call = calls[i];
        if (call.id.empty())
            call.id = d.id;
        take_text(call.type, d.type);
        if (call.function.name.empty())
            call.function.name = d.function.name;
        call.function.arguments += d.function.arguments;
        open[i].read_arguments(d.function.arguments);
        merge_members(call.function.extra, d.function.extra);
        merge_members(call.extra, d.extra);
        drop_odd(call.function);
        drop_odd(call);
    }
}

inline void merge_audio(std::optional<message_audio>& audio, message_audio const& more)
{
    if (!audio)
        audio.emplace();
    if (!more.id.empty())
        audio->id = more.id;
    append_optional(audio->data, more.data.value_or(""));
    append_optional(audio->transcript, more.transcript.value_or(""));
    if (more.format)
        audio->format = more.format;
    if (more.expires_at)
        audio->expires_at = more.expires_at;
}

} // namespace detail

FOUNDRY_DECL void chat_accumulator::add(chat_chunk const& chunk)
{
    chat_completion& all = completion_;
    // The chunks of Azure's content filter, the first and the late ones, have no id; they belong to the same message.
    detail::take_text(all.id, chunk.id);
    detail::take_text(all.model, chunk.model);
    all.object = "chat.completion";
    if (chunk.created != 0)
        all.created = chunk.created;
    if (chunk.usage)
        all.usage = chunk.usage;
    if (chunk.system_fingerprint)
        all.system_fingerprint = chunk.system_fingerprint;
    if (chunk.service_tier)
        all.service_tier = chunk.service_tier;
    detail::append(all.prompt_filter_results, chunk.prompt_filter_results);
    detail::take_members(all.extra, chunk.extra);
    for (chunk_choice const& c : chunk.choices)
        add(c);
    detail::drop_odd(all);
}

FOUNDRY_DECL void chat_accumulator::add(chunk_choice const& piece)
{
    static constexpr std::int64_t max_choices = 128; // limit of `n` in the API
    if (piece.index < 0 || piece.index >= max_choices)
        return;
    auto const i = static_cast<std::size_t>(piece.index);
    while (completion_.choices.size() <= i) {
        chat_choice& added = completion_.choices.emplace_back();
        added.index = static_cast<std::int64_t>(completion_.choices.size()) - 1;
        added.message.role = chat_role::assistant;
        open_calls_.emplace_back();
    }
    chat_choice& choice = completion_.choices[i];
    chat_message& message = choice.message;
    chat_delta const& delta = piece.delta;

    if (delta.role)
        message.role = delta.role;
    detail::append_content(message.content, delta.content);
    detail::append_optional(message.refusal, delta.refusal);
    detail::append_optional(message.reasoning_content, delta.reasoning_content);
    detail::merge_tool_calls(message.tool_calls, open_calls_[i], delta.tool_calls);
    if (delta.audio)
        detail::merge_audio(message.audio, *delta.audio);
    if (auto const* const parts = delta.extra.if_contains("content"))
        detail::append_parts(message.content, *parts);
    detail::merge_members(message.extra, delta.extra);
    detail::drop_odd(message);

    if (piece.finish_reason)
        choice.finish_reason = piece.finish_reason;
    detail::append(choice.logprobs.content, piece.logprobs.content);
    detail::append(choice.logprobs.refusal, piece.logprobs.refusal);
    detail::merge_verdicts(choice.content_filter_results, piece.content_filter_results);
    detail::take_members(choice.extra, piece.extra);
    detail::drop_odd(choice);
}

} // namespace foundry::inline FOUNDRY_ABI
