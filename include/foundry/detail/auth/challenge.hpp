// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/endpoint.hpp>
#include <foundry/response_headers.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The claims that a 401 asks for: the JSON text that a `WWW-Authenticate: Bearer` challenge of the error `insufficient_claims` holds
/// (RFC 9470, and Microsoft's continuous access evaluation); empty where there is none.
FOUNDRY_DECL std::string claims_of_challenge(response_headers const& headers);

/// Whether a 401 is the token's fault, so that another may be taken: a `WWW-Authenticate: Bearer` challenge of the error `invalid_token`
/// or `insufficient_claims`, a body that calls the token invalid or expired, or no reason at all. A missing permission is none.
FOUNDRY_DECL bool refuses_token(response_headers const& headers, std::string_view body);

/// The audiences that a 401 names in parentheses. Only those of Azure's AI services: to ask for a token of any other would hand it to
/// whoever runs the server.
FOUNDRY_DECL std::vector<std::string> named_audiences(std::string_view message);

/// The scope of the first audience that one of Azure's hosts names instead of the one that was asked for; empty where it names none, or
/// that one.
FOUNDRY_DECL std::string other_scope(foundry::endpoint const& endpoint, std::string_view scope,
                                     std::string_view message);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/auth/impl/challenge.ipp>
#endif
