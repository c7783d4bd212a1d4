// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/credential.hpp>
#include <foundry/http/pool.hpp>
#include <foundry/options.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

struct known_models;

/// What the copies of a client share.
struct client_state
{
    client_state(boost::asio::any_io_executor executor, endpoint where, std::shared_ptr<credential_source> credential,
                 options settings);

    endpoint where;
    std::shared_ptr<credential_source> credential;
    options settings;
    std::shared_ptr<http::pool> connections;

    std::mutex mutex;                     // guards what follows
    access_token token;                   // the last one the credential gave
    std::shared_ptr<known_models> models; // as far as asked; null where none was
};

/// The fields that prove who is asking.
FOUNDRY_DECL boost::asio::awaitable<void> write_credential(std::shared_ptr<client_state> state, std::string& fields);

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/client_state.ipp>
#endif
