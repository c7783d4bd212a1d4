// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/application.hpp>
#include <foundry/token_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

/// The identity of a pod in Kubernetes (AKS), or of any program with a federated token in a file, which is read for each request.
///
/// @throws foundry::error (`errc::credential_unavailable`) from the constructor if `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` or
/// `AZURE_FEDERATED_TOKEN_FILE` is neither set nor given; (`errc::invalid_argument`) if the tenant is invalid.
class workload_identity_credential
{
public:
    explicit workload_identity_credential(credential_options options = {});
    workload_identity_credential(std::string tenant, std::string client_id, std::string token_file,
                                 credential_options options = {});

    /// See `client_secret_credential::get_token`. Reading the file blocks the executor of the fetch for that moment.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) if the file cannot be read, is empty or larger than 64 KiB.
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
