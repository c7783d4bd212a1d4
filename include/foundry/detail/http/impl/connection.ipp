// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/connection.hpp>
#include <foundry/detail/http/resolve.hpp>

#include <boost/asio/error.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// An OpenSSL BIO over a non-blocking Asio socket. Asio suppresses SIGPIPE; the socket BIO of OpenSSL does not.
inline int bio_write(BIO* bio, char const* bytes, int size)
{
    auto& socket = *static_cast<boost::asio::ip::tcp::socket*>(BIO_get_data(bio));
    boost::system::error_code ec;
    std::size_t const n = socket.write_some(boost::asio::buffer(bytes, static_cast<std::size_t>(size)), ec);
    BIO_clear_retry_flags(bio);
    if (ec == boost::asio::error::would_block)
        BIO_set_retry_write(bio);
    return ec ? -1 : static_cast<int>(n);
}

inline int bio_read(BIO* bio, char* bytes, int size)
{
    auto& socket = *static_cast<boost::asio::ip::tcp::socket*>(BIO_get_data(bio));
    boost::system::error_code ec;
    std::size_t const n = socket.read_some(boost::asio::buffer(bytes, static_cast<std::size_t>(size)), ec);
    BIO_clear_retry_flags(bio);
    if (ec == boost::asio::error::would_block)
        BIO_set_retry_read(bio);
    if (ec == boost::asio::error::eof)
        return 0;
    return ec ? -1 : static_cast<int>(n);
}

inline long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

inline BIO_METHOD* socket_bio_method()
{
    static BIO_METHOD* const method = [] { // lives until the program ends
        BIO_METHOD* const m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "asio socket");
        BIO_meth_set_write(m, &bio_write);
        BIO_meth_set_read(m, &bio_read);
        BIO_meth_set_ctrl(m, &bio_control);
        return m;
    }();
    return method;
}

inline std::string last_openssl_error()
{
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    return text;
}

