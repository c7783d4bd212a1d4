// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/has_content.hpp>
#include <foundry/detail/base/system_roots.hpp>
#include <foundry/detail/http/load_all_files.hpp>
#include <foundry/detail/http/system_trust.hpp>
#include <foundry/detail/http/tls.hpp>
#include <foundry/error.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// Certificate stores of Linux distributions; the same list as in Go's crypto/x509.
inline constexpr char const* store_files[] = {
    "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",   // Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",             // openSUSE
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/cert.pem", // Alpine
};

/// Those of Android, from the newest. Their files have names that OpenSSL does not look for, so that all are read.
inline constexpr char const* store_directories[] = {"/apex/com.android.conscrypt/cacerts",
                                                    "/system/etc/security/cacerts"};

/// Loads the store that an environment variable names. Fails if there is none, because a fallback to another store would be unexpected.
inline void load_named_store(SSL_CTX* context, char const* variable, char const* path,
                             int (*load)(SSL_CTX*, char const*))
{
    if (foundry::detail::has_content(path) && load(context, path) == 1)
        return;
    ERR_clear_error();
    throw error(errc::no_ca_store, std::string{variable} + " names " + (*path == '\0' ? "nothing" : path) +
                                       ", where no certificates can be read; correct it or unset it");
}

/// Where certificates are if no variable names a store.
inline void load_store_files(SSL_CTX* context)
{
    if (foundry::detail::has_content(X509_get_default_cert_file()) && SSL_CTX_set_default_verify_paths(context) == 1)
        return;
    std::string searched = X509_get_default_cert_file();
    for (char const* const path : store_files) {
        if (foundry::detail::has_content(path) && SSL_CTX_load_verify_file(context, path) == 1)
            return;
        searched.append(", ").append(path);
    }
    for (char const* const path : store_directories) {
        if (load_all_files(context, path))
            return;
    }
    if (foundry::detail::has_content(X509_get_default_cert_dir()) && SSL_CTX_set_default_verify_paths(context) == 1)
        return;
    ERR_clear_error();
#if !defined(__APPLE__) || !defined(FOUNDRY_KEYCHAIN) // it knows authorities that are in no file
    throw error(errc::no_ca_store, "no certificates at " + searched + " or in " + X509_get_default_cert_dir() +
                                       "; install ca-certificates, set " + X509_get_default_cert_file_env() +
                                       ", or set options.tls.ca_file");
#endif
}

inline void load_system_store(SSL_CTX* context)
{
    char const* const file = std::getenv(X509_get_default_cert_file_env());
    char const* const directory = std::getenv(X509_get_default_cert_dir_env());
    if (file != nullptr)
        load_named_store(context, X509_get_default_cert_file_env(), file, &SSL_CTX_load_verify_file);
    if (directory != nullptr)
        load_named_store(context, X509_get_default_cert_dir_env(), directory, &SSL_CTX_load_verify_dir);
    if (file != nullptr || directory != nullptr)
        return;
#if defined(_WIN32)
    load_roots(context, foundry::detail::system_roots()); // any user may write to some of OpenSSL's default paths
#else
#if defined(FOUNDRY_KEYCHAIN)
    SSL_CTX_set_cert_verify_callback(context, &verify_with_system, nullptr);
#endif
    load_store_files(context);
#endif
}

/// Sole ownership of an OpenSSL object within a function.
template <class T, void (*Free)(T*)>
class owned
{
public:
    explicit owned(T* object) noexcept : object_(object) {}
    ~owned() { Free(object_); }
    owned(owned const&) = delete;
    owned& operator=(owned const&) = delete;

    T* get() const noexcept { return object_; }

private:
    T* object_;
};

using owned_bio = owned<BIO, &BIO_free_all>;

/// Replaces the default of OpenSSL, which asks for a pass phrase at the terminal.
inline int no_pass_phrase(char*, int, int, void*) { return -1; }

inline BIO* as_bio(std::string const& pem) { return BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())); }

inline BIO* open_file(std::string const& path, std::string const& option)
{
    BIO* const file = BIO_new_file(path.c_str(), "rb");
    if (file != nullptr)
        return file;
    ERR_clear_error();
    throw error(errc::invalid_argument,
                option + ": the file " + path + " cannot be read; check it and its permissions");
}

inline void load_certificates(SSL_CTX* context, BIO* opened, char const* option)
{
    owned_bio const text(opened);
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    int count = 0;
    while (X509* const certificate = PEM_read_bio_X509(text.get(), nullptr, &no_pass_phrase, nullptr)) {
        X509_check_purpose(certificate, -1, 0); // parses its extensions before threads share it
        count += X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
    }
    ERR_clear_error();
    if (count == 0)
        throw error(errc::invalid_argument, std::string{option} + " holds no certificate; it takes PEM text");
}

