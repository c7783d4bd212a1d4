// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/make_uuid.hpp>
#include <foundry/detail/core/credential_source.hpp>
#include <foundry/detail/http/pool.hpp>
#include <foundry/options.hpp>
#include <foundry/response_headers.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

struct known_models;

/// What the heads of calls of one kind have in common.
struct cached_head
{
    cached_head() = default;

    std::string kind;
    std::string fields;     ///< The request line among them.
    int custom_headers = 0; ///< How many of them Azure counts.
};

/// What the copies of a client share.
struct client_state
{
    client_state(boost::asio::any_io_executor executor, foundry::endpoint endpoint,
                 std::shared_ptr<credential_source> credential, options settings);

    foundry::endpoint endpoint;
    std::shared_ptr<credential_source> credential;
    options settings;
    boost::intrusive_ptr<http::pool> connections;
    uuid_source ids; // of requests

    std::mutex mutex;                     // guards what follows
    cached_head head;                     // of the last call
    std::string scope;                    // of tokens: the endpoint's, until the service names another
    std::shared_ptr<known_models> models; // as far as asked; null where none was
};

/// What proves who is asking.
struct auth_headers
{
    auth_headers() = default;

    std::string fields;                        ///< Of the request's head.
    std::shared_ptr<access_token const> token; ///< The one that is in them; null where they need none.
    std::string scope;                         ///< What it was asked for.
};

/// The question for a token, whose scope goes into the proof.
///
/// @param claims that the service wants to see in the token; empty for none.
/// @param limits with those for the token.
FOUNDRY_DECL token_query ask_for_token(client_state& state, std::string claims, http::deadline const& limits,
                                       auth_headers& into);

/// @throws foundry::error (`errc::invalid_argument`) where the token cannot be sent.
FOUNDRY_DECL void append_token(auth_headers& into);

/// The service has refused a token. Whether it names another scope, which is then the client's from here on.
FOUNDRY_DECL bool take_scope(client_state& state, std::string_view body);

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/client_state.ipp>
#endif
