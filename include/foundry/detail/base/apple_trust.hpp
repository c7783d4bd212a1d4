// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#if defined(FOUNDRY_KEYCHAIN)
#include <CoreFoundation/CoreFoundation.h>
#include <Security/SecCertificate.h>
#include <Security/SecPolicy.h>
#include <Security/SecTrust.h>

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

struct cf_release
{
    void operator()(void const* object) const noexcept { CFRelease(object); }
};

/// Owns an object of Core Foundation.
template <class Ref>
using cf_ptr = std::unique_ptr<std::remove_pointer_t<Ref>, cf_release>;

/// Whether macOS or iOS trusts a chain of certificates for a host name or an address: with its own authorities and those that the user or the
/// company has added. It loads nothing from the network.
///
/// @param chain  In DER, the server's own first.
inline bool is_trusted_by_system(std::vector<std::string> const& chain, std::string const& host)
{
    cf_ptr<CFMutableArrayRef> const certificates(CFArrayCreateMutable(nullptr, 0, &kCFTypeArrayCallBacks));
    for (std::string const& der : chain) {
        cf_ptr<CFDataRef> const bytes(
            CFDataCreate(nullptr, reinterpret_cast<UInt8 const*>(der.data()), static_cast<CFIndex>(der.size())));
        cf_ptr<SecCertificateRef> const certificate(SecCertificateCreateWithData(nullptr, bytes.get()));
        if (!certificate)
            return false;
        CFArrayAppendValue(certificates.get(), certificate.get());
    }
    cf_ptr<CFStringRef> const name(CFStringCreateWithCString(nullptr, host.c_str(), kCFStringEncodingUTF8));
    if (!name)
        return false;
    cf_ptr<SecPolicyRef> const policy(SecPolicyCreateSSL(true, name.get()));
    SecTrustRef created = nullptr;
    if (SecTrustCreateWithCertificates(certificates.get(), policy.get(), &created) != errSecSuccess)
        return false;
    cf_ptr<SecTrustRef> const trust(created);
    SecTrustSetNetworkFetchAllowed(trust.get(), false);
    return SecTrustEvaluateWithError(trust.get(), nullptr);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
#endif
