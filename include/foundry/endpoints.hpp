// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/credential.hpp>
#include <foundry/deployments.hpp>
#include <foundry/endpoint.hpp>

#include <cstddef>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// Several endpoints for one client, in order of preference, each with its own credential and the names of its deployments.
///
///     foundry::endpoints all;
///     all.add("https://provisioned.openai.azure.com/openai/v1", foundry::api_key{"..."}, "gpt-4o-ptu");
///     all.add("https://standard.openai.azure.com/openai/v1", foundry::api_key{"..."}, "gpt-4o");
///     foundry::client client{executor, all};
///
/// A call goes to the first endpoint. If that cannot answer it, the call moves on at once; if the endpoint is in trouble, it takes no calls
/// for a while: see `failover_options`. Chats, embeddings and images move. Other operations stay at the first endpoint, or at that of
/// `client::at()`: files, batches, responses, speech, realtime, models, and `client::call()`.
class endpoints
{
public:
    endpoints() = default;

    /// @throws foundry::error (`errc::invalid_argument`) if the endpoint is of another form of the API than those before it, is in the list
    /// with the same deployments, or has a URL that names another deployment than `names`.
    endpoints& add(foundry::endpoint endpoint, any_credential credential, deployments names = {});

    std::size_t size() const noexcept { return entries_.size(); }

    /// An endpoint of the list, for the library.
    struct entry
    {
        foundry::endpoint endpoint;
        any_credential credential;
        deployments names;
    };
    std::vector<entry> const& entries() const noexcept { return entries_; }

private:
    std::vector<entry> entries_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/endpoints.ipp>
#endif
