// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/deployments.hpp>
#include <foundry/detail/base/make_uuid.hpp>
#include <foundry/detail/call/rate_gates.hpp>
#include <foundry/detail/call/running_calls.hpp>
#include <foundry/detail/core/credential_source.hpp>
#include <foundry/detail/core/failover.hpp>
#include <foundry/detail/http/pool.hpp>
#include <foundry/endpoint.hpp>
#include <foundry/options.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

struct model_info_cache;

/// The part of a request's head that is the same for calls with the same route, deployment and type of body.
struct cached_head
{
    cached_head() = default;

    std::vector<std::string> kind;
    std::string fields;     ///< The request line among them.
    int custom_headers = 0; ///< Number of fields that count towards Azure's limit of ten.
};

/// Where calls go: one endpoint, what the models are called there, the credential for it, the connections to it, the calls that use them,
/// and how fast they may follow each other.
struct call_target
{
    foundry::endpoint endpoint;
    deployments names;
    std::shared_ptr<credential_source> credential;
    boost::intrusive_ptr<http::pool> connections;
    boost::intrusive_ptr<running_calls> calls;
    boost::intrusive_ptr<rate_gates> gates;
};

struct endpoint_list;

/// What the copies of a client share.
struct client_state
{
    /// @throws foundry::error (`errc::invalid_argument`) if the credential would travel in plain text to another machine.
    client_state(call_target to, options settings, std::shared_ptr<http::client_transport const> way);

    call_target target;
    options settings;
    std::shared_ptr<http::client_transport const> transport;
    uuid_source request_ids;
    endpoint_list* siblings = nullptr;      // owns this one, too; null for a client of one endpoint
    std::shared_ptr<endpoint_list> part_of; // of client::at(): the list that it is closed and counted with

    std::mutex mutex;                             // guards what follows
    cached_head head;                             // of the last call
    std::string scope;                            // of tokens: the endpoint's, until the service names another
    std::shared_ptr<model_info_cache> model_info; // null until a model is asked for
};

/// The states of a client of several endpoints, which are one client to the program. A pointer to one of them shares all.
struct endpoint_list : std::enable_shared_from_this<endpoint_list>
{
    explicit endpoint_list(std::shared_ptr<failover> of_endpoints) : health(std::move(of_endpoints)) {}

    std::shared_ptr<client_state> at(std::size_t index)
    {
        return std::shared_ptr<client_state>(shared_from_this(), states[index].get());
    }

    std::vector<std::shared_ptr<client_state>> states; // in order of preference
    std::shared_ptr<failover> health;                  // also of the same list with other credentials
};

FOUNDRY_DECL std::shared_ptr<client_state> make_client_state(boost::asio::any_io_executor executor,
                                                             foundry::endpoint endpoint,
                                                             std::shared_ptr<credential_source> credential,
                                                             options settings);
/// Makes one client of several, which have the same settings; gives the first.
FOUNDRY_DECL std::shared_ptr<client_state> make_list(std::vector<std::shared_ptr<client_state>> states,
                                                     std::shared_ptr<failover> health);

/// One endpoint of a client, from which no call moves.
///
/// @throws foundry::error (`errc::invalid_argument`) if there are not so many.
FOUNDRY_DECL std::shared_ptr<client_state> state_at(client_state const& state, std::size_t index);

/// Calls a function with the state of each endpoint of a client.
template <class Function>
void for_each_endpoint(client_state const& state, Function function)
{
    endpoint_list const* const all = state.siblings != nullptr ? state.siblings : state.part_of.get();
    if (all == nullptr)
        return function(state);
    for (std::shared_ptr<client_state> const& each : all->states)
        function(*each);
}

/// The same endpoints, connections and settings with another credential.
FOUNDRY_DECL std::shared_ptr<client_state> with_credential(client_state const& state,
                                                           std::shared_ptr<credential_source> credential);

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/client_state.ipp>
#endif
