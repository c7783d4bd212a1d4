// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/certificates.hpp"

#include <foundry/detail/entra/signing_key.hpp>
#include <foundry/error.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <doctest/doctest.h>

#include <openssl/bio.h>
#include <openssl/rsa.h>

#include <chrono>
#include <string>

namespace foundry_test::signing_key_test {

using namespace foundry::entra::detail;
using std::chrono::seconds;
using std::chrono::system_clock;

/// A key with a certificate for 1950 to 2100.
signing_key long_lived_key()
{
    foundry_test::key_ptr const key(EVP_RSA_gen(2048), &EVP_PKEY_free);
    foundry_test::x509_ptr const certificate(X509_new(), &X509_free);
    ASN1_TIME_set_string(X509_getm_notBefore(certificate.get()), "500101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(certificate.get()), "21000101000000Z");
    X509_set_pubkey(certificate.get(), key.get());
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    return {foundry_test::to_pem(key.get()) + foundry_test::to_pem(certificate.get()), ""};
}

boost::json::value claims_of(std::string const& assertion)
{
    std::size_t const begin = assertion.find('.') + 1;
    std::string text = assertion.substr(begin, assertion.find('.', begin) - begin);
    for (char& c : text)
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    text.resize((text.size() + 3) / 4 * 4, '=');
    std::string claims(text.size(), '\0');
    claims.resize(static_cast<std::size_t>(EVP_DecodeBlock(reinterpret_cast<unsigned char*>(claims.data()),
                                                           reinterpret_cast<unsigned char const*>(text.data()),
                                                           static_cast<int>(text.size()))));
    return boost::json::parse(claims.substr(0, claims.rfind('}') + 1));
}

TEST_CASE("signing key: an assertion has the right times before 1970 and after 2038, when 32 bits do not hold them")
{
    signing_key const key = long_lived_key();
    proof_request request;
    request.client_id = "an-id";
    request.token_url = "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token";
    for (std::int64_t const now : {std::int64_t{-86400 * 365}, std::int64_t{1'700'000'000}, std::int64_t{2'147'483'600},
                                   std::int64_t{2'500'000'000}}) {
        std::string const made = make_assertion(key, request, false, false, system_clock::time_point{seconds{now}});
        CHECK(claims_of(made).at("nbf").as_int64() == now);
        CHECK(claims_of(made).at("exp").as_int64() == now + 600);
    }
    CHECK_THROWS_AS(key.check_time(system_clock::time_point{seconds{4'200'000'000}}), foundry::error);
    CHECK_THROWS_AS(key.check_time(system_clock::time_point{seconds{-700'000'000}}), foundry::error);
}

} // namespace foundry_test::signing_key_test
