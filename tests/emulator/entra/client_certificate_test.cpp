// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// An application's certificate: how it is read, what is signed with it, and what is refused.

#include "support/entra_fixture.hpp"

#include <foundry/entra/client_certificate_credential.hpp>
#include <foundry/entra/environment_credential.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <doctest/doctest.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

namespace foundry_test::client_certificate_test {

using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;
using foundry::testing::emulator_options;
using namespace foundry::entra;

using key_ptr = std::shared_ptr<EVP_PKEY>;
using certificate_ptr = std::shared_ptr<X509>;

key_ptr rsa_key(unsigned bits = 2048) { return {EVP_RSA_gen(bits), &EVP_PKEY_free}; }
key_ptr ec_key() { return {EVP_EC_gen("P-256"), &EVP_PKEY_free}; }

/// A certificate of the key, signed by `by` (itself, where that is null), valid from and until so many seconds from now.
certificate_ptr certificate_of(key_ptr const& key, char const* name, long from = -60, long until = 3600,
                               key_ptr const& by = nullptr)
{
    certificate_ptr made(X509_new(), &X509_free);
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), until);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<unsigned char const*>(name), -1, -1, 0);
    X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
    X509_set_pubkey(made.get(), key.get());
    X509_sign(made.get(), by ? by.get() : key.get(), EVP_sha256());
    return made;
}

