// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/options.hpp>

#include <memory>
#include <string>

typedef struct ssl_ctx_st SSL_CTX;

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// TLS 1.2 or later, the peer's certificate always verified, ALPN `http/1.1`; or the program's own context.
///
/// @throws foundry::error (`errc::no_ca_store`) naming the places searched where there is no certificate store, or what the
/// environment names is none; (`errc::invalid_argument`) where an option holds no certificate or key.
FOUNDRY_DECL std::shared_ptr<SSL_CTX> make_tls_context(tls_options const& options);

/// The one for these options. Clients without any share one; made on first use, which takes some 25 ms to read the system's store.
FOUNDRY_DECL std::shared_ptr<SSL_CTX> tls_context_for(tls_options const& options);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/http/impl/tls.ipp>
#endif
