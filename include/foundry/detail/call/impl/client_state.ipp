// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/http/tls.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

inline http::context_ptr authority_tls(tls_options const& tls)
{
    if (tls.additional_ca_file.empty())
        return http::context_ptr();
    tls_options with; // what else the client trusts, it trusts for its endpoint
    with.additional_ca_file = tls.additional_ca_file;
    return http::tls_context_for(with);
}

inline http::origin origin_of(foundry::endpoint const& endpoint, options const& with, http::proxy_rules const& proxies)
{
    http::origin to;
    to.host = endpoint.host();
    to.connect_address = endpoint.connect_address();
    to.connect_port = endpoint.connect_port();
    if (endpoint.secure())
        to.tls = http::tls_context_for(with.tls);
    if (!endpoint.connects_elsewhere())
        to.proxy = proxies.find(endpoint.secure(), endpoint.host(),
                                [&] { return to.tls ? to.tls : http::tls_context_for(with.tls); });
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
    with.failover.first_byte = bounded(with.failover.first_byte);
    with.pool.max_idle = bounded(with.pool.max_idle);
    with.pool.max_age = bounded(with.pool.max_age);
    return with;
}

FOUNDRY_DECL client_state::client_state(call_target to, options with, std::shared_ptr<http::client_transport const> way)
    : target(std::move(to)),
      settings(std::move(with)),
      transport(std::move(way)),
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
    if (with.pool.max_connections == 0)
        throw error(errc::invalid_argument, "options.pool.max_connections is 0, so no call could run; use 1 or more");
    http::proxy_rules proxies(with.proxy);
    http::origin origin = origin_of(endpoint, with, proxies);
    std::shared_ptr<http::client_transport const> way(new http::client_transport(
        std::move(proxies), origin.proxy ? origin.proxy->tls : http::context_ptr(), authority_tls(with.tls)));
    boost::intrusive_ptr<http::pool> connections(new http::pool(std::move(executor), std::move(origin), with.pool));
    boost::intrusive_ptr<running_calls> calls(new running_calls);
    boost::intrusive_ptr<rate_gates> gates(new rate_gates);
    call_target target{std::move(endpoint),    deployments(),    std::move(credential),
                       std::move(connections), std::move(calls), std::move(gates)};
    return std::shared_ptr<client_state>(new client_state(std::move(target), std::move(with), std::move(way)));
}

FOUNDRY_DECL std::shared_ptr<client_state> make_list(std::vector<std::shared_ptr<client_state>> states,
                                                     std::shared_ptr<failover> health)
{
    std::shared_ptr<endpoint_list> const list(new endpoint_list(std::move(health)));
    for (std::shared_ptr<client_state> const& each : states) {
        each->target.calls = states.front()->target.calls;
        each->siblings = list.get();
    }
    list->states = std::move(states);
    return list->at(0);
}

inline std::shared_ptr<client_state> copy_with(client_state const& state, std::shared_ptr<credential_source> credential)
{
    call_target target = state.target;
    target.credential = std::move(credential);
    return std::shared_ptr<client_state>(new client_state(std::move(target), state.settings, state.transport));
}

FOUNDRY_DECL std::shared_ptr<client_state> state_at(client_state const& state, std::size_t index)
{
    std::size_t const count = state.siblings == nullptr ? 1 : state.siblings->states.size();
    if (index >= count) {
        throw error(errc::invalid_argument, "the client has " + std::to_string(count) +
                                                " endpoints, counted from 0; there is no number " +
                                                std::to_string(index));
    }
    client_state const& one = state.siblings == nullptr ? state : *state.siblings->states[index];
    std::shared_ptr<client_state> made = copy_with(one, one.target.credential);
    made->part_of = state.siblings == nullptr ? state.part_of : state.siblings->shared_from_this();
    return made;
}

FOUNDRY_DECL std::shared_ptr<client_state> with_credential(client_state const& state,
                                                           std::shared_ptr<credential_source> credential)
{
    if (state.siblings == nullptr) {
        std::shared_ptr<client_state> made = copy_with(state, std::move(credential));
        made->part_of = state.part_of;
        return made;
    }
    std::vector<std::shared_ptr<client_state>> states;
    for (std::shared_ptr<client_state> const& each : state.siblings->states)
        states.push_back(copy_with(*each, credential));
    return make_list(std::move(states), state.siblings->health);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
