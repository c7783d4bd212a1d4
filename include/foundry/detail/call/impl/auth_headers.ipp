// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/auth/challenge.hpp>
#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/call/auth_headers.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL token_query make_token_query(client_state& state, std::string claims, http::deadline const& limits,
                                          auth_headers& into)
{
    token_request wanted;
    wanted.claims = std::move(claims);
    wanted.transport = state.transport;
    {
        std::lock_guard const lock(state.mutex);
        into.scope = state.scope;
    }
    wanted.scope = into.scope;
    token_query query(std::move(wanted), state.target.connections->executor());
    http::limit const& last = limits.next();
    query.until = last.at;
    query.code = last.code;
    query.within = last.span;
    query.host = state.target.endpoint.host();
    return query;
}

FOUNDRY_DECL void append_token(auth_headers& into)
{
    std::string_view const token = into.token->token().reveal();
    bool const is_sendable = !token.empty() && all_of(token, is_graphic);
    if (!is_sendable)
        throw error(errc::invalid_argument,
                    "the credential gave an empty token, or one with a blank or control character");
    into.fields.reserve(into.fields.size() + token.size() + 32); // so that no shorter copy stays in memory
    into.fields.append("Authorization: Bearer ").append(token).append("\r\n");
}

FOUNDRY_DECL void append_proxy_authorization(client_state const& state, auth_headers& into)
{
    http::origin const& to = state.target.connections->to();
    if (!to.is_through_plain_proxy() || to.proxy->settings.authorization().empty())
        return;
    std::string_view const value = to.proxy->settings.authorization();
    into.fields.reserve(into.fields.size() + value.size() + 32);
    into.fields.append("Proxy-Authorization: ").append(value).append("\r\n");
}

/// Whether a 401 names another scope, which is then the client's.
inline bool take_scope(client_state& state, std::string_view body)
{
    std::lock_guard const lock(state.mutex);
    std::string other = other_scope(state.target.endpoint, state.scope, body);
    if (other.empty())
        return false;
    state.scope = std::move(other);
    return true;
}

FOUNDRY_DECL bool apply_auth_challenge(client_state& state, auth_headers const& sent, response_info const& info,
                                       std::string_view body, std::string& claims)
{
    if (info.status() != 401 || !sent.token)
        return false;
    claims = claims_of_challenge(info.headers());
    bool const is_dropped = refuses_token(info.headers(), body) &&
                            state.target.credential->invalidate(sent.token->token().reveal(), claims);
    return claims.empty() ? take_scope(state, body) : is_dropped;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
