// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// A TLS server that a test leads through each connection, for what no emulator does.

#include "support/certificates.hpp"
#include "support/plain_calls.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

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
inline asio::awaitable<std::unique_ptr<tls_stream>> accept(tls_peer& server)
{
    asio::ip::tcp::socket socket = co_await server.acceptor.async_accept(asio::use_awaitable);
    ++server.accepted;
    auto stream = std::make_unique<tls_stream>(std::move(socket), server.context);
    co_return stream;
}

/// Reads one request of HTTP.
inline asio::awaitable<void> read_request(tls_stream& stream)
{
    std::string text;
    for (std::size_t size = std::string::npos; text.size() < size;) {
        std::string part(16384, '\0');
        std::size_t const n = co_await stream.async_read_some(asio::buffer(part), asio::use_awaitable);
        text.append(part, 0, n);
        std::size_t const head = text.find("\r\n\r\n");
        if (head == std::string::npos)
            continue;
        static constexpr std::string_view field = "Content-Length: ";
        std::size_t const at = text.find(field);
        size = head + 4 + (at < head ? std::stoul(text.substr(at + field.size(), 12)) : 0);
    }
}

inline asio::awaitable<void> write_text(tls_stream& stream, std::string text)
{
    co_await asio::async_write(stream, asio::buffer(text), asio::use_awaitable);
}

/// Answers one request with a completion.
inline asio::awaitable<void> answer_one(tls_stream& stream)
{
    co_await read_request(stream);
    co_await write_text(stream, sized("", completion_text("fine")));
}

/// Reads until the client closes, and notes how it did.
inline asio::awaitable<void> read_to_end(tls_peer& server, tls_stream& stream)
{
    boost::system::error_code failed;
    std::string ignored(16384, '\0');
    while (!failed)
        co_await stream.async_read_some(asio::buffer(ignored), asio::redirect_error(asio::use_awaitable, failed));
    server.end = failed;
    ++server.ended;
}

/// Waits until the client closes the socket, so that it has time to read what was sent last.
inline asio::awaitable<void> wait_for_close(tls_stream& stream)
{
    boost::system::error_code failed;
    std::string ignored(16384, '\0');
    while (!failed)
        co_await stream.next_layer().async_read_some(asio::buffer(ignored),
                                                     asio::redirect_error(asio::use_awaitable, failed));
}

/// Sends an alert: the reaction to a record that is wrong. Nothing can be read after that.
inline asio::awaitable<void> send_alert(tls_stream& stream)
{
    std::string const record = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
    BIO* const wrong = BIO_new(BIO_s_mem());
    BIO_write(wrong, record.data(), static_cast<int>(record.size()));
    SSL_set0_rbio(stream.native_handle(), wrong);
    boost::system::error_code bad_record;
    char byte = 0;
    co_await stream.async_read_some(asio::buffer(&byte, 1), asio::redirect_error(asio::use_awaitable, bad_record));
}

} // namespace foundry_test
