// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/make_uuid.hpp>
#include <foundry/detail/call/running_calls.hpp>
#include <foundry/detail/core/credential_source.hpp>
#include <foundry/detail/http/pool.hpp>
#include <foundry/options.hpp>

#include <memory>
#include <mutex>
#include <string>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

struct model_info_cache;

/// The part of a request's head that is the same for calls with the same route, deployment and type of body.
struct cached_head
{
    cached_head() = default;

    std::string kind;
    std::string fields;     ///< The request line among them.
    int custom_headers = 0; ///< Number of fields that count towards Azure's limit of ten.
};

/// Where calls go: one endpoint, the credential for it, the connections to it, and the calls that use them.
struct call_target
{
    foundry::endpoint endpoint;
    std::shared_ptr<credential_source> credential;
    boost::intrusive_ptr<http::pool> connections;
    boost::intrusive_ptr<running_calls> calls;
};

/// What the copies of a client share.
struct client_state
{
    /// @throws foundry::error (`errc::invalid_argument`) if the credential would travel in plain text to another machine.
    client_state(call_target to, options settings, std::shared_ptr<http::client_transport const> way);

    call_target target;
    options settings;
    std::shared_ptr<http::client_transport const> transport;
    uuid_source request_ids;

    std::mutex mutex;                             // guards what follows
    cached_head head;                             // of the last call
    std::string scope;                            // of tokens: the endpoint's, until the service names another
    std::shared_ptr<model_info_cache> model_info; // null until a model is asked for
};

FOUNDRY_DECL std::shared_ptr<client_state> make_client_state(boost::asio::any_io_executor executor,
                                                             foundry::endpoint endpoint,
                                                             std::shared_ptr<credential_source> credential,
                                                             options settings);

/// The same endpoint, connections and settings with another credential.
FOUNDRY_DECL std::shared_ptr<client_state> with_credential(client_state const& state,
                                                           std::shared_ptr<credential_source> credential);

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/client_state.ipp>
#endif
