// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/event_source.hpp>
#include <foundry/event_stream.hpp>
#include <foundry/impl/event_source.ipp>

#include <algorithm>
#include <span>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

inline constexpr std::string_view terminal_events[] = {"response.completed", "response.incomplete"};
inline constexpr std::string_view closing_events[] = {"image_generation.completed", "image_edit.completed",
                                                      "transcript.text.done", "speech.audio.done"};

inline bool is_one_of(std::span<std::string_view const> names, std::string_view type)
{
    return std::find(names.begin(), names.end(), type) != names.end();
}

/// Hands events on as they are.
struct event_stream_state final : event_source
{
    using event_source::event_source;

    bool take_value(raw_event& into)
    {
        http::event e;
        if (!take(e))
            return false;
        throw_error_event(e);
        std::string_view const type = type_of_event(e);
        if (is_one_of(terminal_events, type))
            end();
        closed = is_one_of(closing_events, type);
        into.event = e.type;
        into.data = e.data;
        into.id = e.id;
        return true;
    }

    bool may_end_here() const noexcept { return closed; }

    bool closed = false; // nothing has to come behind the last event
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
