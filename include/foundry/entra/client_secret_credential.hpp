// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/application.hpp>
#include <foundry/token_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

/// An application's secret. Prefer a managed identity or a certificate if possible: a secret is copied easily.
///
///     foundry::client client{executor, endpoint, foundry::entra::client_secret_credential{tenant, client_id, secret}};
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor if tenant, client id or secret is invalid.
class client_secret_credential
{
public:
    client_secret_credential(std::string tenant, std::string client_id, std::string_view secret,
                             credential_options options = {});

    /// Fetches a new token. The client caches it, and fetches no more often than necessary.
    ///
    /// @throws foundry::error (`errc::authentication_failed`) if the authority refuses, with its message and advice; (`rate_limited`,
    /// `service_error`) if it cannot answer now; (`unexpected_reply`) if its answer cannot be read; (`invalid_argument`) if the request names
    /// a tenant that is not allowed; if no response arrives, the error has the code of the failure, such as `connect_failed`.
    ///
    /// Cancellation: at once, in any state. The credential must outlive the coroutine.
    boost::asio::awaitable<access_token> get_token(token_request request)
    {
        return application_->get_token(std::move(request));
    }

private:
    std::unique_ptr<detail::application> application_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/entra/impl/client_secret_credential.ipp>
#endif
