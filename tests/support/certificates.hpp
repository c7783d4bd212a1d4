// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// Certificates for servers and proxies of tests.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

namespace foundry_test {

using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using x509_ptr = std::unique_ptr<X509, decltype(&X509_free)>;

/// A certificate and its key.
struct issued
{
    key_ptr key{nullptr, &EVP_PKEY_free};
    x509_ptr certificate{nullptr, &X509_free};
};

struct wish
{
    std::string common_name = "contoso.openai.azure.com";
    std::string alternative_names = "DNS:contoso.openai.azure.com"; // empty: none
    long from_days = -1;
    long until_days = 30;
    bool is_ca = false;
};

inline void extend(X509* certificate, X509* issuer, int nid, std::string const& value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (extension == nullptr)
        throw std::invalid_argument("no extension of a certificate: " + value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/// Signed by `issuer`, or by itself if that is null.
inline issued issue(wish const& w, issued const* issuer)
{
    issued made;
    made.key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    made.certificate.reset(X509_new());
    X509* const c = made.certificate.get();
    static long serial = 100;
    X509_set_version(c, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(c), w.from_days * 86400);
    X509_gmtime_adj(X509_getm_notAfter(c), w.until_days * 86400);
    auto const* const name = reinterpret_cast<unsigned char const*>(w.common_name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_UTF8, name, -1, -1, 0);
    X509* const by = issuer != nullptr ? issuer->certificate.get() : c;
    X509_set_issuer_name(c, X509_get_subject_name(by));
    X509_set_pubkey(c, made.key.get());
    extend(c, by, NID_basic_constraints, w.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!w.alternative_names.empty())
        extend(c, by, NID_subject_alt_name, w.alternative_names);
    X509_sign(c, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256());
    return made;
}

inline std::string to_pem(X509* certificate)
{
    std::unique_ptr<BIO, decltype(&BIO_free)> const text{BIO_new(BIO_s_mem()), &BIO_free};
    PEM_write_bio_X509(text.get(), certificate);
    char* bytes = nullptr;
    long const size = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

inline std::string to_pem(EVP_PKEY* key)
{
    std::unique_ptr<BIO, decltype(&BIO_free)> const text{BIO_new(BIO_s_mem()), &BIO_free};
    PEM_write_bio_PrivateKey(text.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    char* bytes = nullptr;
    long const size = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

inline wish authority()
{
    wish w;
    w.common_name = "test authority";
    w.alternative_names.clear();
    w.is_ca = true;
    return w;
}

} // namespace foundry_test
