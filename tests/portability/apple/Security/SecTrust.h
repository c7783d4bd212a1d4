// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// The part of Apple's Security framework that the library uses, by means of OpenSSL. It trusts what is in `fake_keychain`, in DER.

#include <CoreFoundation/CoreFoundation.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

inline std::vector<std::string> fake_keychain;

struct __SecCertificate : fake_cf_object
{
    ~__SecCertificate() override { X509_free(certificate); }

    X509* certificate = nullptr;
};
using SecCertificateRef = __SecCertificate*;

struct __SecPolicy : fake_cf_object
{
    std::string host;
};
using SecPolicyRef = __SecPolicy*;

struct __SecTrust : fake_cf_object
{
    std::vector<X509*> chain;
    std::string host;
};
using SecTrustRef = __SecTrust*;

inline OSStatus const errSecSuccess = 0;

inline X509* fake_x509(std::string const& der)
{
    auto const* from = reinterpret_cast<unsigned char const*>(der.data());
    return d2i_X509(nullptr, &from, static_cast<long>(der.size()));
}

inline SecCertificateRef SecCertificateCreateWithData(CFAllocatorRef, CFDataRef data)
{
    X509* const read = fake_x509(data->bytes);
    if (read == nullptr)
        return nullptr;
    auto* const made = new __SecCertificate;
    made->certificate = read;
    return made;
}

inline SecPolicyRef SecPolicyCreateSSL(Boolean, CFStringRef host)
{
    auto* const made = new __SecPolicy;
    made->host = host->text;
    return made;
}

inline OSStatus SecTrustCreateWithCertificates(CFTypeRef certificates, CFTypeRef policies, SecTrustRef* trust)
{
    auto* const made = new __SecTrust;
    auto const* const array = static_cast<__CFArray const*>(static_cast<fake_cf_object const*>(certificates));
    for (CFTypeRef const value : array->values)
        made->chain.push_back(
            static_cast<__SecCertificate const*>(static_cast<fake_cf_object const*>(value))->certificate);
    made->host = static_cast<__SecPolicy const*>(static_cast<fake_cf_object const*>(policies))->host;
    *trust = made;
    return errSecSuccess;
}

inline OSStatus SecTrustSetNetworkFetchAllowed(SecTrustRef, Boolean) { return errSecSuccess; }

/// Certificates are used while the array of the caller is alive.
inline bool SecTrustEvaluateWithError(SecTrustRef trust, CFErrorRef*)
{
    X509_STORE* const store = X509_STORE_new();
    for (std::string const& der : fake_keychain) {
        X509* const authority = fake_x509(der);
        X509_STORE_add_cert(store, authority);
        X509_free(authority);
    }
    STACK_OF(X509)* const others = sk_X509_new_null();
    for (X509* const one : trust->chain)
        sk_X509_push(others, one);
    X509_STORE_CTX* const check = X509_STORE_CTX_new();
    X509_STORE_CTX_init(check, store, trust->chain.front(), others);
    X509_VERIFY_PARAM* const expected = X509_STORE_CTX_get0_param(check);
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, trust->host.c_str()) != 1)
        X509_VERIFY_PARAM_set1_host(expected, trust->host.data(), trust->host.size());
    bool const good = X509_verify_cert(check) == 1;
    X509_STORE_CTX_free(check);
    sk_X509_free(others);
    X509_STORE_free(store);
    return good;
}
