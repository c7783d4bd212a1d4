// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/emulator.hpp>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <stdexcept>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

class openssl_delete
{
public:
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
    void operator()(BIO* bio) const { BIO_free_all(bio); }
};

using key_ptr = std::unique_ptr<EVP_PKEY, openssl_delete>;
using x509_ptr = std::unique_ptr<X509, openssl_delete>;

/// The key and certificates of the TLS listener, and the authority that its clients must trust.
class identity
{
public:
    key_ptr key;
    x509_ptr leaf;
    std::string ca_pem;
};

FOUNDRY_DECL void require_openssl(bool success, char const* what)
{
    if (success)
        return;
    char reason[256] = "no reason given";
    if (auto const code = ERR_get_error())
        ERR_error_string_n(code, reason, sizeof reason);
    throw std::runtime_error(std::string("the emulator could not ") + what + ": " + reason);
}

FOUNDRY_DECL key_ptr make_key()
{
    key_ptr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    require_openssl(key != nullptr, "make a P-256 key");
    return key;
}

/// A certificate for `subject`, without extensions and without a signature; valid from yesterday for a month.
FOUNDRY_DECL x509_ptr make_unsigned(std::string const& subject, X509 const* issuer, EVP_PKEY* key, long serial)
{
    x509_ptr made(X509_new());
    require_openssl(made != nullptr, "make a certificate");
    constexpr long day = 24L * 60 * 60;
    auto* const name = X509_get_subject_name(made.get());
    auto const* const text = reinterpret_cast<unsigned char const*>(subject.c_str());
    bool const filled = X509_set_version(made.get(), 2) == 1 &&
                        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial) == 1 &&
                        X509_gmtime_adj(X509_getm_notBefore(made.get()), -day) != nullptr &&
                        X509_gmtime_adj(X509_getm_notAfter(made.get()), 30 * day) != nullptr &&
                        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
                        X509_set_issuer_name(made.get(), issuer ? X509_get_subject_name(issuer) : name) == 1 &&
                        X509_set_pubkey(made.get(), key) == 1;
    require_openssl(filled, "fill in a certificate");
    return made;
}

FOUNDRY_DECL void add_extension(X509* certificate, X509* issuer, int nid, std::string const& value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    std::unique_ptr<X509_EXTENSION, openssl_delete> const extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    require_openssl(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "extend a certificate");
}

FOUNDRY_DECL std::string to_pem(X509* certificate)
{
    std::unique_ptr<BIO, openssl_delete> const bio(BIO_new(BIO_s_mem()));
    require_openssl(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, "write a certificate");
    char* text = nullptr;
    auto const size = BIO_get_mem_data(bio.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

/// Every host name that an Azure endpoint of this kind can have. A wildcard matches one label only, so endpoints with a region in the name
/// have one entry for each region.
FOUNDRY_DECL std::vector<std::string> azure_names()
{
    std::vector<std::string> names = {"localhost",
                                      "*.services.ai.azure.com",
                                      "*.openai.azure.com",
                                      "*.cognitiveservices.azure.com",
                                      "*.models.ai.azure.com",
                                      "*.inference.ml.azure.com",
                                      "*.services.ai.azure.us",
                                      "*.openai.azure.us",
                                      "*.cognitiveservices.azure.us",
                                      "*.openai.azure.cn",
                                      "*.cognitiveservices.azure.cn",
                                      "*.azure-api.net",
                                      "models.inference.ai.azure.com",
                                      "login.microsoftonline.com",
                                      "login.microsoftonline.us",
                                      "login.partner.microsoftonline.cn",
                                      "models.github.ai"};
    for (std::string const region : {"eastus", "eastus2", "westus", "westus3", "northcentralus", "swedencentral"}) {
        names.push_back("*." + region + ".models.ai.azure.com");
        names.push_back("*." + region + ".inference.ml.azure.com");
    }
    return names;
}

FOUNDRY_DECL bool is_dns_name(std::string const& name)
{
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.*";
    return !name.empty() && name.find_first_not_of(allowed) == std::string::npos;
}

FOUNDRY_DECL std::string alternative_names(std::vector<std::string> const& further)
{
    std::string all = "IP:127.0.0.1,IP:::1";
    for (auto const& name : azure_names())
        all += ",DNS:" + name;
    for (auto const& name : further) {
        if (!is_dns_name(name))
            throw std::runtime_error("the emulator could not make a certificate: '" + name + "' is not a DNS name");
        all += ",DNS:" + name;
    }
    return all;
}

/// A new authority, and a certificate that it signed for every Azure name and `further`.
FOUNDRY_DECL identity make_identity(std::vector<std::string> const& further)
{
    auto const ca_key = make_key();
    auto const ca = make_unsigned("foundry emulator CA", nullptr, ca_key.get(), 1);
    add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
    require_openssl(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0, "sign a certificate");

    identity made;
    made.key = make_key();
    made.leaf = make_unsigned("foundry emulator", ca.get(), made.key.get(), 2);
    add_extension(made.leaf.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(made.leaf.get(), ca.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(made.leaf.get(), ca.get(), NID_ext_key_usage, "serverAuth");
    add_extension(made.leaf.get(), ca.get(), NID_subject_key_identifier, "hash");
    add_extension(made.leaf.get(), ca.get(), NID_authority_key_identifier, "keyid");
    add_extension(made.leaf.get(), ca.get(), NID_subject_alt_name, alternative_names(further));
    require_openssl(X509_sign(made.leaf.get(), ca_key.get(), EVP_sha256()) > 0, "sign a certificate");
    made.ca_pem = to_pem(ca.get());
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
