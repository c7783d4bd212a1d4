// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/chain.hpp>
#include <foundry/entra/cli_options.hpp>
#include <foundry/entra/credential_options.hpp>
#include <foundry/token_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

/// Options of `default_azure_credential`.
struct default_credential_options
{
    default_credential_options() = default;

    credential_options common;
    cli_options tools;
    /// The client id of a managed identity; empty: `AZURE_CLIENT_ID`, or else the machine's own identity.
    std::string managed_identity_client_id;
    /// Time limit of the search for a managed identity's endpoint, which may not exist.
    std::chrono::milliseconds probe{std::chrono::seconds{1}};
};

/// Works on a developer's machine and in Azure without a change: tries the environment, workload identity, managed identity, the Azure CLI
/// and the Azure Developer CLI in this order, as a chain (`chained_credential`). Unlike there, any failure of a tool only means that the
/// next credential is tried.
///
///     foundry::client client{executor, endpoint, foundry::entra::default_azure_credential{}};
///
/// `AZURE_TOKEN_CREDENTIALS` chooses: `prod` (the first three), `dev` (the tools), or the name of one, such as `ManagedIdentityCredential`.
/// In production, set it or use that credential itself: the fewer credentials are tried, the clearer the errors.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor if `AZURE_TOKEN_CREDENTIALS` has any other value.
class default_azure_credential
{
public:
    explicit default_azure_credential(default_credential_options options = {});

    /// See `chained_credential::get_token`.
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
