// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/application.hpp>
#include <foundry/error.hpp>
#include <foundry/token_credential.hpp>

#include <optional>

namespace foundry::inline FOUNDRY_ABI::entra {

/// An application that the environment describes: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and either `AZURE_CLIENT_SECRET`, or
/// `AZURE_CLIENT_CERTIFICATE_PATH` with `AZURE_CLIENT_CERTIFICATE_PASSWORD` and `AZURE_CLIENT_SEND_CERTIFICATE_CHAIN`. The constructor
/// reads the certificate. A user's name and password are not accepted: the platform no longer supports them.
///
/// The constructor does not throw; get_token() reports what is missing.
class environment_credential
{
public:
    explicit environment_credential(credential_options options = {});

    /// See `client_secret_credential::get_token`; also throws `errc::credential_unavailable`, naming the variables that are not set.
    boost::asio::awaitable<access_token> get_token(token_request request);

private:
    std::unique_ptr<detail::application> application_;
    std::optional<error> missing_; // set if there is no application
};

} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/entra/impl/environment_credential.ipp>
#endif
