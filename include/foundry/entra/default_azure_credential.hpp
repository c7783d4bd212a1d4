// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/chain.hpp>
#include <foundry/detail/entra/tool_credential.hpp>
#include <foundry/entra/credential_options.hpp>
#include <foundry/token_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

/// What `default_azure_credential` is made of.
struct default_credential_options
{
    default_credential_options() = default;

    credential_options common;
    tool_options tools;
    /// The id of a managed identity; empty: `AZURE_CLIENT_ID`, or else the machine's own.
    std::string managed_identity_client_id;
    /// How long to look for a managed identity's endpoint where there may be none.
    std::chrono::milliseconds probe{std::chrono::seconds{1}};
};

/// Works on a developer's machine and in Azure without a change: the environment, workload identity, managed identity, the Azure CLI and
/// the Azure Developer CLI are asked in this order, as a chain (`chained_credential`).
///
///     foundry::client client{executor, endpoint, foundry::entra::default_azure_credential{}};
///
/// `AZURE_TOKEN_CREDENTIALS` chooses: `prod` (the first three), `dev` (the tools), or the name of one, such as
/// `ManagedIdentityCredential`. In production, set it or use that credential itself: the fewer are asked, the clearer the errors.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor where `AZURE_TOKEN_CREDENTIALS` says something else.
class default_azure_credential
{
public:
    explicit default_azure_credential(default_credential_options options = {});

    /// As `chained_credential::get_token`.
    boost::asio::awaitable<access_token> get_token(token_request request)
    {
        return chain_->get_token(std::move(request));
    }

private:
    std::unique_ptr<detail::chain> chain_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/entra/impl/default_azure_credential.ipp>
#endif
