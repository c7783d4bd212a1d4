// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/call_observer.hpp>
#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/call/running_calls.hpp>
#include <foundry/detail/http/exchange.hpp>
#include <foundry/response_info.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A connection with the head of a successful response, and what led to it.
struct open_response
{
    open_response() = default;

    running_call call;
    boost::intrusive_ptr<http::exchange> exchange;
    response_info info;
    boost::intrusive_ptr<call_observer> observer; // null if the call is not observed
    std::string websocket_key;                    // of a request for a WebSocket; each attempt has its own
    bool is_stream = false;
    std::vector<attempt> failed_attempts;
    std::chrono::milliseconds waited{0};   // after the last of them
    http::clock::time_point attempt_begun; // of the successful one
};

/// Makes one request and waits for the head of its response. If a 401 asks for a token with other claims or
/// another scope, the request is sent once more, with such a token.
///
/// @param end of the whole call.
/// @throws foundry::error that a status other than 2xx stands for; other than 101, too, for a request for a WebSocket.
FOUNDRY_DECL boost::asio::awaitable<void> send_once(pending_request const& request, http::clock::time_point end,
                                                    open_response& response);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/send_once.ipp>
#endif
