// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/application.hpp>
#include <foundry/entra/certificate_options.hpp>
#include <foundry/token_credential.hpp>

#include <filesystem>

namespace foundry::inline FOUNDRY_ABI::entra {

/// An application's certificate with its private key: RSA, 2,048 bits or more. The key never leaves the program; each request to the
/// authority has a new assertion, valid for ten minutes (PS256, `x5t#S256`).
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor if the certificate or the key is missing, if there is more than
/// one key, if the key does not belong to the certificate or is of another kind, or if its password is wrong or missing.
class client_certificate_credential
{
public:
    /// @param certificate PEM text with the certificate, its issuers and the key, in any order; or the bytes of a PFX (PKCS #12) file.
    client_certificate_credential(std::string tenant, std::string client_id, std::string_view certificate,
                                  certificate_options how = {}, credential_options options = {});

    /// Reads the certificate from a file of at most 1 MiB before it returns.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) also if the file cannot be read.
    static client_certificate_credential load(std::string tenant, std::string client_id,
                                              std::filesystem::path const& file, certificate_options how = {},
                                              credential_options options = {});

    /// See `client_secret_credential::get_token`; also throws `errc::authentication_failed` if the certificate is not valid yet or has
    /// expired. No request is sent then.
    boost::asio::awaitable<access_token> get_token(token_request request)
    {
        return application_->get_token(std::move(request));
    }

private:
    std::unique_ptr<detail::application> application_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/entra/impl/client_certificate_credential.ipp>
#endif
