// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/endpoint.hpp>
#include <foundry/response_headers.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The claims that a 401 asks for: the JSON text in a `WWW-Authenticate: Bearer` challenge with the error `insufficient_claims` (RFC 9470,
/// and Microsoft's continuous access evaluation). Empty if there is none.
FOUNDRY_DECL std::string claims_of_challenge(response_headers const& headers);

/// Whether a 401 refuses the token itself, so that a new token may help: a `WWW-Authenticate: Bearer` challenge with the error
/// `invalid_token` or `insufficient_claims`, a body that calls the token invalid or expired, or no reason at all. A missing permission does
/// not count.
FOUNDRY_DECL bool refuses_token(response_headers const& headers, std::string_view body);

/// The audiences that a 401 names in parentheses. Only those of Azure's AI services count: a request for a token of any other audience
/// would hand that token to the operator of the server.
FOUNDRY_DECL std::vector<std::string> named_audiences(std::string_view message);

/// The scope of the first audience that an Azure host names instead of the requested one. Empty if the host names no audience, or the
/// requested one.
FOUNDRY_DECL std::string other_scope(foundry::endpoint const& endpoint, std::string_view scope,
                                     std::string_view message);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/auth/impl/challenge.ipp>
#endif
