// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/operations/call_route.hpp>
#include <foundry/detail/operations/poll.hpp>
#include <foundry/response.hpp>
#include <foundry/route.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// @throws foundry::error (`errc::invalid_argument`) for a request that no service takes.
FOUNDRY_DECL void check_response_request(response_request const& request);

/// A request of the Responses API, checked and serialised.
FOUNDRY_DECL std::shared_ptr<pending_request> prepare_response(std::shared_ptr<client_state> state,
                                                               response_request const& request,
                                                               call_options const& with, bool is_stream);

/// `responses/{id}`.
inline route response_route(std::string_view verb, std::string_view id) { return route{verb, "responses"}.segment(id); }

FOUNDRY_DECL boost::asio::awaitable<response> fetch_response(std::shared_ptr<pending_request> request);

/// Moves `input_token_details` and `output_token_details`, as a Foundry project writes them, to where they belong.
FOUNDRY_DECL void normalize_usage(response& reply);

/// How a response in the background is waited for.
FOUNDRY_DECL poll_rules<response> const& response_polls();

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/fetch_response.ipp>
#endif
