// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/call.hpp>
#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/send_with_retries.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<binary_content> fetch_bytes(std::shared_ptr<pending_request> request)
{
    bytes_sink body;
    open_response response;
    co_await send_with_retries(*request, &body, response);
    binary_content reply;
    reply.bytes = std::move(body.bytes);
    reply.set_info(std::move(response.info));
    co_return reply;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
