// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

struct ssl_ctx_st;

/// The part of `options` that concerns connections: time limits, size limits, the pool and TLS.
namespace foundry::inline FOUNDRY_ABI {

/// Time limits. `total` and `stream_total` share `errc::total_timeout`, each other limit has an error code of its own. Zero or less turns
/// a limit off. When a limit passes, the connection is closed. All but the two totals apply to each attempt.
///
/// Silence and stall count only while a read is outstanding: the time that the program takes between two reads of a stream does not
/// count.
struct timeouts
{
    timeouts() = default;

    /// Maximum time for a token from the credential, if one is needed and none is cached (`errc::token_timeout`).
    std::chrono::milliseconds token{std::chrono::minutes{2}};
    /// Maximum time to resolve the host and connect, with a proxy until it has opened the tunnel (`errc::connect_timeout`).
    std::chrono::milliseconds connect{std::chrono::seconds{10}};
    /// Maximum time of the TLS handshake (`errc::tls_timeout`).
    std::chrono::milliseconds tls{std::chrono::seconds{10}};
    /// Maximum wait for a free connection of the pool (`errc::pool_timeout`).
    std::chrono::milliseconds pool{std::chrono::seconds{60}};
    /// Maximum time without write progress (`errc::write_timeout`).
    std::chrono::milliseconds write{std::chrono::seconds{60}};
    /// Maximum time from the request to the first byte of the response, in which the model may think (`errc::first_byte_timeout`).
    std::chrono::milliseconds first_byte{std::chrono::minutes{10}};
    /// The silence limit: maximum time without receiving a byte of a response that has begun (`errc::silence_timeout`).
    std::chrono::milliseconds silence{std::chrono::minutes{3}};
    /// Maximum time without content (`errc::stall_timeout`), even if bytes such as keep-alives arrive. Content is an event of a stream,
    /// the whole of a JSON response, or any byte of another body. Never less than `silence`.
    std::chrono::milliseconds stall{std::chrono::minutes{10}};
    /// Maximum time of the whole call, with retries and the waits between them; for `stream()` until the head of the response has arrived
    /// (`errc::total_timeout`). Off by default.
    std::chrono::milliseconds total{0};
    /// Maximum time of a stream from its call to its end (`errc::total_timeout`). Off by default: some completions take long.
    std::chrono::milliseconds stream_total{0};
};

/// Maximum sizes of a response, in bytes; a larger one ends the call with `errc::limit_exceeded`.
struct size_limits
{
    size_limits() = default;

    std::size_t head = 64 * 1024;                    ///< Status line and header fields.
    std::size_t body = 64 * 1024 * 1024;             ///< Any other body than those below.
    std::size_t embeddings_body = 128 * 1024 * 1024; ///< The body of a response to `embed()`.
    std::size_t download = std::size_t{2} << 30;     ///< A body that is written to a file or a sink as it arrives.
    std::size_t event_line = 16 * 1024 * 1024;       ///< One line of an event stream.
    std::size_t event = 16 * 1024 * 1024;            ///< The data of one event.
};

/// The connections that the copies of a client share.
struct pool_options
{
    pool_options() = default;

    /// Maximum number of open connections, at least 1; a further call waits for a free one, in order.
    std::size_t max_connections = 256;
    /// Maximum number of open connections that no call uses; those that were idle for longest are closed.
    std::size_t max_idle_connections = 100;
    /// Maximum idle time of a connection that is used again; Azure closes idle connections after four minutes.
    std::chrono::milliseconds max_idle{std::chrono::seconds{200}};
    /// Maximum age of a connection that is used again, so that a changed address of the host takes effect.
    std::chrono::milliseconds max_age{std::chrono::minutes{30}};
};

/// The connections of a client, counted at one moment.
struct connection_counts
{
    std::size_t open = 0;    ///< In use or idle.
    std::size_t idle = 0;    ///< Kept for a later call.
    std::size_t waiting = 0; ///< Calls that wait for a free connection.
};

/// Trusted authorities and the client certificate. Files are read when the client is made, which blocks. There is no switch that turns
/// verification off.
///
/// If nothing is set, the system's certificate store is used: `SSL_CERT_FILE` and `SSL_CERT_DIR` if they are set; else, on Windows, the store
/// `ROOT`; elsewhere OpenSSL's own default, else the places where Linux distributions and Android keep it. It is read once for each process.
/// On macOS and iOS the system is also asked what it trusts, if the bodies of the library are compiled once
/// (FOUNDRY_SEPARATE_COMPILATION). File names are UTF-8.
struct tls_options
{
    tls_options() = default;

    std::string ca_certificates; ///< Trusted certificates (PEM text), instead of the system's.
    std::string
        ca_file; ///< A file of trusted certificates (PEM); used together with `ca_certificates` if both are set.

    /// A file of certificates (PEM) that are trusted in addition to the system's, or to those of `ca_certificates` and `ca_file`: for a
    /// proxy that inspects TLS.
    std::string additional_ca_file;

    std::string
        client_certificate; ///< Client certificate, for servers that require one: PEM text, followed by its intermediates.
    std::string client_key; ///< Private key of the client certificate: PEM text.

    /// A TLS context of the program (`SSL_CTX`; `native_handle()` of a `boost::asio::ssl::context`), instead of all the above. Its
    /// authorities, versions and verification apply. SNI and host name are still set for each connection.
    std::shared_ptr<ssl_ctx_st> context;
};

} // namespace foundry::inline FOUNDRY_ABI
