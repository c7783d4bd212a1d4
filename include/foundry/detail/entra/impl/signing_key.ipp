// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/base/make_uuid.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/entra/signing_key.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

FOUNDRY_DECL void signing_key::deleter::operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
FOUNDRY_DECL void signing_key::deleter::operator()(X509* certificate) const noexcept { X509_free(certificate); }

/// Clears OpenSSL's error queue, which belongs to the thread: an entry left in it would look like a failure of other code.
struct error_queue
{
    error_queue() { ERR_clear_error(); }
    error_queue(error_queue const&) = delete;
    error_queue& operator=(error_queue const&) = delete;
    ~error_queue() { ERR_clear_error(); }
};

FOUNDRY_DECL signing_key::signing_key(std::string_view bytes, std::string_view password)
{
    error_queue const errors;
    if (bytes.find("-----BEGIN ") != bytes.npos)
        take_pem(bytes, password);
    else
        take_pfx(bytes, password);
    check();
}

FOUNDRY_DECL void signing_key::take_pem(std::string_view text, std::string_view password)
{
    std::unique_ptr<BIO, decltype(&BIO_free)> const source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                                           &BIO_free);
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    // PEM_read_bio does not decrypt, so it never asks for a password at the terminal.
    while (PEM_read_bio(source.get(), &name, &header, &data, &size) == 1) {
        auto const free_all = [&] {
            OPENSSL_free(name);
            OPENSSL_free(header);
            OPENSSL_clear_free(data, static_cast<std::size_t>(size));
        };
        try {
            take_block(name, *header != '\0', {reinterpret_cast<char const*>(data), static_cast<std::size_t>(size)},
                       password);
        } catch (...) {
            free_all();
            throw;
        }
        free_all();
    }
}

FOUNDRY_DECL void signing_key::take_block(std::string_view name, bool old_encryption, std::string_view der,
                                          std::string_view password)
{
    auto const* bytes = reinterpret_cast<unsigned char const*>(der.data());
    long const size = static_cast<long>(der.size());
    if (name == "CERTIFICATE") {
        certificates_.emplace_back(d2i_X509(nullptr, &bytes, size));
        if (!certificates_.back())
            foundry::detail::throw_invalid_argument("the certificate is damaged: a CERTIFICATE block cannot be read");
        return;
    }
    if (!name.ends_with("PRIVATE KEY"))
        return;
    if (old_encryption)
        foundry::detail::throw_invalid_argument(
            "the private key is encrypted in an old and weak way (DEK-Info); convert it with openssl pkcs8 "
            "-topk8");
    if (key_)
        foundry::detail::throw_invalid_argument("there is more than one private key; leave the certificate's own");
    if (name != "ENCRYPTED PRIVATE KEY") {
        key_.reset(d2i_AutoPrivateKey(nullptr, &bytes, size));
    } else {
        if (password.empty())
            foundry::detail::throw_invalid_argument("the private key is encrypted; set certificate_options::password "
                                                    "(AZURE_CLIENT_CERTIFICATE_PASSWORD)");
        std::unique_ptr<X509_SIG, decltype(&X509_SIG_free)> const sealed(d2i_X509_SIG(nullptr, &bytes, size),
                                                                         &X509_SIG_free);
        std::unique_ptr<PKCS8_PRIV_KEY_INFO, decltype(&PKCS8_PRIV_KEY_INFO_free)> const open(
            sealed ? PKCS8_decrypt(sealed.get(), password.data(), static_cast<int>(password.size())) : nullptr,
            &PKCS8_PRIV_KEY_INFO_free);
        if (!open)
            foundry::detail::throw_invalid_argument(
                "the private key cannot be decrypted; check certificate_options::password");
        key_.reset(EVP_PKCS82PKEY(open.get()));
    }
    if (!key_)
        foundry::detail::throw_invalid_argument("the private key is damaged: its PEM block cannot be read");
}

FOUNDRY_DECL void signing_key::take_pfx(std::string_view bytes, std::string_view password)
{
    auto const* data = reinterpret_cast<unsigned char const*>(bytes.data());
    std::unique_ptr<PKCS12, decltype(&PKCS12_free)> const file(
        d2i_PKCS12(nullptr, &data, static_cast<long>(bytes.size())), &PKCS12_free);
    if (!file)
        foundry::detail::throw_invalid_argument("the certificate is neither PEM nor a PFX (PKCS #12) file");
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    STACK_OF(X509)* others = nullptr;
    std::string secret(password); // terminated by NUL
    int const opened = PKCS12_parse(file.get(), secret.c_str(), &key, &certificate, &others);
    foundry::detail::cleanse(secret.data(), secret.size());
    key_.reset(key);
    if (certificate != nullptr)
        certificates_.emplace_back(certificate);
    while (others != nullptr && sk_X509_num(others) > 0)
        certificates_.emplace_back(sk_X509_shift(others));
    sk_X509_free(others);
    if (opened == 1)
        return;
    bool const unsupported = ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_UNSUPPORTED ||
                             ERR_GET_REASON(ERR_peek_error()) == ERR_R_UNSUPPORTED;
    if (unsupported)
        foundry::detail::throw_invalid_argument(
            "the PFX file is encrypted in an old way (RC2 or 3DES) that OpenSSL 3 only knows with its legacy "
            "provider; export it again with AES");
    foundry::detail::throw_invalid_argument("the PFX file cannot be opened; check certificate_options::password");
}

