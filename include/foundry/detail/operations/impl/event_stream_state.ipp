// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/detail/operations/event_stream_state.hpp>

#include <boost/describe/class.hpp>

#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

inline constexpr std::string_view terminal_events[] = {"response.completed", "response.incomplete"};
inline constexpr std::string_view closing_events[] = {"image_generation.completed", "image_edit.completed",
                                                      "transcript.text.done", "speech.audio.done"};

/// What is read of a chunk to know where a chat ends.
struct chat_end
{
    chat_end() = default;

    std::int64_t index = 0;
    std::string finish_reason;
};
BOOST_DESCRIBE_STRUCT(chat_end, (), (index, finish_reason))

struct chat_ends
{
    chat_ends() = default;

    std::vector<chat_end> choices;
};
BOOST_DESCRIBE_STRUCT(chat_ends, (), (choices))

FOUNDRY_DECL bool event_stream_state::take_value()
{
    http::event e;
    while (take(e)) {
        if (is_error(e))
            continue;
        std::string const type = type_of_event(e);
        if (!is_keep_alive(e) && !is_keep_alive_name(type))
            note_content();
        if (is_one_of(terminal_events, type))
            end();
        is_closing_ = is_one_of(closing_events, type);
        note_choices(e.data);
        if (observer_) {
            observer_->note_first_chunk();
            observer_->note_json(e.data);
        }
        value.event = e.type;
        value.data = e.data;
        value.id = e.id;
        return true;
    }
    return false;
}

FOUNDRY_DECL void event_stream_state::note_choices(std::string_view data)
{
    chat_ends of;
    if (data.find("\"choices\"") == data.npos || !json::reader{}.read(of, data))
        return;
    for (chat_end const& one : of.choices)
        ends_.note(one.index, !one.finish_reason.empty());
}

FOUNDRY_DECL bool event_stream_state::is_error(http::event const& e)
{
    try {
        throw_error_event(e);
    } catch (error const& failed) {
        if (unexplained_ || !failed.service_code().empty() || failed.message() != no_reason)
            throw;
        unexplained_.emplace(failed);
        return true;
    }
    if (unexplained_)
        throw *unexplained_;
    return false;
}

FOUNDRY_DECL void event_stream_state::check_end(bool at_marker) const
{
    if (unexplained_)
        throw *unexplained_;
    if (!at_marker && !((is_closing_ || ends_.all_ended()) && ended_by_framing()))
        throw_truncated();
}

} // namespace foundry::inline FOUNDRY_ABI::detail
