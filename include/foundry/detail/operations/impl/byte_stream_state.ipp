// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/byte_stream_state.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL byte_stream_state::byte_stream_state(pending_request request, open_response response)
    : response_source(std::move(request), std::move(response))
{
    begin(request_.body_limit(), http::exchange::progress::on_bytes);
}

FOUNDRY_DECL bool byte_stream_state::take_value()
{
    if (arrived_.empty())
        return false;
    value.swap(arrived_);
    arrived_.clear();
    if (observer_)
        observer_->note_first_chunk();
    return true;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::string> read_rest(byte_stream_state& from)
{
    std::string all;
    for (;;) {
        std::string const* const piece = co_await read_from(&from);
        if (piece == nullptr)
            break;
        all.append(*piece);
    }
    co_return all;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
