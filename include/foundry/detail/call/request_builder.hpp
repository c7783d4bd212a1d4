// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/json/type_of.hpp>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// What a request is made of, besides what the client, the call's options and the operation's row say.
struct request_spec
{
    request_spec() = default;

    std::string_view verb = "POST";
    std::string_view query; ///< Percent-encoded; appended after the endpoint's parameters.
    std::string_view accept = "application/json";
    std::string_view deployment;      ///< Overrides the deployment in the body; may be empty.
    bool skip_route_check = false;    ///< Sent even if the endpoint's form lacks the operation.
    bool has_model_first = false;     ///< Whether `model` is the first member of the body after `leading_members`.
    json::const_object_ref json;      ///< The body; a null object: there is none, or it is bytes.
    std::string_view leading_members; ///< Written before those of the body, such as `"stream":true,`.
    std::string_view content_type;    ///< Content type of `bytes`; empty: the request has no such body.
    std::string bytes;
    std::shared_ptr<http::byte_source> source; ///< Follows `bytes`; may be null.
};

/// The deployment of a request that names none: the endpoint's, or the client's default; empty for an operation without a model.
FOUNDRY_DECL std::string_view default_deployment(client_state const& client, operation const& row);

/// Makes every request: decides the deployment, serialises the body, detects extra parameters and writes the head.
///
/// @throws foundry::error (`errc::invalid_argument`) if the request could not be sent as it is.
FOUNDRY_DECL void build_request(pending_request& request, request_spec spec, call_options const& with);

/// A request that any endpoint of a list may answer: its body has a place for the model, its head is written for each of them.
struct movable_request
{
    movable_request() = default;

    call_options with;
    std::string model;           ///< As the program names it; may be empty.
    std::size_t model_begin = 0; ///< Where the body has the member `model`, or would have it.
    bool has_extra_parameters = false;
};

/// Whether an endpoint has a deployment for the request.
FOUNDRY_DECL bool can_go_to(movable_request const& request, client_state const& to);
/// Writes the request for another endpoint of its list.
///
/// @throws foundry::error (`errc::invalid_argument`) as build_request().
FOUNDRY_DECL void move_to(pending_request& request, std::shared_ptr<client_state> to);

/// A described request, checked and serialised; an error found here is kept for the coroutine to throw.
template <class Request>
pending_request prepare(std::shared_ptr<client_state> state, operation const& row, Request const& request,
                        call_options const& with, void (*check)(Request const&), std::string_view leading_members = {})
{
    pending_request pending(std::move(state), row, row.path);
    try {
        check(request);
        request_spec spec;
        spec.verb = row.verb;
        spec.json = {&request, &json::type_of<Request>::value};
        spec.leading_members = leading_members;
        spec.has_model_first = true;
        build_request(pending, std::move(spec), with);
    } catch (...) {
        pending.validation_error = std::current_exception();
    }
    return pending;
}

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/request_builder.ipp>
#endif
