// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat_stream.hpp>
#include <foundry/detail/operations/chat_stream_state.hpp>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL chat_stream::chat_stream() noexcept = default;
FOUNDRY_DECL chat_stream::chat_stream(chat_stream&&) noexcept = default;
FOUNDRY_DECL chat_stream& chat_stream::operator=(chat_stream&&) noexcept = default;
FOUNDRY_DECL chat_stream::~chat_stream() = default;
FOUNDRY_DECL chat_stream::chat_stream(std::unique_ptr<detail::stream_state> state) noexcept : state_(std::move(state))
{}

FOUNDRY_DECL response_info const& chat_stream::info() const noexcept
{
    static response_info const none;
    return state_ ? state_->info() : none;
}

FOUNDRY_DECL void chat_stream::close() noexcept
{
    if (state_)
        state_->close();
}

FOUNDRY_DECL boost::asio::awaitable<chat_chunk const*> chat_stream::read() { return detail::read_from(state_.get()); }

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<chat_chunk>> chat_stream::next()
{
    chat_chunk const* const chunk = co_await read();
    if (chunk == nullptr)
        co_return std::nullopt;
    co_return *chunk; // without a copy in this frame, which the allocator recycles up to a kilobyte only
}

} // namespace foundry::inline FOUNDRY_ABI
