// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/limits.hpp>

#include <string>
#include <vector>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_session_st SSL_SESSION;

namespace foundry::inline FOUNDRY_ABI {
namespace http {

FOUNDRY_DECL void tls_free(SSL* connection) noexcept;
FOUNDRY_DECL void tls_free(SSL_CTX* context) noexcept;
FOUNDRY_DECL void tls_free(SSL_SESSION* session) noexcept;
FOUNDRY_DECL void tls_share(SSL_CTX* context) noexcept;
FOUNDRY_DECL void tls_share(SSL_SESSION* session) noexcept;

/// Shared ownership of an OpenSSL object, which counts its own references. A smart pointer of the standard library has ten times the code
/// for each type.
template <class T>
class tls_ptr
{
public:
    /// Takes the reference of the caller.
    explicit tls_ptr(T* object = nullptr) noexcept : object_(object) {}
    tls_ptr(tls_ptr const& other) noexcept : object_(other.object_)
    {
        if (object_ != nullptr)
            tls_share(object_);
    }
    tls_ptr(tls_ptr&& other) noexcept : object_(other.object_) { other.object_ = nullptr; }
    tls_ptr& operator=(tls_ptr other) noexcept
    {
        T* const before = object_;
        object_ = other.object_;
        other.object_ = before;
        return *this;
    }
    ~tls_ptr()
    {
        if (object_ != nullptr)
            tls_free(object_);
    }

    explicit operator bool() const noexcept { return object_ != nullptr; }
    T* get() const noexcept { return object_; }

private:
    T* object_;
};

using context_ptr = tls_ptr<SSL_CTX>;
/// TLS session, for a shorter handshake with the same origin.
using session_ptr = tls_ptr<SSL_SESSION>;

/// Adds root certificates in DER. Those that cannot be read are left out: one broken certificate must not disable all of them.
///
/// @throws foundry::error (`errc::no_ca_store`) if none is left.
FOUNDRY_DECL void load_roots(SSL_CTX* context, std::vector<std::string> const& roots);

/// Makes a context with TLS 1.2 or later, verification of the server's certificate and ALPN `http/1.1`; or shares the context of the
/// options.
///
/// @throws foundry::error (`errc::no_ca_store`) naming the searched places if there is no certificate store, or if the environment names
/// one that has no certificates; (`errc::invalid_argument`) if an option contains no certificate or key.
FOUNDRY_DECL context_ptr make_tls_context(tls_options const& options);

/// Whether no option is set.
FOUNDRY_DECL bool is_default(tls_options const& options) noexcept;

/// The context for these options. Clients with default options share one context; its first use takes about 25 ms to read the certificate
/// store of the system.
FOUNDRY_DECL context_ptr tls_context_for(tls_options const& options);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/tls.ipp>
#endif
