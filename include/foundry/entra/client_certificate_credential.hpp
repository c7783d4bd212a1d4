// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/application.hpp>
#include <foundry/token_credential.hpp>

#include <filesystem>

namespace foundry::inline FOUNDRY_ABI::entra {

/// What a certificate needs besides.
struct certificate_options
{
    certificate_options() = default;

    /// Of an encrypted key; nobody is asked for it at the terminal.
    std::string password;
    /// Sends the whole chain (`x5c`), for applications that trust an issuer and a subject instead of one certificate.
    bool send_chain = false;
};

/// An application's certificate with its private key: RSA, of 2,048 bits or more. The key never leaves the program; each request to the
/// authority has an assertion of ten minutes, signed anew (PS256, `x5t#S256`).
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor where there is no certificate, no key or not one, the key is not
/// the certificate's, is encrypted and the password is wrong or missing, or is of another kind.
class client_certificate_credential
{
public:
    /// @param certificate PEM text with the certificate, those above it and the key, in any order; or the bytes of a PFX (PKCS #12) file.
    client_certificate_credential(std::string tenant, std::string client_id, std::string_view certificate,
                                  certificate_options how = {}, credential_options options = {});

    /// The same from a file, which is read here.
    static client_certificate_credential load(std::string tenant, std::string client_id,
                                              std::filesystem::path const& file, certificate_options how = {},
                                              credential_options options = {});

    /// As `client_secret_credential::get_token`; also where the certificate is not valid yet, or has expired: nothing is sent then.
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
