// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/response_stream_state.hpp>
#include <foundry/response_accumulator.hpp>
#include <foundry/response_stream.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL response_stream::response_stream() noexcept = default;
FOUNDRY_DECL response_stream::response_stream(response_stream&&) noexcept = default;
FOUNDRY_DECL response_stream& response_stream::operator=(response_stream&&) noexcept = default;
FOUNDRY_DECL response_stream::~response_stream() = default;
FOUNDRY_DECL response_stream::response_stream(std::unique_ptr<detail::response_stream_state> state) noexcept
    : state_(std::move(state))
{}

FOUNDRY_DECL response_info const& response_stream::info() const noexcept
{
    static response_info const none;
    return state_ ? state_->info() : none;
}

FOUNDRY_DECL void response_stream::close() noexcept
{
    if (state_)
        state_->close();
}

FOUNDRY_DECL boost::asio::awaitable<response_event const*> response_stream::read()
{
    return detail::read_event(state_.get());
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<response_event>> response_stream::next()
{
    std::optional<response_event> copy;
    if (response_event const* const event = co_await read())
        copy.emplace(*event);
    co_return copy;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response> response_stream::collect()
{
    response_accumulator all;
    for (;;) {
        response_event const* const event = co_await read();
        if (event == nullptr)
            break;
        all.add(*event);
    }
    co_return all.take();
}

} // namespace foundry::inline FOUNDRY_ABI