inline void use_client_certificate(SSL_CTX* context, tls_options const& options)
{
    owned_bio const text(as_bio(options.client_certificate));
    owned<X509, &X509_free> const own(PEM_read_bio_X509(text.get(), nullptr, &no_pass_phrase, nullptr));
    bool good = own.get() != nullptr && SSL_CTX_use_certificate(context, own.get()) == 1;
    while (X509* const next = good ? PEM_read_bio_X509(text.get(), nullptr, &no_pass_phrase, nullptr) : nullptr)
        if (good = SSL_CTX_add0_chain_cert(context, next) == 1; !good)
            X509_free(next);
    owned_bio const key_text(as_bio(options.client_key));
    owned<EVP_PKEY, &EVP_PKEY_free> const key(
        PEM_read_bio_PrivateKey(key_text.get(), nullptr, &no_pass_phrase, nullptr));
    good = good && key.get() != nullptr && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
    ERR_clear_error();
    if (!good) {
        throw error(errc::invalid_argument,
                    "options.tls.client_certificate and client_key are not a certificate and its "
                    "key; both take PEM text, the key without a pass phrase");
    }
}

} // namespace detail

FOUNDRY_DECL void tls_free(SSL* connection) noexcept { SSL_free(connection); }
FOUNDRY_DECL void tls_free(SSL_CTX* context) noexcept { SSL_CTX_free(context); }
FOUNDRY_DECL void tls_free(SSL_SESSION* session) noexcept { SSL_SESSION_free(session); }
FOUNDRY_DECL void tls_share(SSL_CTX* context) noexcept { SSL_CTX_up_ref(context); }
FOUNDRY_DECL void tls_share(SSL_SESSION* session) noexcept { SSL_SESSION_up_ref(session); }

FOUNDRY_DECL void load_roots(SSL_CTX* context, std::vector<std::string> const& roots)
{
    int count = 0;
    for (std::string const& der : roots) {
        auto const* bytes = reinterpret_cast<unsigned char const*>(der.data());
        X509* const certificate = d2i_X509(nullptr, &bytes, static_cast<long>(der.size()));
        if (certificate == nullptr)
            continue;
        X509_check_purpose(certificate, -1, 0); // parses its extensions before threads share it
        count += X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
        X509_free(certificate);
    }
    ERR_clear_error();
    if (count == 0)
        throw error(errc::no_ca_store,
                    std::string{"the system's store of root certificates is empty or cannot be read; set "} +
                        X509_get_default_cert_file_env() + ", or set options.tls.ca_file");
}

FOUNDRY_DECL context_ptr make_tls_context(tls_options const& options)
{
    if (options.context) {
        tls_share(options.context.get());
        return context_ptr(options.context.get());
    }
    context_ptr context(SSL_CTX_new(TLS_client_method()));
    if (!context)
        throw error(errc::tls_failed, "OpenSSL gave no context; it may be out of memory");
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    static constexpr unsigned char http11[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(context.get(), http11, sizeof http11 - 1);
    if (!options.client_certificate.empty() || !options.client_key.empty())
        detail::use_client_certificate(context.get(), options);
    if (!options.ca_certificates.empty()) {
        detail::load_certificates(context.get(), detail::as_bio(options.ca_certificates),
                                  "options.tls.ca_certificates");
    }
    if (!options.ca_file.empty()) {
        detail::load_certificates(context.get(), detail::open_file(options.ca_file, "options.tls.ca_file"),
                                  "options.tls.ca_file");
    }
    if (options.ca_certificates.empty() && options.ca_file.empty())
        detail::load_system_store(context.get());
    if (!options.additional_ca_file.empty()) {
        detail::load_certificates(context.get(),
                                  detail::open_file(options.additional_ca_file, "options.tls.additional_ca_file"),
                                  "options.tls.additional_ca_file");
    }
    return context;
}

FOUNDRY_DECL bool is_default(tls_options const& options) noexcept
{
    return options.ca_certificates.empty() && options.ca_file.empty() && options.additional_ca_file.empty() &&
           options.client_certificate.empty() && options.client_key.empty() && !options.context;
}

FOUNDRY_DECL context_ptr default_tls_context()
{
    static context_ptr const shared = make_tls_context({});
    return shared;
}

FOUNDRY_DECL context_ptr tls_context_for(tls_options const& options)
{
    return is_default(options) ? default_tls_context() : make_tls_context(options);
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
