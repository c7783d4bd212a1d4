// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/application.hpp>
#include <foundry/token_credential.hpp>

#include <functional>

namespace foundry::inline FOUNDRY_ABI::entra {

/// The argument of the function that makes an assertion.
using assertion_request = detail::proof_request;

/// An application that proves its identity by an assertion (a JWT), made by the program or by another identity provider.
///
///     asio::awaitable<std::string> make_assertion(foundry::entra::assertion_request request);
///
///     foundry::entra::client_assertion_credential who{tenant, client_id, make_assertion};
///
/// The function is called for each request to the authority, on the executor of the fetch; its exceptions become the error of the call.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor if tenant, client id or function is invalid.
class client_assertion_credential
{
public:
    client_assertion_credential(std::string tenant, std::string client_id,
                                std::function<boost::asio::awaitable<std::string>(assertion_request)> make_assertion,
                                credential_options options = {});

    /// See `client_secret_credential::get_token`; also throws `errc::invalid_argument` if the assertion is empty, longer than 64 KiB or has
    /// characters that are not visible.
    boost::asio::awaitable<access_token> get_token(token_request request)
    {
        return application_->get_token(std::move(request));
    }

private:
    std::unique_ptr<detail::application> application_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/entra/impl/client_assertion_credential.ipp>
#endif
