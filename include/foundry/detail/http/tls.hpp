// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/options.hpp>

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

/// A share of an object of OpenSSL's, which counts them. A smart pointer of the standard library would do, with ten times the code for
/// each type.
template <class T>
class tls_ptr
{
public:
    /// Takes over the share that the caller has.
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
/// What makes the next TLS handshake with the same origin shorter.
using session_ptr = tls_ptr<SSL_SESSION>;

/// TLS 1.2 or later, the peer's certificate always verified, ALPN `http/1.1`; or the program's own context.
///
/// @throws foundry::error (`errc::no_ca_store`) naming the places searched where there is no certificate store, or what the
/// environment names is none; (`errc::invalid_argument`) where an option holds no certificate or key.
FOUNDRY_DECL context_ptr make_tls_context(tls_options const& options);

/// The one for these options. Clients without any share one; made on first use, which takes some 25 ms to read the system's store.
FOUNDRY_DECL context_ptr tls_context_for(tls_options const& options);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/tls.ipp>
#endif
