// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/certificates.hpp"
#include "support/environment.hpp"

#include <foundry/detail/http/load_all_files.hpp>
#include <foundry/detail/http/system_trust.hpp>
#include <foundry/detail/http/tls.hpp>
#include <foundry/error.hpp>
#include <foundry/testing/emulator.hpp>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/ui.h>
#include <openssl/x509.h>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace foundry_test::tls_test {

using namespace foundry;
using foundry_test::environment;

error refusal_of(tls_options const& options)
{
    try {
        http::make_tls_context(options);
    } catch (error const& e) {
        return e;
    }
    return error();
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

TEST_CASE("tls: the minimum version is TLS 1.2, and the peer is verified")
{
    tls_options options;
    options.context.reset(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    CHECK(http::make_tls_context(options).get() == options.context.get());

    environment const no_file{"SSL_CERT_FILE", std::nullopt};
    environment const no_directory{"SSL_CERT_DIR", std::nullopt};
    http::context_ptr const context = http::make_tls_context({});
    CHECK(SSL_CTX_get_min_proto_version(context.get()) == TLS1_2_VERSION);
    CHECK(SSL_CTX_get_verify_mode(context.get()) == SSL_VERIFY_PEER);
    CHECK(http::tls_context_for({}).get() == http::tls_context_for({}).get());
}

TEST_CASE("promise: a certificate store that cannot be used is an error of its own")
{
    environment const no_directory{"SSL_CERT_DIR", std::nullopt};
    std::filesystem::path const empty = std::filesystem::temp_directory_path() / "foundry_empty_store.pem";
    std::ofstream{empty}.close();
    std::vector<std::string> paths{"/nowhere/ca.pem", empty.string()};
#if !defined(_WIN32) // where a variable with an empty value is not set
    paths.emplace_back();
#endif
    for (std::string const& path : paths) {
        environment const named{"SSL_CERT_FILE", path};
        error const refused = refusal_of({});
        CHECK(refused.code() == errc::no_ca_store);
        CHECK(contains(refused.what(), "SSL_CERT_FILE"));
        CHECK(contains(refused.what(), path));
    }
    std::filesystem::remove(empty);
    environment const no_file{"SSL_CERT_FILE", std::nullopt};
    environment const named{"SSL_CERT_DIR", "/nowhere"};
    error const refused = refusal_of({});
    CHECK(refused.code() == errc::no_ca_store);
    CHECK(contains(refused.what(), "SSL_CERT_DIR"));
}

TEST_CASE("tls: of a store that is no file, broken certificates are left out, and it must have one")
{
    foundry::testing::emulator const service;
    BIO* const text = BIO_new_mem_buf(service.ca_certificate().data(), -1);
    X509* const certificate = PEM_read_bio_X509(text, nullptr, nullptr, nullptr);
    BIO_free(text);
    REQUIRE(certificate != nullptr);
    std::string der(static_cast<std::size_t>(i2d_X509(certificate, nullptr)), '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    i2d_X509(certificate, &out);
    X509_free(certificate);

    std::shared_ptr<SSL_CTX> const context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    http::load_roots(context.get(), {"", "garbage", der.substr(0, der.size() / 2), der});
    CHECK(sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context.get()))) == 1);
    for (std::vector<std::string> const& roots :
         {std::vector<std::string>(), std::vector<std::string>{"", "garbage"}}) {
        try {
            http::load_roots(context.get(), roots);
            FAIL("it was accepted");
        } catch (error const& e) {
            CHECK(e.code() == errc::no_ca_store);
            CHECK(contains(e.what(), "SSL_CERT_FILE"));
        }
    }
}

TEST_CASE(
    "tls: a directory of certificates with any names is a store; an empty one, or one with broken files only, is not")
{
    std::filesystem::path const directory = std::filesystem::temp_directory_path() / "foundry_test_store";
    std::filesystem::create_directory(directory);
    auto const load = [&] {
        http::context_ptr const context(SSL_CTX_new(TLS_client_method()));
        bool const loaded = http::detail::load_all_files(context.get(), directory.string().c_str());
        CHECK(loaded == (sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context.get()))) == 1));
        return loaded;
    };
    CHECK(!load());
    std::ofstream{directory / "00673b5b.0"} << "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n";
    CHECK(!load());
    foundry_test::issued const ca = foundry_test::issue(foundry_test::authority(), nullptr);
    std::ofstream{directory / "3c9a4d3b.0"} << "Certificate:\n" << foundry_test::to_pem(ca.certificate.get());
    CHECK(load());
    std::filesystem::remove_all(directory);
    CHECK(!load());
}

