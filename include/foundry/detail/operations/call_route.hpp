// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/form_body.hpp>
#include <foundry/detail/json/type.hpp>
#include <foundry/event_stream.hpp>
#include <foundry/options.hpp>
#include <foundry/response_info.hpp>
#include <foundry/route.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

struct client_state;
struct pending_request;

/// How the response of a call is read.
enum class response_form
{
    json,
    bytes,
    events
};

/// A request of any route; an error found here is kept for the coroutine to throw.
FOUNDRY_DECL std::shared_ptr<pending_request> prepare_call(std::shared_ptr<client_state> state,
                                                           foundry::route const& route, call_options const& with,
                                                           response_form form, json::const_object_ref body = {});
FOUNDRY_DECL std::shared_ptr<pending_request> prepare_call(std::shared_ptr<client_state> state,
                                                           foundry::route const& route, call_options const& with,
                                                           response_form form, http::request_body body);

/// A request about an object that the service keeps.
FOUNDRY_DECL std::shared_ptr<pending_request> prepare_stored(std::shared_ptr<client_state> state, std::string_view id,
                                                             foundry::route const& below, call_options const& with,
                                                             response_form form);

/// @param raw receives the text; may be null.
FOUNDRY_DECL boost::asio::awaitable<response_info> fetch_json(std::shared_ptr<pending_request> request,
                                                              json::object_ref into, std::string* raw);
/// For an answer that says no more than its status.
FOUNDRY_DECL boost::asio::awaitable<void> fetch_nothing(std::shared_ptr<pending_request> request);
FOUNDRY_DECL boost::asio::awaitable<event_stream> open_events(std::shared_ptr<pending_request> request);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/call_route.ipp>
#endif
