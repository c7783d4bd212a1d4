// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/credential.hpp>
#include <foundry/http/pool.hpp>
#include <foundry/options.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

struct model_info;

namespace detail {

/// What the copies of a client share.
struct client_state
{
    client_state(boost::asio::any_io_executor executor, endpoint where, std::shared_ptr<credential_source> credential,
                 options settings);

    endpoint where;
    std::shared_ptr<credential_source> credential;
    options settings;
    std::shared_ptr<http::pool> connections;

    std::mutex mutex;                                                              // guards what follows
    access_token token;                                                            // the last one the credential gave
    std::vector<std::pair<std::string, std::shared_ptr<model_info const>>> models; // by deployment, as far as asked
};

/// The fields that prove who is asking.
FOUNDRY_DECL boost::asio::awaitable<std::string> credential_fields(std::shared_ptr<client_state> state);

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/client_state.ipp>
#endif
