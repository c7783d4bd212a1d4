// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/application.hpp>
#include <foundry/token_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

/// An application's secret. Prefer a managed identity or a certificate where there is a choice: a secret is copied easily.
///
///     foundry::client client{executor, endpoint, foundry::entra::client_secret_credential{tenant, client_id, secret}};
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor where one of them cannot be right.
class client_secret_credential
{
public:
    client_secret_credential(std::string tenant, std::string client_id, std::string_view secret,
                             credential_options options = {});

    /// A new token; the client keeps it, and asks no more often than it must.
    ///
    /// @throws foundry::error `errc::authentication_failed` where the authority refuses, with its words and what to do; or the code of
    /// why it could not be asked. Cancellation: at once, in any state. The credential must outlive the coroutine.
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
