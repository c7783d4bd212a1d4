// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/base/system_roots.hpp>

#include <boost/asio/detail/socket_types.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <wincrypt.h>

namespace foundry_test::system_roots_windows_test {

/// Puts a certificate into the store of those that the user distrusts, until the end of the test.
class distrust
{
public:
    explicit distrust(std::string const& der)
        : store_(::CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, L"Disallowed"))
    {
        REQUIRE(store_ != nullptr);
        REQUIRE(::CertAddEncodedCertificateToStore(store_, X509_ASN_ENCODING, reinterpret_cast<BYTE const*>(der.data()),
                                                   static_cast<DWORD>(der.size()), CERT_STORE_ADD_NEW, &added_) != 0);
        REQUIRE(::CertControlStore(store_, 0, CERT_STORE_CTRL_COMMIT, nullptr) != 0);
    }
    ~distrust()
    {
        ::CertDeleteCertificateFromStore(added_);
        ::CertControlStore(store_, 0, CERT_STORE_CTRL_COMMIT, nullptr);
        ::CertCloseStore(store_, 0);
    }
    distrust(distrust const&) = delete;
    distrust& operator=(distrust const&) = delete;

private:
    void* store_;
    PCCERT_CONTEXT added_ = nullptr;
};

bool has(std::string const& root)
{
    std::vector<std::string> const all = foundry::detail::system_roots();
    return std::find(all.begin(), all.end(), root) != all.end();
}

TEST_CASE("system roots: those of Windows, without the ones that the user distrusts")
{
    std::vector<std::string> const all = foundry::detail::system_roots();
    REQUIRE(!all.empty());
    std::string const& one = all.back();
    {
        distrust const until_end(one);
        CHECK(!has(one));
        CHECK(has(all.front()) == (all.front() != one));
    }
    CHECK(has(one));
}

} // namespace foundry_test::system_roots_windows_test
