// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/observer.hpp>
#include <foundry/retry.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct ssl_ctx_st;

namespace foundry::inline FOUNDRY_ABI {

/// Time limits, each with its own code. Zero, or less, turns one off. When one passes, the connection is closed.
///
/// Silence and stall count only while a read is outstanding: what the program does between two reads of a stream is its own time.
struct timeouts
{
    timeouts() = default;

    /// Getting a token from the credential, where one is needed and none is there (`errc::token_timeout`).
    std::chrono::milliseconds token{std::chrono::minutes{2}};
    /// Finding the host's address and connecting (`errc::connect_timeout`).
    std::chrono::milliseconds connect{std::chrono::seconds{10}};
    /// The TLS handshake (`errc::tls_timeout`).
    std::chrono::milliseconds tls{std::chrono::seconds{10}};
    /// Waiting for one of the pool's connections to become free (`errc::pool_timeout`).
    std::chrono::milliseconds pool{std::chrono::seconds{60}};
    /// Writing the request without getting on (`errc::write_timeout`).
    std::chrono::milliseconds write{std::chrono::seconds{60}};
    /// From the request to the first byte of the answer, which is when a model may think (`errc::first_byte_timeout`).
    std::chrono::milliseconds first_byte{std::chrono::minutes{10}};
    /// Not one byte of an answer that has begun (`errc::silence_timeout`).
    std::chrono::milliseconds silence{std::chrono::minutes{3}};
    /// Bytes, such as keep-alives, but nothing that is content (`errc::stall_timeout`): an event of a stream, the whole of a JSON
    /// answer, or any byte of another body. Never less than `silence`.
    std::chrono::milliseconds stall{std::chrono::minutes{10}};
    /// The whole call, retries and the waits between them included; for `stream()` until the head of the answer is there
    /// (`errc::total_timeout`). Off unless set.
    std::chrono::milliseconds total{0};
    /// A stream from its call to its end (`errc::total_timeout`). Off unless set: some answers take long.
    std::chrono::milliseconds stream_total{0};
};

/// How much an answer may hold, in bytes, before the call ends with `errc::limit_exceeded`.
struct size_limits
{
    size_limits() = default;

    std::size_t head = 64 * 1024;
    std::size_t body = 64 * 1024 * 1024;
    std::size_t embeddings_body = 128 * 1024 * 1024;
    std::size_t event_line = 16 * 1024 * 1024;
    std::size_t event = 16 * 1024 * 1024;
};

struct pool_options
{
    pool_options() = default;

    /// Open at once; a call beyond waits its turn.
    std::size_t max_connections = 256;
    /// An idle connection is not used again after this time; Azure cuts at four minutes.
    std::chrono::milliseconds max_idle{std::chrono::seconds{200}};
    /// Nor is one that is older than this, so that a changed address of the host is noticed.
    std::chrono::milliseconds max_age{std::chrono::minutes{30}};
};

/// Whom to trust, and who to be. Files are read where the client is made, which blocks. There is no switch that turns
/// verification off.
///
/// With none of it the system's certificate store is used: `SSL_CERT_FILE` and `SSL_CERT_DIR` where they are set, else OpenSSL's own
/// default, else the places where Linux distributions keep it. It is read once in a process.
struct tls_options
{
    tls_options() = default;

    std::string ca_certificates; ///< Certificates (PEM text) that are trusted instead of the system's.
    std::string ca_file;         ///< The same from a file; both together are both trusted.

    std::string client_certificate; ///< For servers that ask for one: PEM text, followed by its intermediates.
    std::string client_key;         ///< Its private key: PEM text.

    /// A context of one's own (`SSL_CTX`; that of a `boost::asio::ssl::context` is its native_handle()), instead of all the above:
    /// its authorities, versions and verification hold. SNI and host name are set for each connection all the same.
    std::shared_ptr<ssl_ctx_st> context;
};

/// What a Foundry Models endpoint does with members of the request that its API does not have.
enum class extra_parameters
{
    error,
    drop,
    pass_through,
};

using header_list = std::vector<std::pair<std::string, std::string>>;

/// What holds for every call of a client.
struct options
{
    options() = default;

    foundry::timeouts timeouts;
    retry_options retry;
    size_limits limits;
    pool_options pool;
    tls_options tls;

    /// For requests that name no model.
    std::string default_model;
    std::string default_embedding_model;
    std::string default_image_model;

    /// The `User-Agent` field; empty sends none.
    std::string user_agent = "foundry-cpp/0.1";
    /// Sends a new `x-ms-client-request-id` with each call.
    bool client_request_ids = true;
    /// Added to every request. Azure refuses more than ten fields of one's own, so this is checked here.
    header_list headers;

    /// Is told of each step of each call; null for nobody.
    std::shared_ptr<foundry::observer> observer;

    /// Moves text between `<think>` and `</think>` from the content to the reasoning, as some models write it.
    bool split_think_tags = false;
};

/// `timeouts` for one call; what is not set comes from the client's.
struct timeout_overrides
{
    timeout_overrides() = default;

    std::optional<std::chrono::milliseconds> token;
    std::optional<std::chrono::milliseconds> connect;
    std::optional<std::chrono::milliseconds> tls;
    std::optional<std::chrono::milliseconds> pool;
    std::optional<std::chrono::milliseconds> write;
    std::optional<std::chrono::milliseconds> first_byte;
    std::optional<std::chrono::milliseconds> silence;
    std::optional<std::chrono::milliseconds> stall;
    std::optional<std::chrono::milliseconds> total;
    std::optional<std::chrono::milliseconds> stream_total;
};

/// `retry_options` for one call; what is not set comes from the client's. If a number is set, the client's policy does not decide.
struct retry_overrides
{
    retry_overrides() = default;

    std::optional<unsigned> max_retries;
    std::optional<std::chrono::milliseconds> backoff;
    std::optional<std::chrono::milliseconds> max_backoff;
    std::optional<std::chrono::milliseconds> max_server_wait;
    std::shared_ptr<retry_policy const> policy;
    std::function<void(attempt const& failed, std::chrono::milliseconds wait)> on_retry;
};

/// What holds for one call; what is not set comes from the client's options.
///
///     foundry::call_options once;
///     once.timeouts.total = std::chrono::seconds{5};
///     once.retry.max_retries = 0;
struct call_options
{
    call_options() = default;

    timeout_overrides timeouts;
    retry_overrides retry;
    /// The `x-ms-client-request-id`; an empty one sends none.
    std::optional<std::string> client_request_id;
    header_list headers;
    /// The `traceparent` field of W3C's Trace Context, such as "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"; empty sends
    /// none.
    std::string traceparent;
    /// Foundry Models endpoints only. Not set: `pass_through` where the request has members beyond that API.
    std::optional<foundry::extra_parameters> extra_parameters;
};

} // namespace foundry::inline FOUNDRY_ABI