std::string text_of(BIO* memory)
{
    char* bytes = nullptr;
    long const size = BIO_get_mem_data(memory, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(memory);
    return text;
}

std::string pem(certificate_ptr const& certificate)
{
    BIO* const memory = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(memory, certificate.get());
    return text_of(memory);
}

std::string pem(key_ptr const& key, std::string const& password = {})
{
    BIO* const memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(memory, key.get(), password.empty() ? nullptr : EVP_aes_256_cbc(), password.data(),
                                  static_cast<int>(password.size()), nullptr, nullptr);
    return text_of(memory);
}

std::string old_pem(key_ptr const& key, bool encrypted)
{
    BIO* const memory = BIO_new(BIO_s_mem());
    std::string const password = "old";
    PEM_write_bio_PrivateKey_traditional(memory, key.get(), encrypted ? EVP_aes_128_cbc() : nullptr,
                                         reinterpret_cast<unsigned char const*>(password.data()),
                                         encrypted ? static_cast<int>(password.size()) : 0, nullptr, nullptr);
    return text_of(memory);
}

std::string pfx(key_ptr const& key, certificate_ptr const& certificate, certificate_ptr const& above,
                char const* password)
{
    STACK_OF(X509)* const others = sk_X509_new_null();
    sk_X509_push(others, above.get());
    PKCS12* const made = PKCS12_create(password, "app", key.get(), certificate.get(), others, 0, 0, 0, 0, 0);
    BIO* const memory = BIO_new(BIO_s_mem());
    i2d_PKCS12_bio(memory, made);
    PKCS12_free(made);
    sk_X509_free(others);
    return text_of(memory);
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// A registered application, and its emulator.
struct scene
{
    scene() : key(rsa_key()), certificate(certificate_of(key, "app")), service(settings()) {}

    emulator_options settings() const
    {
        emulator_options with;
        with.directory.certificate = pem(certificate);
        return with;
    }

    client_certificate_credential with(std::string_view bytes, certificate_options how = {}) const
    {
        return client_certificate_credential("contoso-tenant", "contoso-application", bytes, std::move(how),
                                             asking(service));
    }

    /// Why these bytes are refused; nothing is sent.
    foundry::error refused(std::string_view bytes, certificate_options how = {}) const
    {
        try {
            with(bytes, std::move(how));
        } catch (foundry::error const& e) {
            CHECK(e.code() == errc::invalid_argument);
            CHECK(ERR_peek_error() == 0); // nothing that a later TLS call would stumble over
            return e;
        }
        FAIL("was to be refused and was not");
        return {};
    }

    bare_environment none;
    key_ptr key;
    certificate_ptr certificate;
    emulator service;
};

certificate_options password(std::string text)
{
    certificate_options how;
    how.password = std::move(text);
    return how;
}

std::string decode64(std::string text)
{
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    std::string bytes(text.size(), '\0');
    int const size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<unsigned char const*>(text.data()), static_cast<int>(text.size()));
    bytes.resize(static_cast<std::size_t>(size) - (text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0));
    return bytes;
}

/// The header, or the claims, of the assertion in a form.
boost::json::object part_of(std::string const& form, int which)
{
    auto const begin = form.find("client_assertion=") + 17;
    std::string const token = form.substr(begin, form.find('&', begin) - begin);
    auto const first = token.find('.');
    std::string const text =
        which == 0 ? token.substr(0, first) : token.substr(first + 1, token.find('.', first + 1) - first - 1);
    return boost::json::parse(decode64(text)).as_object();
}

TEST_SUITE_BEGIN("client certificates");

TEST_CASE("client certificate: the assertion is PS256 with a salt of 32 bytes and the SHA-256 thumbprint, for ten "
          "minutes and one use")
{
    scene const s;
    auto who = s.with(pem(s.certificate) + pem(s.key));
    CHECK(token_of(who) == "given-token-1");
    CHECK(token_of(who) == "given-token-2"); // with another id
    auto const journal = s.service.journal();
    auto const header = part_of(journal[0].body, 0);
    CHECK(header.at("alg") == "PS256");
    CHECK(header.at("typ") == "JWT");
    CHECK(decode64(std::string(header.at("x5t#S256").as_string())).size() == 32);
    CHECK(!header.contains("x5c"));
    auto const claims = part_of(journal[0].body, 1);
    CHECK(claims.at("aud") == "https://login.microsoftonline.com/contoso-tenant/oauth2/v2.0/token");
    CHECK(claims.at("iss") == "contoso-application");
    CHECK(claims.at("exp").as_int64() - claims.at("nbf").as_int64() == 600);
    CHECK(claims.at("jti") != part_of(journal[1].body, 1).at("jti"));
    CHECK(!contains(journal[0].body, "PRIVATE"));
}

TEST_CASE("client certificate: PEM blocks in any order and form are read, and PFX files")
{
    scene const s;
    certificate_ptr const above = certificate_of(rsa_key(), "authority");
    std::string const texts[] = {
        pem(s.key) + pem(s.certificate),
        "Bag Attributes\n    friendlyName: app\n" + pem(above) + pem(s.certificate) + pem(s.key),
        pem(s.certificate) + old_pem(s.key, false),
    };
    for (std::string const& text : texts) {
        auto who = s.with(text);
        CHECK(!token_of(who).empty());
    }
    auto sealed = s.with(pem(s.certificate) + pem(s.key, "open sesame"), password("open sesame"));
    CHECK(!token_of(sealed).empty());
    auto packed = s.with(pfx(s.key, s.certificate, above, "open sesame"), password("open sesame"));
    CHECK(!token_of(packed).empty());
    auto open = s.with(pfx(s.key, s.certificate, above, ""));
    CHECK(!token_of(open).empty());
}

TEST_CASE("client certificate: the chain is sent if it is asked for, the key's own certificate first")
{
    scene const s;
    certificate_ptr const above = certificate_of(rsa_key(), "authority");
    certificate_options how;
    how.send_chain = true;
    auto who = s.with(pem(above) + pem(s.certificate) + pem(s.key), how);
    CHECK(!token_of(who).empty());
    auto const chain = part_of(s.service.journal()[0].body, 0).at("x5c").as_array();
    REQUIRE(chain.size() == 2);
    auto const first = decode64(std::string(chain[0].as_string()));
    auto const* bytes = reinterpret_cast<unsigned char const*>(first.data());
    certificate_ptr const leaf(d2i_X509(nullptr, &bytes, static_cast<long>(first.size())), &X509_free);
    REQUIRE(leaf);
    CHECK(X509_cmp(leaf.get(), s.certificate.get()) == 0);
}

TEST_CASE("client certificate: an unusable file is rejected with the reason, without a prompt for a password")
{
    scene const s;
    std::string const certificate = pem(s.certificate);
    CHECK(contains(s.refused("").what(), "neither PEM nor a PFX"));
    CHECK(contains(s.refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").what(), "damaged"));
    CHECK(contains(s.refused(certificate).what(), "no private key"));
    CHECK(contains(s.refused(pem(s.key)).what(), "no certificate"));
    CHECK(contains(s.refused(certificate + pem(rsa_key())).what(), "not the certificate's"));
    CHECK(contains(s.refused(certificate + pem(s.key) + pem(rsa_key())).what(), "more than one"));
    CHECK(contains(s.refused(certificate + pem(s.key, "open sesame")).what(), "AZURE_CLIENT_CERTIFICATE_PASSWORD"));
    foundry::error const wrong = s.refused(certificate + pem(s.key, "open sesame"), password("hunter2"));
    CHECK(contains(wrong.what(), "cannot be decrypted"));
    CHECK(!contains(wrong.what(), "hunter2"));
    CHECK(contains(s.refused(certificate + old_pem(s.key, true), password("old")).what(), "DEK-Info"));
    CHECK(contains(s.refused(pfx(s.key, s.certificate, s.certificate, "right"), password("hunter2")).what(),
                   "cannot be opened"));
    key_ptr const curve = ec_key();
    CHECK(contains(s.refused(pem(certificate_of(curve, "app")) + pem(curve)).what(), "RSA"));
    key_ptr const small = rsa_key(1024);
    CHECK(contains(s.refused(pem(certificate_of(small, "app")) + pem(small)).what(), "2,048"));
    CHECK(s.service.connections() == 0);
}

TEST_CASE("client certificate: one that is expired or not yet valid is not used, and nothing is sent")
{
    scene const s;
    auto old = s.with(pem(certificate_of(s.key, "app", -7200, -3600)) + pem(s.key));
    foundry::error const expired = token_refusal_of(old);
    CHECK(expired.code() == errc::authentication_failed);
    CHECK(contains(expired.what(), "has expired"));
    auto early = s.with(pem(certificate_of(s.key, "app", 3600, 7200)) + pem(s.key));
    CHECK(contains(token_refusal_of(early).what(), "not valid yet"));
    CHECK(s.service.connections() == 0);
    auto stranger_key = rsa_key();
    auto stranger = s.with(pem(certificate_of(stranger_key, "app")) + pem(stranger_key));
    foundry::error const unknown = token_refusal_of(stranger);
    CHECK(unknown.code() == errc::authentication_failed);
    CHECK(contains(unknown.what(), "not registered for this application"));
}

TEST_CASE("client certificate: each attempt has its own assertion")
{
    scene const s;
    auto options = asking(s.service);
    options.retry.max_retries = 2;
    options.retry.backoff = 1ms;
    client_certificate_credential who("contoso-tenant", "contoso-application", pem(s.certificate) + pem(s.key), {},
                                      options);
    emulator& service = const_cast<emulator&>(s.service);
    service.queue(answer::json(503, "{}"));
    CHECK(token_of(who) == "given-token-1");
    auto const journal = service.journal();
    REQUIRE(journal.size() == 2);
    CHECK(part_of(journal[0].body, 1).at("jti") != part_of(journal[1].body, 1).at("jti"));
}

TEST_CASE("client certificate: the environment names the file, its password and whether the chain is sent")
{
    scene s;
    std::filesystem::path const file =
        std::filesystem::temp_directory_path() / ("foundry_certificate_" + std::to_string(::getpid()));
    std::ofstream(file) << pem(s.certificate) << pem(s.key, "open sesame");
    s.none.set("AZURE_TENANT_ID", "contoso-tenant").set("AZURE_CLIENT_ID", "contoso-application");
    s.none.set("AZURE_CLIENT_CERTIFICATE_PATH", file.string()).set("AZURE_CLIENT_CERTIFICATE_PASSWORD", "open sesame");
    s.none.set("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "True");
    environment_credential who(asking(s.service));
    CHECK(token_of(who) == "given-token-1");
    CHECK(part_of(s.service.journal()[0].body, 0).contains("x5c"));
    auto loaded = client_certificate_credential::load("contoso-tenant", "contoso-application", file,
                                                      password("open sesame"), asking(s.service));
    CHECK(token_of(loaded) == "given-token-2");
    std::filesystem::remove(file);
}

TEST_SUITE_END();

} // namespace foundry_test::client_certificate_test
