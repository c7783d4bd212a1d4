// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/system_roots.hpp>

#if defined(_WIN32)
#include <boost/asio/detail/socket_types.hpp> // the system's headers, in the order and with the macros that Asio needs

#include <algorithm>
#include <cstring>

#include <wincrypt.h>
// OpenSSL has types of these names.
#undef X509_NAME
#undef X509_EXTENSIONS
#undef PKCS7_ISSUER_AND_SERIAL
#undef PKCS7_SIGNER_INFO
#undef OCSP_REQUEST
#undef OCSP_RESPONSE
#endif

namespace foundry::inline FOUNDRY_ABI::detail {

#if defined(_WIN32)

/// A certificate store of the current user and of the machine; empty if it cannot be opened.
class certificate_store
{
public:
    explicit certificate_store(wchar_t const* name)
        : store_(::CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0,
                                 CERT_SYSTEM_STORE_CURRENT_USER | CERT_STORE_READONLY_FLAG, name))
    {}
    ~certificate_store()
    {
        if (store_ != nullptr)
            ::CertCloseStore(store_, 0);
    }
    certificate_store(certificate_store const&) = delete;
    certificate_store& operator=(certificate_store const&) = delete;

    /// The next certificate, or null after the last one; frees the one before.
    PCCERT_CONTEXT next(PCCERT_CONTEXT before) const
    {
        return store_ != nullptr ? ::CertEnumCertificatesInStore(store_, before) : nullptr;
    }

    bool contains(PCCERT_CONTEXT one) const
    {
        PCCERT_CONTEXT const found = store_ == nullptr ? nullptr
                                                       : ::CertFindCertificateInStore(store_, X509_ASN_ENCODING, 0,
                                                                                      CERT_FIND_EXISTING, one, nullptr);
        if (found != nullptr)
            ::CertFreeCertificateContext(found);
        return found != nullptr;
    }

private:
    void* store_;
};

/// Whether an administrator, or Microsoft, lets the certificate vouch for servers: it has no list of purposes, or one with this purpose.
inline bool is_for_servers(PCCERT_CONTEXT one)
{
    DWORD size = 0;
    if (::CertGetEnhancedKeyUsage(one, 0, nullptr, &size) == 0)
        return ::GetLastError() == static_cast<DWORD>(CRYPT_E_NOT_FOUND);
    std::vector<CERT_ENHKEY_USAGE> room(size / sizeof(CERT_ENHKEY_USAGE) + 1);
    CERT_ENHKEY_USAGE* const list = room.data();
    if (::CertGetEnhancedKeyUsage(one, 0, list, &size) == 0)
        return false;
    if (list->cUsageIdentifier == 0) // all purposes or none
        return ::GetLastError() == static_cast<DWORD>(CRYPT_E_NOT_FOUND);
    return std::any_of(list->rgpszUsageIdentifier, list->rgpszUsageIdentifier + list->cUsageIdentifier,
                       [](char const* purpose) { return std::strcmp(purpose, szOID_PKIX_KP_SERVER_AUTH) == 0; });
}

FOUNDRY_DECL std::vector<std::string> system_roots()
{
    certificate_store const roots(L"ROOT");
    certificate_store const distrusted(L"Disallowed");
    std::vector<std::string> all;
    for (PCCERT_CONTEXT one = roots.next(nullptr); one != nullptr; one = roots.next(one)) {
        if (is_for_servers(one) && !distrusted.contains(one))
            all.emplace_back(reinterpret_cast<char const*>(one->pbCertEncoded), one->cbCertEncoded);
    }
    return all;
}

#else

FOUNDRY_DECL std::vector<std::string> system_roots() { return {}; }

#endif

} // namespace foundry::inline FOUNDRY_ABI::detail