FOUNDRY_DECL void signing_key::check()
{
    if (certificates_.empty())
        foundry::detail::throw_invalid_argument("there is no certificate");
    if (!key_)
        foundry::detail::throw_invalid_argument("there is no private key beside the certificate");
    if (EVP_PKEY_get_base_id(key_.get()) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key_.get()) < 2048)
        foundry::detail::throw_invalid_argument("the private key has to be RSA, of 2,048 bits or more");
    auto const own = std::find_if(certificates_.begin(), certificates_.end(), [this](certificate_ptr const& c) {
        return X509_check_private_key(c.get(), key_.get()) == 1;
    });
    if (own == certificates_.end())
        foundry::detail::throw_invalid_argument("the private key is not the certificate's");
    std::rotate(certificates_.begin(), own, own + 1);
}

FOUNDRY_DECL std::string signing_key::sign(std::string_view text, bool pss) const
{
    error_queue const errors;
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    EVP_PKEY_CTX* how = nullptr; // owned by the digest
    bool good = digest && EVP_DigestSignInit(digest.get(), &how, EVP_sha256(), nullptr, key_.get()) == 1;
    if (good && pss)
        good = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(how, EVP_sha256()) == 1;
    auto const* const bytes = reinterpret_cast<unsigned char const*>(text.data());
    std::size_t size = 0;
    good = good && EVP_DigestSign(digest.get(), nullptr, &size, bytes, text.size()) == 1;
    std::string signature(size, '\0');
    good = good && EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                                  text.size()) == 1;
    if (!good)
        throw error(errc::authentication_failed, "the private key does not sign; look at how OpenSSL is configured");
    signature.resize(size);
    return signature;
}

inline std::string digest_of(X509* certificate, EVP_MD const* how)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(certificate, how, bytes, &size);
    return {reinterpret_cast<char const*>(bytes), size};
}

FOUNDRY_DECL std::string signing_key::sha256_thumbprint() const
{
    return digest_of(certificates_.front().get(), EVP_sha256());
}

FOUNDRY_DECL std::string signing_key::sha1_thumbprint() const
{
    return digest_of(certificates_.front().get(), EVP_sha1());
}

FOUNDRY_DECL std::vector<std::string> signing_key::chain() const
{
    std::vector<std::string> all;
    for (certificate_ptr const& c : certificates_) {
        std::string der(static_cast<std::size_t>(std::max(i2d_X509(c.get(), nullptr), 0)), '\0');
        auto* to = reinterpret_cast<unsigned char*>(der.data());
        i2d_X509(c.get(), &to);
        all.push_back(std::move(der));
    }
    return all;
}

/// std::time_t ends in 2038 on some systems.
inline std::int64_t posix_seconds(std::chrono::system_clock::time_point at)
{
    return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

FOUNDRY_DECL void signing_key::check_time(std::chrono::system_clock::time_point now) const
{
    std::int64_t const seconds = posix_seconds(now);
    std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> const at(
        ASN1_TIME_adj(nullptr, 0, static_cast<int>(seconds / 86400), static_cast<long>(seconds % 86400)),
        &ASN1_TIME_free);
    X509* const own = certificates_.front().get();
    if (ASN1_TIME_compare(X509_get0_notAfter(own), at.get()) < 0)
        throw error(errc::authentication_failed, "the client certificate has expired; make a new one and register it");
    if (ASN1_TIME_compare(X509_get0_notBefore(own), at.get()) > 0)
        throw error(errc::authentication_failed, "the client certificate is not valid yet; check the clock");
}

/// Base64url without padding (RFC 7515, 2).
inline std::string to_base64url(std::string_view bytes)
{
    std::string text = foundry::detail::to_base64(bytes);
    text.resize(text.find_last_not_of('=') + 1);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

FOUNDRY_DECL std::string make_assertion(signing_key const& key, proof_request const& request, bool send_chain,
                                        bool adfs, std::chrono::system_clock::time_point now)
{
    key.check_time(now);
    static constexpr int lifetime = 600;
    std::int64_t const seconds = posix_seconds(now);
    boost::json::object header;
    header["alg"] = adfs ? "RS256" : "PS256";
    header["typ"] = "JWT";
    if (adfs)
        header["x5t"] = to_base64url(key.sha1_thumbprint());
    else
        header["x5t#S256"] = to_base64url(key.sha256_thumbprint());
    if (send_chain) {
        boost::json::array chain;
        for (std::string const& der : key.chain())
            chain.emplace_back(foundry::detail::to_base64(der));
        header["x5c"] = std::move(chain);
    }
    boost::json::object claims;
    claims["aud"] = request.token_url;
    claims["iss"] = request.client_id;
    claims["sub"] = request.client_id;
    claims["jti"] = foundry::detail::make_uuid();
    claims["nbf"] = seconds;
    claims["exp"] = seconds + lifetime;
    std::string token =
        to_base64url(boost::json::serialize(header)) + '.' + to_base64url(boost::json::serialize(claims));
    std::string const signature = adfs ? key.sign_rs256(token) : key.sign_ps256(token);
    return token + '.' + to_base64url(signature);
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
