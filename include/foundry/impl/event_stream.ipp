// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/event_stream_state.hpp>
#include <foundry/event_stream.hpp>

namespace foundry::inline FOUNDRY_ABI {

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

FOUNDRY_DECL boost::asio::awaitable<raw_event const*> event_stream::read() { return detail::read_from(state_.get()); }

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<raw_event>> event_stream::next()
{
    std::optional<raw_event> copy;
    if (raw_event const* const event = co_await read())
        copy.emplace(*event);
    co_return copy;
}

} // namespace foundry::inline FOUNDRY_ABI
