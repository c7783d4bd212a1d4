// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/application.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

typedef struct evp_pkey_st EVP_PKEY;
typedef struct x509_st X509;

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// A certificate and its private key.
class signing_key
{
public:
    /// @param bytes PEM or PKCS #12.
    /// @throws foundry::error (`errc::invalid_argument`) if they do not hold a certificate with its RSA key, or if the password is wrong.
    signing_key(std::string_view bytes, std::string_view password);

    /// Makes a binary signature: RSASSA-PSS with SHA-256 and a salt of the same length (RFC 7518, 3.5), or the older PKCS #1.
    std::string sign_ps256(std::string_view text) const { return sign(text, true); }
    std::string sign_rs256(std::string_view text) const { return sign(text, false); }

    std::string sha256_thumbprint() const;
    std::string sha1_thumbprint() const;
    /// The certificates in DER, the key's own first.
    std::vector<std::string> chain() const;

    /// @throws foundry::error (`errc::authentication_failed`) if the certificate is not valid at this time.
    void check_time(std::chrono::system_clock::time_point now) const;

private:
    struct deleter
    {
        void operator()(EVP_PKEY* key) const noexcept;
        void operator()(X509* certificate) const noexcept;
    };
    using key_ptr = std::unique_ptr<EVP_PKEY, deleter>;
    using certificate_ptr = std::unique_ptr<X509, deleter>;

    void take_pem(std::string_view text, std::string_view password);
    void take_pfx(std::string_view bytes, std::string_view password);
    void take_block(std::string_view name, bool old_encryption, std::string_view der, std::string_view password);
    void check();
    std::string sign(std::string_view text, bool pss) const;

    key_ptr key_;
    std::vector<certificate_ptr> certificates_; // the key's own first
};

/// A JWT that proves the application's identity to its authority (RFC 7523).
FOUNDRY_DECL std::string make_assertion(signing_key const& key, proof_request const& request, bool send_chain,
                                        bool adfs, std::chrono::system_clock::time_point now);

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/signing_key.ipp>
#endif
