// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/http/deadline.hpp>
#include <foundry/response_info.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The header lines that prove the caller's identity.
struct auth_headers
{
    auth_headers() = default;

    std::string fields;
    std::shared_ptr<access_token const> token; ///< The token in them; null if they hold a key or nothing.
    std::string scope;                         ///< The token's.
};

/// The request for a token; stores its scope in `into.scope`.
///
/// @param claims that the service wants to see in the token; empty for none.
FOUNDRY_DECL token_query make_token_query(client_state& state, std::string claims, http::deadline const& limits,
                                          auth_headers& into);

/// @throws foundry::error (`errc::invalid_argument`) if the token cannot be sent.
FOUNDRY_DECL void append_token(auth_headers& into);

/// Adds the credentials of the proxy, if the request goes to the proxy itself.
FOUNDRY_DECL void append_proxy_authorization(client_state const& state, auth_headers& into);

/// A 401 to a request with a token: drops the token if the service calls it invalid, and takes another scope if the service names one.
///
/// @param claims receives those that the next token needs.
/// @return whether the request is to be sent again: the 401 has claims or names another scope.
FOUNDRY_DECL bool apply_auth_challenge(client_state& state, auth_headers const& sent, response_info const& info,
                                       std::string_view body, std::string& claims);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/auth_headers.ipp>
#endif