/// Whether the failure is the end of the connection, rather than a protocol error.
inline bool peer_is_gone(int reason)
{
    unsigned long const code = ERR_peek_error();
    return (reason == SSL_ERROR_SYSCALL && code == 0) ||
           (reason == SSL_ERROR_SSL && ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

/// Whether the received bytes are not a TLS record, such as the answer of a plain HTTP server.
inline bool is_plain_text_error()
{
    int const reason = ERR_GET_REASON(ERR_peek_error());
    return reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
           reason == SSL_R_PACKET_LENGTH_TOO_LONG || reason == SSL_R_UNKNOWN_PROTOCOL;
}

[[noreturn]] inline void throw_tls_failed(std::string message, std::string advice)
{
    failure f;
    f.service_message = std::move(message);
    f.advice = std::move(advice);
    throw error(make_error_code(errc::tls_failed), std::move(f));
}

} // namespace detail

FOUNDRY_DECL connection::connection(boost::asio::any_io_executor const& executor) : socket_(executor) {}
FOUNDRY_DECL connection::~connection() = default;

[[noreturn]] inline void throw_connect_failed(origin const& to, boost::system::error_code why)
{
    failure f;
    f.service_message = to.connect_address + " port " + std::to_string(to.connect_port) + ": " + why.message();
    f.advice = "check the endpoint's host and port, and whether a firewall or proxy stands between";
    throw error(make_error_code(errc::connect_failed), std::move(f));
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void>
connection::open(origin const& to, timeouts const& within, deadline& limits, session_ptr earlier, exchange_times& times)
{
    auto const begun = clock::now();
    limits.set_step(begun, within.connect, errc::connect_timeout);
    resolve_op flight(to.connect_address, to.connect_port, limits);
    std::exception_ptr interrupted;
    try {
        if (flight.must_wait())
            co_await flight.done().async_wait(boost::asio::deferred);
    } catch (boost::system::system_error const&) {
        interrupted = std::current_exception();
    }
    auto const addresses = flight.addresses(std::move(interrupted));
    boost::system::error_code last = boost::asio::error::host_not_found;
    for (auto entry = addresses.begin(); last && entry != addresses.end(); ++entry) {
        if (limits.expired() != errc()) // passed while on_deadline() had no socket to close
            throw boost::system::system_error(boost::asio::error::operation_aborted);
        try {
            close();
            co_await socket_.async_connect(entry->endpoint(), boost::asio::deferred);
            last = {};
        } catch (boost::system::system_error const& e) {
            last = e.code();
            if (last == boost::asio::error::operation_aborted)
                throw;
        }
    }
    if (last)
        throw_connect_failed(to, last);
    boost::system::error_code ignored;
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    socket_.set_option(boost::asio::socket_base::keep_alive(true), ignored);
    socket_.non_blocking(true);
    auto const connected = clock::now();
    times.connect = connected - begun;
    if (to.tls) {
        limits.set_step(connected, within.tls, errc::tls_timeout);
        start_tls(to, earlier.get());
        for (step s; (s = try_handshake()) != step::done;)
            co_await wait(s);
        check_protocol();
    }
    limits.clear_step();
    opened_at = clock::now();
    if (to.tls)
        times.tls = opened_at - connected;
    opened_by_ = foundry::detail::process_id();
}

FOUNDRY_DECL void connection::start_tls(origin const& to, SSL_SESSION* earlier)
{
    ssl_ = tls_ptr<SSL>(SSL_new(to.tls.get()));
    BIO* const bio = BIO_new(detail::socket_bio_method());
    if (!ssl_ || bio == nullptr)
        throw std::bad_alloc();
    BIO_set_data(bio, &socket_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_connect_state(ssl_.get());
    SSL_set_read_ahead(ssl_.get(), 1); // reads the header of a record together with its body
    SSL_set_mode(ssl_.get(),
                 SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Copies here and in take_session(), because OpenSSL invalidates the session of a connection that closes without close_notify.
    known_session_ = session_ptr(earlier != nullptr ? SSL_SESSION_dup(earlier) : nullptr);
    if (known_session_)
        SSL_set_session(ssl_.get(), known_session_.get());

    boost::system::error_code not_literal;
    boost::asio::ip::make_address(to.host, not_literal);
    X509_VERIFY_PARAM* const check = SSL_get0_param(ssl_.get());
    bool named;
    if (not_literal) {
        X509_VERIFY_PARAM_set_hostflags(check,
                                        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        named = SSL_set1_host(ssl_.get(), to.host.c_str()) == 1 &&
                SSL_set_tlsext_host_name(ssl_.get(), to.host.c_str()) == 1;
    } else {
        named = X509_VERIFY_PARAM_set1_ip_asc(check, to.host.c_str()) == 1;
    }
    if (!named)
        detail::throw_tls_failed("the host name cannot be checked against a certificate", "check the endpoint's host");
}

FOUNDRY_DECL void connection::check_protocol()
{
    unsigned char const* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
    if (size != 0 && std::string_view{reinterpret_cast<char const*>(protocol), size} != "http/1.1")
        detail::throw_tls_failed("the server insists on another protocol than HTTP/1.1",
                                 "put a gateway in front of it");
}

FOUNDRY_DECL session_ptr connection::take_session()
{
    bool const shaken = ssl_ && SSL_is_init_finished(ssl_.get()) == 1; // only then the session is usable
    SSL_SESSION* const current = shaken ? SSL_get0_session(ssl_.get()) : nullptr;
    if (current == nullptr || current == known_session_.get() || SSL_SESSION_is_resumable(current) != 1)
        return session_ptr();
    tls_share(current);
    known_session_ = session_ptr(current);
    return session_ptr(SSL_SESSION_dup(current));
}

FOUNDRY_DECL connection::step connection::try_handshake()
{
    ERR_clear_error();
    int const result = SSL_do_handshake(ssl_.get());
    if (result == 1)
        return step::done;
    int const reason = SSL_get_error(ssl_.get(), result);
    if (reason == SSL_ERROR_WANT_READ)
        return step::want_read;
    if (reason == SSL_ERROR_WANT_WRITE)
        return step::want_write;
    if (long const verdict = SSL_get_verify_result(ssl_.get()); verdict != X509_V_OK) {
        detail::throw_tls_failed(
            std::string{"the server's certificate was refused: "} + X509_verify_cert_error_string(verdict),
            "check the endpoint's host; if the certificate is from a private authority, name that authority's in "
            "options.tls.ca_file or ca_certificates, or in the variable SSL_CERT_FILE");
    }
    if (detail::peer_is_gone(reason)) {
        throw error(errc::connection_lost,
                    "the server went away during the TLS handshake; check that it speaks TLS on this "
                    "port, and whether a firewall or proxy stands between");
    }
    if (detail::is_plain_text_error()) {
        detail::throw_tls_failed("the server answers without TLS on this port",
                                 "write http:// in the endpoint's URL if it is on this machine, or use its TLS port");
    }
    detail::throw_tls_failed(detail::last_openssl_error(), "the server must speak TLS 1.2 or later on this port");
}

FOUNDRY_DECL connection::step connection::try_read(boost::asio::mutable_buffer into, std::size_t& count)
{
    if (ssl_) {
        ERR_clear_error();
        int const result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
        return tls_step(result);
    }
    boost::system::error_code ec;
    count = socket_.read_some(into, ec);
    if (ec == boost::asio::error::would_block)
        return step::want_read;
    if (ec && ec != boost::asio::error::eof)
        throw boost::system::system_error(ec);
    return step::done;
}

FOUNDRY_DECL connection::step connection::try_write(std::string_view bytes, std::size_t& count)
{
    if (ssl_) {
        ERR_clear_error();
        int const result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
        return tls_step(result);
    }
    boost::system::error_code ec;
    count = socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), ec);
    if (ec == boost::asio::error::would_block)
        return step::want_write;
    if (ec)
        throw boost::system::system_error(ec);
    return step::done;
}

FOUNDRY_DECL connection::step connection::tls_step(int result)
{
    if (result == 1)
        return step::done;
    int const reason = SSL_get_error(ssl_.get(), result);
    switch (reason) {
    case SSL_ERROR_WANT_READ:
        return step::want_read;
    case SSL_ERROR_WANT_WRITE:
        return step::want_write;
    case SSL_ERROR_ZERO_RETURN:
        return step::done; // the peer's close_notify: count is 0
    default:
        // The end of TCP without close_notify is an end of file, too: the data may be incomplete.
        if (reason == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
            throw boost::system::system_error(boost::asio::error::make_error_code(boost::asio::error::eof));
        throw boost::system::system_error(boost::asio::error::make_error_code(boost::asio::error::connection_reset));
    }
}

FOUNDRY_DECL void connection::move_to(boost::asio::any_io_executor const& executor) noexcept
{
    using boost::asio::ip::tcp;
    namespace execution = boost::asio::execution;
    if (&boost::asio::query(executor, execution::context) ==
        &boost::asio::query(socket_.get_executor(), execution::context))
        return;
    tcp::socket moved(executor);
    if (socket_.is_open()) {
        boost::system::error_code ec;
        tcp const protocol = socket_.local_endpoint(ec).protocol();
        auto const descriptor = socket_.release(ec);
        moved.assign(protocol, descriptor, ec);
        if (ec)
            socket_.assign(protocol, descriptor, ec);
        else
            moved.non_blocking(true, ec);
        if (ec)
            moved.close(ec);
    }
    socket_ = std::move(moved); // closes a socket that could not be moved
}

FOUNDRY_DECL bool connection::idle_and_alive() noexcept
{
    if (!socket_.is_open() || (ssl_ && SSL_pending(ssl_.get()) != 0))
        return false;
    char byte;
    boost::system::error_code ec;
    socket_.receive(boost::asio::buffer(&byte, 1), boost::asio::socket_base::message_peek, ec);
    bool const silent = ec == boost::asio::error::would_block;
    if (!ssl_ || (ec && !silent))
        return silent;
    if (silent && SSL_has_pending(ssl_.get()) == 0)
        return true;
    // Readable bytes make the connection unusable: data before a request, the end of the connection, an alert. The exception is session
    // tickets after the handshake, which are still unread on a connection that has carried no message.
    ERR_clear_error();
    int const result = SSL_peek(ssl_.get(), &byte, 1);
    // For an incomplete record, OpenSSL only reports that it does not wait for the header of a record ("RH").
    return SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ && SSL_has_pending(ssl_.get()) == 0 &&
           std::string_view{SSL_rstate_string(ssl_.get())} == "RH";
}

FOUNDRY_DECL void connection::cancel() noexcept
{
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

FOUNDRY_DECL void connection::close() noexcept
{
    boost::system::error_code ignored;
    socket_.close(ignored);
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
