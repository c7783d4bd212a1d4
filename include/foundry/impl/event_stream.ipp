// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/event_source.hpp>
#include <foundry/event_stream.hpp>

#include <optional>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

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

/// Hands events on as they are.
struct event_stream_state final : event_source
{
    using event_source::event_source;

    bool take_value(raw_event& into)
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
            closed = is_one_of(closing_events, type);
            note_choices(e.data);
            into.event = e.type;
            into.data = e.data;
            into.id = e.id;
            return true;
        }
        return false;
    }

    /// If it is a chat's chunk.
    void note_choices(std::string_view data)
    {
        chat_ends of;
        if (data.find("\"choices\"") == data.npos || !json::reader{}.read(of, data))
            return;
        for (chat_end const& one : of.choices)
            ends.note(one.index, !one.finish_reason.empty());
    }

    /// Throws if it is one with a reason. A failure without a reason waits for the next event, which may tell it.
    bool is_error(http::event const& e)
    {
        try {
            throw_error_event(e);
        } catch (error const& failed) {
            if (unexplained || !failed.service_code().empty() || failed.message() != no_reason)
                throw;
            unexplained.emplace(failed);
            return true;
        }
        if (unexplained)
            throw *unexplained;
        return false;
    }

    void check_end(bool at_marker) const
    {
        if (unexplained)
            throw *unexplained;
        if (!at_marker && !((closed || ends.all_ended()) && ended_by_framing()))
            throw_truncated();
    }

    bool closed = false; // nothing has to follow the last event
    choice_ends ends;
    std::optional<error> unexplained;
};

} // namespace detail

FOUNDRY_DECL event_stream::event_stream() noexcept = default;
FOUNDRY_DECL event_stream::event_stream(event_stream&&) noexcept = default;
FOUNDRY_DECL event_stream& event_stream::operator=(event_stream&&) noexcept = default;
FOUNDRY_DECL event_stream::~event_stream() = default;
FOUNDRY_DECL event_stream::event_stream(std::unique_ptr<detail::event_stream_state> state) noexcept
    : state_(std::move(state))
{}

FOUNDRY_DECL response_info const& event_stream::info() const noexcept
{
    static response_info const none;
    return state_ ? state_->info() : none;
}

FOUNDRY_DECL void event_stream::close() noexcept
{
    if (state_)
        state_->close();
}

FOUNDRY_DECL boost::asio::awaitable<bool> event_stream::read(raw_event& into)
{
    return detail::read_from(state_.get(), into);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<raw_event>> event_stream::next()
{
    raw_event event;
    std::optional<raw_event> result;
    if (co_await read(event))
        result.emplace(std::move(event));
    co_return result;
}

} // namespace foundry::inline FOUNDRY_ABI
