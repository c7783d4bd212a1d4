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
