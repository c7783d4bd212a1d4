// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// A TLS server that a test leads through each connection, for what no emulator does.

#include "support/certificates.hpp"
#include "support/plain_calls.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace foundry_test {

using tls_stream = asio::ssl::stream<asio::ip::tcp::socket>;

/// Has a certificate of its own authority, and runs on the context of the test.
struct tls_peer
{
    explicit tls_peer(asio::any_io_executor const& executor)
        : context(asio::ssl::context::tls_server),
          acceptor(executor, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0))
    {
        SSL_CTX_use_certificate(native(), own.certificate.get());
        SSL_CTX_use_PrivateKey(native(), own.key.get());
    }

    SSL_CTX* native() { return context.native_handle(); }

    void speak_only(int version)
    {
        SSL_CTX_set_min_proto_version(native(), version);
        SSL_CTX_set_max_proto_version(native(), version);
    }

    /// Accepts client certificates of its authority, and no connection without one.
    void require_client_certificate()
    {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(native()), authority_.certificate.get());
        SSL_CTX_set_verify(native(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }

    /// Options of a client that trusts this server.
    foundry::options trusted() const
    {
        foundry::options with;
        with.tls.ca_certificates = to_pem(authority_.certificate.get());
        with.retry.max_retries = 3;
        with.retry.backoff = 1ms;
        with.timeouts.total = long_enough;
        with.timeouts.stream_total = long_enough;
        return with;
    }

    foundry::client<> make_client(foundry::options with) const
    {
        foundry::endpoint to{"https://contoso.openai.azure.com/openai/v1"};
        to.connect_to("127.0.0.1", acceptor.local_endpoint().port());
        foundry::any_credential key = foundry::api_key{"a-key"};
        asio::any_io_executor executor = const_cast<asio::ip::tcp::acceptor&>(acceptor).get_executor();
        return foundry::client<>(std::move(executor), std::move(to), std::move(key), std::move(with));
    }

    issued const& authority() const { return authority_; }

    issued authority_ = issue(foundry_test::authority(), nullptr);
    issued own = issue(wish(), &authority_);
    asio::ssl::context context;
    asio::ip::tcp::acceptor acceptor;
    std::size_t accepted = 0;
    /// How the last connection ended that was read to its end.
    boost::system::error_code end;
    std::size_t ended = 0;
};

/// Accepts the next connection, before its handshake.
asio::awaitable<std::unique_ptr<tls_stream>> accept(tls_peer& server);

/// Reads one request of HTTP.
asio::awaitable<void> read_request(tls_stream& stream);

asio::awaitable<void> write_text(tls_stream& stream, std::string text);

/// Answers one request with a completion.
asio::awaitable<void> answer_one(tls_stream& stream);

/// Reads until the client closes, and notes how it did.
asio::awaitable<void> read_to_end(tls_peer& server, tls_stream& stream);

/// Waits until the client closes the socket, so that it has time to read what was sent last.
asio::awaitable<void> wait_for_close(tls_stream& stream);

/// Sends an alert: the reaction to a record that is wrong. Nothing can be read after that.
asio::awaitable<void> send_alert(tls_stream& stream);

} // namespace foundry_test
