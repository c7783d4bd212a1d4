// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/apple_trust.hpp>

#if defined(FOUNDRY_KEYCHAIN)
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::http::detail {

inline std::string der_of(X509* certificate)
{
    std::string der(static_cast<std::size_t>(i2d_X509(certificate, nullptr)), '\0');
    auto* to = reinterpret_cast<unsigned char*>(der.data());
    i2d_X509(certificate, &to);
    return der;
}

/// The host name or the address that the certificate must be for.
inline std::string expected_host(X509_STORE_CTX* check)
{
    X509_VERIFY_PARAM* const expected = X509_STORE_CTX_get0_param(check);
    if (char const* const name = X509_VERIFY_PARAM_get0_host(expected, 0))
        return name;
    char* const address = X509_VERIFY_PARAM_get1_ip_asc(expected);
    std::string const copy = address != nullptr ? address : "";
    OPENSSL_free(address);
    return copy;
}

/// A callback of OpenSSL: the authorities of the context are asked first, then the system.
inline int verify_with_system(X509_STORE_CTX* check, void*)
{
    if (X509_verify_cert(check) == 1)
        return 1;
    std::vector<std::string> chain;
    STACK_OF(X509)* const sent = X509_STORE_CTX_get0_untrusted(check); // the server's own is the first
    for (int i = 0; i < sk_X509_num(sent); ++i)
        chain.push_back(der_of(sk_X509_value(sent, i)));
    std::string const host = expected_host(check);
    if (chain.empty() || host.empty() || !foundry::detail::is_trusted_by_system(chain, host))
        return 0;
    X509_STORE_CTX_set_error(check, X509_V_OK);
    return 1;
}

} // namespace foundry::inline FOUNDRY_ABI::http::detail
#endif
