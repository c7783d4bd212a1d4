// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/http/tls.hpp>

#include <utility>

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

FOUNDRY_DECL client_state::client_state(call_target to, options with)
    : target(std::move(to)),
      settings(std::move(with)),
      scope(target.endpoint.scope())
{
    if (!target.credential->empty() && !target.endpoint.may_carry_credentials()) {
        throw error(errc::invalid_argument, "the credential would travel in plain text to " + target.endpoint.host() +
                                                "; write https:// or use no_credential");
    }
}

FOUNDRY_DECL std::shared_ptr<client_state> make_client_state(boost::asio::any_io_executor executor,
                                                             foundry::endpoint endpoint,
                                                             std::shared_ptr<credential_source> credential,
                                                             options settings)
{
    options with = bounded(std::move(settings));
    boost::intrusive_ptr<http::pool> connections(
        new http::pool(std::move(executor), origin_of(endpoint, with.tls), with.pool));
    return std::shared_ptr<client_state>(new client_state(
        call_target{std::move(endpoint), std::move(credential), std::move(connections)}, std::move(with)));
}

FOUNDRY_DECL std::shared_ptr<client_state> with_credential(client_state const& state,
                                                           std::shared_ptr<credential_source> credential)
{
    call_target target = state.target;
    target.credential = std::move(credential);
    return std::shared_ptr<client_state>(new client_state(std::move(target), state.settings));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
