// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/call/running_calls.hpp>
#include <foundry/detail/operations/call_route.hpp>
#include <foundry/response.hpp>
#include <foundry/route.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A request of the Responses API, checked and serialised.
FOUNDRY_DECL std::shared_ptr<pending_request> prepare_response(std::shared_ptr<client_state> state,
                                                               response_request const& request,
                                                               call_options const& with, bool is_stream);

/// `responses/{id}`.
inline route response_route(std::string_view verb, std::string_view id) { return route{verb, "responses"}.segment(id); }

/// A request about a response that the service keeps.
FOUNDRY_DECL std::shared_ptr<pending_request> prepare_stored(std::shared_ptr<client_state> state, std::string_view id,
                                                             route const& below, call_options const& with,
                                                             response_form form);

FOUNDRY_DECL boost::asio::awaitable<response> fetch_response(std::shared_ptr<pending_request> request);

/// Moves `input_token_details` and `output_token_details`, as a Foundry project writes them, to where they belong.
FOUNDRY_DECL void normalize_usage(response& reply);

/// Lets a request, and its stream, end at a time, if there is one.
FOUNDRY_DECL void limit_total(call_options& with, std::chrono::steady_clock::time_point end);

/// When a wait asks again, and when it gives up.
struct poll_times
{
    std::chrono::milliseconds interval{
        500}; ///< Between the first two requests; each further one is half as long again.
    std::chrono::milliseconds max_interval{std::chrono::seconds{10}};
    std::chrono::steady_clock::time_point end = (std::chrono::steady_clock::time_point::max)();
};

/// Asks until the response has ended.
///
/// @param call the call that this belongs to, so that the end of the client ends the wait.
/// @throws foundry::error (`errc::total_timeout`) if the response has not ended in time.
FOUNDRY_DECL boost::asio::awaitable<response> wait_for_response(running_call& call, std::shared_ptr<client_state> state,
                                                                std::string id, call_options with, poll_times times);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/fetch_response.ipp>
#endif
