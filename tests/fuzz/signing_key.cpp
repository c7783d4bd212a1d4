// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Certificates and keys, of an application and of TLS: read or refused, nothing leaked, and nothing left in OpenSSL's queue of errors.

#include "fuzz.hpp"

#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/entra/signing_key.hpp>
#include <foundry/detail/http/tls.hpp>
#include <foundry/error.hpp>
#include <foundry/options.hpp>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/ui.h>
#include <openssl/x509.h>

#include <memory>

using foundry_fuzz::check;

namespace {

/// A file may ask for as many rounds as it likes, each of which takes its time.
bool is_cheap(std::string_view bytes, bool has_password)
{
    if (has_password && bytes.find("ENCRYPTED") != bytes.npos)
        return false;
    auto const* data = reinterpret_cast<unsigned char const*>(bytes.data());
    std::unique_ptr<PKCS12, decltype(&PKCS12_free)> const file(
        d2i_PKCS12(nullptr, &data, static_cast<long>(bytes.size())), &PKCS12_free);
    ASN1_INTEGER const* rounds = nullptr;
    if (file)
        PKCS12_get0_mac(nullptr, nullptr, nullptr, &rounds, file.get());
    ERR_clear_error();
    return rounds == nullptr || (ASN1_INTEGER_get(rounds) >= 0 && ASN1_INTEGER_get(rounds) < 5000);
}

/// Nothing asks for a pass phrase at the terminal.
void refuse_prompts()
{
    static UI_METHOD* const method = [] {
        UI_METHOD* const made = UI_create_method("none");
        UI_method_set_opener(made, [](UI*) {
            check(false, "a pass phrase is asked for");
            return 0;
        });
        UI_set_default_method(made);
        return made;
    }();
    static_cast<void>(method);
}

/// What DER is in PEM.
std::string to_pem(char const* name, std::string_view der)
{
    std::string text = std::string("-----BEGIN ") + name + "-----\n";
    std::string const digits = foundry::detail::to_base64(der);
    for (std::size_t at = 0; at < digits.size(); at += 64)
        text.append(digits, at, 64).append("\n");
    return text + "-----END " + name + "-----\n";
}

/// A key of TLS and its certificate, which has nothing in it but what it must.
std::string make_own()
{
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const made = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(made), 0);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key);
    X509_sign(made, key, EVP_sha256());
    std::string text;
    unsigned char* der = nullptr;
    int const certificate_size = i2d_X509(made, &der);
    text += to_pem("CERTIFICATE", {reinterpret_cast<char const*>(der), static_cast<std::size_t>(certificate_size)});
    OPENSSL_free(der);
    der = nullptr;
    int const key_size = i2d_PrivateKey(key, &der);
    text += to_pem("EC PRIVATE KEY", {reinterpret_cast<char const*>(der), static_cast<std::size_t>(key_size)});
    OPENSSL_free(der);
    X509_free(made);
    EVP_PKEY_free(key);
    return text;
}

template <class Function>
void check_refused(Function const& call)
{
    try {
        call();
    } catch (foundry::error const& e) {
        foundry_fuzz::check_printable(e.what());
    }
    check(ERR_peek_error() == 0, "an error is left in the queue");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    foundry_fuzz::input const in(data, size);
    std::vector<char> const exact(in.text.begin(), in.text.end());
    std::string_view const bytes = foundry_fuzz::view(exact);
    refuse_prompts();
    if (!is_cheap(bytes, in.mode & 1))
        return 0;
    check_refused([&] {
        foundry::entra::detail::signing_key const key(bytes, in.mode & 1 ? "password" : "");
        check(key.sha256_thumbprint().size() == 32 && key.sha1_thumbprint().size() == 20, "a thumbprint");
        check(!key.chain().empty() && !key.chain().front().empty(), "no certificate");
        check(!(in.mode & 2) || key.sign_ps256("text").size() >= 256, "a signature");
        key.check_time(std::chrono::system_clock::time_point(std::chrono::seconds{1'900'000'000}));
    });
    static std::string const own = make_own();
    std::string const file = in.mode & 4 ? own + to_pem("CERTIFICATE", bytes) : std::string(bytes);
    check_refused([&] {
        foundry::tls_options options;
        options.client_certificate = options.client_key = options.ca_certificates = file;
        foundry::http::make_tls_context(options);
    });
    return 0;
}
