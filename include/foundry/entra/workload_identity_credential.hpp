// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/application.hpp>
#include <foundry/token_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

/// A pod of Kubernetes (AKS), or any program with a federated token in a file, which is read anew for each request.
///
/// @throws foundry::error from the constructor: `errc::credential_unavailable` where `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` or
/// `AZURE_FEDERATED_TOKEN_FILE` is not set and not given.
class workload_identity_credential
{
public:
    explicit workload_identity_credential(credential_options options = {});
    workload_identity_credential(std::string tenant, std::string client_id, std::string token_file,
                                 credential_options options = {});

    /// As `client_secret_credential::get_token`. The file is read on the executor that the token is fetched on, which
    /// blocks for that moment.
    boost::asio::awaitable<access_token> get_token(token_request request)
    {
        return application_->get_token(std::move(request));
    }

private:
    std::unique_ptr<detail::application> application_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/entra/impl/workload_identity_credential.ipp>
#endif
