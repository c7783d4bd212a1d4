// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>
#include <foundry/http/tls.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

#include <cstdlib>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// Where OpenSSL looks: the environment's word first, its own default otherwise.
inline std::string store_path(char const* variable, char const* fallback)
{
    char const* const set = std::getenv(variable);
    return set != nullptr ? set : fallback;
}

inline void load_system_store(SSL_CTX* context)
{
    std::string const file = store_path(X509_get_default_cert_file_env(), X509_get_default_cert_file());
    std::string const directory = store_path(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
    struct stat found;
    bool const has_file = stat(file.c_str(), &found) == 0 && found.st_size != 0;
    bool const has_directory = stat(directory.c_str(), &found) == 0;
    if ((!has_file && !has_directory) || SSL_CTX_set_default_verify_paths(context) != 1) {
        throw error(errc::no_ca_store, "no certificates at " + file + " or " + directory +
                                           "; install ca-certificates, set " + X509_get_default_cert_file_env() +
                                           ", or set options.tls.ca_certificates");
    }
}

inline void load_certificates(SSL_CTX* context, std::string const& pem)
{
    std::unique_ptr<BIO, decltype(&BIO_free)> const text{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                         &BIO_free};
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    int count = 0;
    while (X509* const certificate = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
        X509_check_purpose(certificate, -1, 0); // reads its extensions now, not when threads share it
        count += X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
    }
    ERR_clear_error();
    if (count == 0)
        throw error(errc::invalid_argument, "options.tls.ca_certificates holds no certificate; it takes PEM text");
}

} // namespace detail

FOUNDRY_DECL std::shared_ptr<SSL_CTX> make_tls_context(tls_options const& options)
{
    std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
    if (!context)
        throw error(errc::tls_failed, "OpenSSL gave no context; it may be out of memory");
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    static constexpr unsigned char http11[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(context.get(), http11, sizeof http11 - 1);
    if (options.ca_certificates.empty())
        detail::load_system_store(context.get());
    else
        detail::load_certificates(context.get(), options.ca_certificates);
    return context;
}

FOUNDRY_DECL std::shared_ptr<SSL_CTX> default_tls_context()
{
    static std::shared_ptr<SSL_CTX> const shared = make_tls_context({});
    return shared;
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