TEST_CASE("tls: an invalid certificate, key or file is rejected by its option's name")
{
    tls_options options;
    options.ca_certificates = "not PEM";
    CHECK(contains(refusal_of(options).what(), "ca_certificates"));
    options = tls_options();
    options.ca_file = "/nowhere/ca.pem";
    CHECK(refusal_of(options).code() == errc::invalid_argument);
    CHECK(contains(refusal_of(options).what(), "/nowhere/ca.pem"));
    options.ca_file = FOUNDRY_TEST_DATA "/no_proxy.txt";
    CHECK(contains(refusal_of(options).what(), "ca_file"));
    options = tls_options();
    options.client_certificate = "not PEM";
    CHECK(contains(refusal_of(options).what(), "client_certificate"));
    options = tls_options();
    options.client_key = "not PEM";
    CHECK(contains(refusal_of(options).what(), "client_key"));
}

TEST_CASE("tls: a client key with a pass phrase is rejected without a prompt at the terminal")
{
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    BIO* const memory = BIO_new(BIO_s_mem());
    char phrase[] = "phrase";
    PEM_write_bio_PKCS8PrivateKey(memory, key, EVP_aes_256_cbc(), phrase, 6, nullptr, nullptr);
    char* bytes = nullptr;
    long const size = BIO_get_mem_data(memory, &bytes);
    tls_options options;
    options.client_key.assign(bytes, static_cast<std::size_t>(size));
    BIO_free(memory);
    EVP_PKEY_free(key);

    static int asked = 0;
    UI_METHOD* const method = UI_create_method("counts");
    UI_method_set_opener(method, [](UI*) { return ++asked, 0; });
    UI_set_default_method(method);
    CHECK(refusal_of(options).code() == errc::invalid_argument);
    CHECK(asked == 0);
    UI_set_default_method(UI_OpenSSL());
    UI_destroy_method(method);
}

#if defined(FOUNDRY_FORCE_FALLBACKS)

/// How the branch for macOS and iOS verifies a server with this certificate; 0 if it accepts it.
int verdict_of(X509* certificate, char const* name, char const* address)
{
    X509_STORE* const empty = X509_STORE_new();
    STACK_OF(X509)* const sent = sk_X509_new_null();
    sk_X509_push(sent, certificate);
    X509_STORE_CTX* const check = X509_STORE_CTX_new();
    X509_STORE_CTX_init(check, empty, certificate, sent);
    X509_VERIFY_PARAM* const expected = X509_STORE_CTX_get0_param(check);
    if (name != nullptr)
        X509_VERIFY_PARAM_set1_host(expected, name, 0);
    if (address != nullptr)
        X509_VERIFY_PARAM_set1_ip_asc(expected, address);
    bool const good = http::detail::verify_with_system(check, nullptr) == 1;
    int const verdict = X509_STORE_CTX_get_error(check);
    CHECK(good == (verdict == X509_V_OK));
    X509_STORE_CTX_free(check);
    sk_X509_free(sent);
    X509_STORE_free(empty);
    return verdict;
}

TEST_CASE(
    "tls: an authority that only the keychain of the system holds is trusted, for the right name or address alone")
{
    foundry_test::issued const ca = foundry_test::issue(foundry_test::authority(), nullptr);
    foundry_test::wish for_address;
    for_address.alternative_names = "IP:127.0.0.1";
    foundry_test::issued const named = foundry_test::issue({}, &ca);
    foundry_test::issued const numbered = foundry_test::issue(for_address, &ca);
    CHECK(verdict_of(named.certificate.get(), "contoso.openai.azure.com", nullptr) != X509_V_OK);
    fake_keychain.push_back(http::detail::der_of(ca.certificate.get()));
    CHECK(verdict_of(named.certificate.get(), "contoso.openai.azure.com", nullptr) == X509_V_OK);
    CHECK(verdict_of(named.certificate.get(), "fabrikam.openai.azure.com", nullptr) != X509_V_OK);
    CHECK(verdict_of(named.certificate.get(), nullptr, nullptr) != X509_V_OK);
    CHECK(verdict_of(numbered.certificate.get(), nullptr, "127.0.0.1") == X509_V_OK);
    CHECK(verdict_of(numbered.certificate.get(), nullptr, "127.0.0.2") != X509_V_OK);
    fake_keychain.clear();
    CHECK(fake_cf_objects == 0);
}

TEST_CASE("tls: a broken certificate is not shown to the system")
{
    CHECK(!foundry::detail::is_trusted_by_system({"not DER"}, "contoso.openai.azure.com"));
    CHECK(fake_cf_objects == 0);
}

#endif

} // namespace foundry_test::tls_test
