// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/response_sink.hpp>
#include <foundry/detail/call/send_once.hpp>

#include <boost/asio/awaitable.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

/// One call, from the request to its response: makes the request as often as the retry policy allows, and takes the body. A request that
/// moves goes to one endpoint of its list after the other.
///
/// @param body null: the response is a stream, and only its head is waited for. From then on `stream_total` applies instead of
/// `total`.
/// @throws foundry::error of the last attempt, with all attempts.
FOUNDRY_DECL boost::asio::awaitable<void> send_with_retries(pending_request& request, response_sink* body,
                                                            open_response& response);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/send_with_retries.ipp>
#endif
