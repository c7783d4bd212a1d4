// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/credential.hpp>
#include <foundry/endpoint.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// What the models that a program names are called at one endpoint.
class deployments
{
public:
    /// As the program names them.
    deployments() = default;
    /// One deployment serves every request, whichever model it names.
    deployments(std::string name) : only_(std::move(name)) {}
    deployments(char const* name) : only_(name) {}

    /// A model and its deployment; a request for a model without one does not go to this endpoint.
    deployments& add(std::string model, std::string deployment);

    /// The deployment of a model, which may be empty; nothing if there is none.
    std::optional<std::string_view> find(std::string_view model) const;

    friend bool operator==(deployments const&, deployments const&) = default;

private:
    std::string only_;
    std::vector<std::pair<std::string, std::string>> by_model_;
};

/// Several endpoints for one client, in order of preference, each with its own credential and the names of its deployments.
///
///     foundry::endpoints all;
///     all.add("https://provisioned.openai.azure.com/openai/v1", foundry::api_key{"..."}, "gpt-4o-ptu");
///     all.add("https://standard.openai.azure.com/openai/v1", foundry::api_key{"..."}, "gpt-4o");
///     foundry::client client{executor, all};
///
/// A call goes to the first endpoint; if that fails in a way that another endpoint may not, the call moves on at once, and the endpoint
/// takes no calls for a while: see `failover_options`. Chats, embeddings and images move. What keeps state at the service (files, batches,
/// responses), and `client::call()`, stays at the first endpoint, or at that of `client::at()`.
class endpoints
{
public:
    endpoints() = default;

    /// @throws foundry::error (`errc::invalid_argument`) if the endpoint is of another form of the API than those before it, or in the list
    /// with the same deployments.
    endpoints& add(foundry::endpoint where, any_credential credential, deployments names = {});

    std::size_t size() const noexcept { return entries_.size(); }

    /// An endpoint of the list, for the library.
    struct entry
    {
        foundry::endpoint where;
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
