// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/auth/challenge.hpp>
#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/http/tls.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::detail {

inline http::origin origin_of(foundry::endpoint const& endpoint, tls_options const& tls)
{
    http::origin to;
    to.host = endpoint.host();
    to.connect_address = endpoint.connect_address();
    to.connect_port = endpoint.connect_port();
    if (endpoint.secure())
        to.tls = http::tls_context_for(tls);
    return to;
}

inline timeouts bounded(timeouts t)
{
    for (std::chrono::milliseconds* const span : {&t.token, &t.connect, &t.tls, &t.pool, &t.write, &t.first_byte,
                                                  &t.silence, &t.stall, &t.total, &t.stream_total})
        *span = bounded(*span);
    return t;
}

inline options bounded(options with)
{
    with.timeouts = bounded(with.timeouts);
    with.pool.max_idle = bounded(with.pool.max_idle);
    with.pool.max_age = bounded(with.pool.max_age);
    return with;
}

FOUNDRY_DECL client_state::client_state(boost::asio::any_io_executor executor, foundry::endpoint to,
                                        std::shared_ptr<credential_source> who, options with)
    : endpoint(std::move(to)),
      credential(std::move(who)),
      settings(bounded(std::move(with))),
      connections(new http::pool(std::move(executor), origin_of(endpoint, settings.tls), settings.pool)),
      scope(endpoint.scope())
{
    if (!credential->empty() && !endpoint.may_carry_credentials()) {
        throw error(errc::invalid_argument, "the credential would travel in plain text to " + endpoint.host() +
                                                "; write https:// or use no_credential");
    }
}

FOUNDRY_DECL void append_token(auth_headers& into)
{
    std::string_view const token = into.token->token().reveal();
    bool const sound = !token.empty() && all_of(token, is_graphic);
    if (!sound)
        throw error(errc::invalid_argument,
                    "the credential gave an empty token, or one with a blank or control character");
    into.fields.reserve(into.fields.size() + token.size() + 32); // so that no shorter copy stays behind
    into.fields.append("Authorization: Bearer ").append(token).append("\r\n");
}

FOUNDRY_DECL token_query ask_for_token(client_state& state, std::string claims, http::deadline const& limits,
                                       auth_headers& into)
{
    token_request wanted;
    wanted.claims = std::move(claims);
    {
        std::lock_guard const lock(state.mutex);
        into.scope = state.scope;
    }
    wanted.scope = into.scope;
    token_query query(std::move(wanted), state.connections->executor());
    http::limit const& last = limits.next();
    query.until = last.at;
    query.code = last.code;
    query.within = last.span;
    query.host = state.endpoint.host();
    return query;
}

FOUNDRY_DECL bool take_scope(client_state& state, std::string_view body)
{
    std::lock_guard const lock(state.mutex);
    std::string other = other_scope(state.endpoint, state.scope, body);
    if (other.empty())
        return false;
    state.scope = std::move(other);
    return true;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
