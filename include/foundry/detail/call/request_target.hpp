// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/operation.hpp>
#include <foundry/endpoint.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The request target (path and query) of an operation at an endpoint.
///
/// @param path of the operation or below it, percent-encoded.
/// @param deployment put into the path if the form is the dated one and the operation has a deployment; percent-encoded here.
/// @param query percent-encoded; appended after the endpoint's parameters.
/// @throws foundry::error (`errc::invalid_argument`) if the dated form gets no deployment, if the deployment is another one than the
/// endpoint's (whatever their case), or if the path makes no URL.
FOUNDRY_DECL std::string request_target(foundry::endpoint const& endpoint, operation const& row, std::string_view path,
                                        std::string_view deployment, std::string_view query = {});

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/request_target.ipp>
#endif
