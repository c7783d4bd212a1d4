// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/ip_address.hpp>
#include <foundry/detail/http/connect_race.hpp>
#include <foundry/detail/http/connection.hpp>
#include <foundry/detail/http/socket_bio.hpp>
#include <foundry/detail/http/socket_options.hpp>
#include <foundry/detail/http/tls_failure.hpp>
#include <foundry/detail/http/tunnel.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// The same error, with the place that it comes from.
[[noreturn]] inline void throw_named(error const& e, std::string const& place)
{
    failure f = e.details();
    f.service_message = place + ": " + e.message();
    throw error(e.code(), std::move(f));
}

inline void check_protocol(SSL const* layer)
{
    unsigned char const* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(layer, &protocol, &size);
    if (size != 0 && std::string_view{reinterpret_cast<char const*>(protocol), size} != "http/1.1")
        throw_tls_failed("the server insists on another protocol than HTTP/1.1", "put a gateway in front of it");
}

/// Whether a session was made with this host. A resumed session proves no other name: the server shows no certificate again.
inline bool is_session_of(SSL_SESSION const* session, std::string const& host)
{
    if (session == nullptr)
        return false;
    char const* const name = SSL_SESSION_get0_hostname(session);
    return name == nullptr || name == host; // null: the host is an IP address
}

} // namespace detail

FOUNDRY_DECL connection::connection(boost::asio::any_io_executor const& executor) : socket_(executor) {}
FOUNDRY_DECL connection::~connection() = default;

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> connection::open(origin const& to, host_lookup& addresses,
                                                                        timeouts const& within, deadline& limits,
                                                                        session_ptr earlier, exchange_times& times)
{
    close();
    ssl_ = tls_ptr<SSL>();
    proxy_ssl_ = tls_ptr<SSL>();
    opened_by_ = 0;
    auto const begun = clock::now();
    limits.set_step(begun, within.connect, errc::connect_timeout);
    co_await open_socket(to, addresses, limits);
    if (to.proxy)
        co_await open_tunnel(to);
    auto const connected = clock::now();
    times.connect = connected - begun;
    if (to.tls) {
        limits.set_step(connected, within.tls, errc::tls_timeout);
        try {
            co_await open_tls(ssl_, to.host, to.tls.get(), earlier.get());
        } catch (error const& e) {
            if (to.proxy)
                detail::throw_named(e, "through the proxy " + to.proxy->name());
            throw;
        }
    }
    limits.clear_step();
    opened_at = clock::now();
    if (to.tls)
        times.tls = opened_at - connected;
    opened_by_ = foundry::detail::process_id();
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> connection::open_socket(origin const& to, host_lookup& addresses,
                                                                               deadline& limits)
{
    address_list found;
    {
        host_lookup::ticket lookup(addresses, limits);
        boost::system::error_code interrupted;
        if (lookup.must_wait()) {
            foundry::detail::noted_scope const waits(&opening_, lookup.done());
            interrupted = std::get<0>(co_await lookup.done().async_wait(boost::asio::as_tuple(boost::asio::deferred)));
        }
        found = lookup.addresses(interrupted);
    }
    limits.check();

    connect_race race(found, limits);
    foundry::detail::noted_scope const waits(&opening_, race.ended());
    boost::system::error_code interrupted;
    interrupted = std::get<0>(co_await race.ended().async_wait(boost::asio::as_tuple(boost::asio::deferred)));
    if (limits.has_passed()) // the race has the same limit, and tells more
        interrupted.clear();
    try {
        socket_ = race.winner(to.proxy ? "the proxy " + to.proxy->name() : to.connect_address, interrupted);
    } catch (error const&) {
        addresses.forget();
        throw;
    }
    limits.check();
    if (boost::system::error_code ec; found.size() > 1)
        addresses.prefer(socket_.remote_endpoint(ec));
    detail::set_options(socket_);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> connection::open_tunnel(origin const& to)
{
    proxy_server const& proxy = *to.proxy;
    if (proxy.settings.secure()) {
        try {
            co_await open_tls(proxy_ssl_, proxy.settings.host(), proxy.tls.get(), nullptr);
        } catch (error const& e) {
            detail::throw_named(e, "the proxy " + proxy.name());
        }
    }
    if (!to.tls) // requests go to the proxy itself
        co_return;
    tunnel_request tunnel(proxy, to.host, to.connect_port);
    try {
        for (std::string_view left = tunnel.message(); !left.empty();) {
            std::size_t n = 0;
            if (step const s = try_write(left, n); s == step::done)
                left.remove_prefix(n);
            else
                co_await wait(s);
        }
        for (bool is_open = false; !is_open;) {
            std::size_t n = 0;
            if (step const s = try_read(tunnel.space(), n); s == step::done)
                is_open = tunnel.receive(n);
            else
                co_await wait(s);
        }
    } catch (boost::system::system_error const& e) {
        if (e.code() == boost::asio::error::operation_aborted || e.code().category() == error_category())
            throw;
        tunnel.fail("broke the connection off: " + e.code().message(), "check the proxy's URL, or try again", true);
    }
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void>
connection::open_tls(tls_ptr<SSL>& layer, std::string const& host, SSL_CTX* context, SSL_SESSION* earlier)
{
    start_tls(layer, host, context, earlier);
    for (step s; (s = try_handshake(layer.get())) != step::done;)
        co_await wait(s);
    detail::check_protocol(layer.get());
}

FOUNDRY_DECL void connection::start_tls(tls_ptr<SSL>& layer, std::string const& host, SSL_CTX* context,
                                        SSL_SESSION* earlier)
{
    layer = tls_ptr<SSL>(SSL_new(context));
    SSL* const ssl = layer.get();
    bool const is_inner = !is_to_proxy(ssl) && proxy_ssl_;
    BIO* const bio = BIO_new(is_inner ? BIO_f_ssl() : detail::socket_bio_method());
    if (ssl == nullptr || bio == nullptr)
        throw std::bad_alloc();
    if (is_to_proxy(ssl))
        SSL_certs_clear(ssl); // the client certificate is for the endpoint
    if (is_inner) {
        BIO_set_ssl(bio, proxy_ssl_.get(), BIO_NOCLOSE);
    } else {
        BIO_set_data(bio, &socket_);
        BIO_set_init(bio, 1);
    }
    SSL_set_bio(ssl, bio, bio);
    SSL_set_connect_state(ssl);
    SSL_set_read_ahead(ssl, 1); // reads the header of a record together with its body
    SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Copies here and in take_session(), because OpenSSL invalidates the session of a connection that closes without close_notify.
    if (!is_to_proxy(ssl)) {
        known_session_ = session_ptr(detail::is_session_of(earlier, host) ? SSL_SESSION_dup(earlier) : nullptr);
        if (known_session_)
            SSL_set_session(ssl, known_session_.get());
    }

    X509_VERIFY_PARAM* const check = SSL_get0_param(ssl);
    bool named;
    if (!foundry::detail::parse_ip(host)) {
        X509_VERIFY_PARAM_set_hostflags(check,
                                        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        named = SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
    } else {
        named = X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str()) == 1;
    }
    if (!named)
        detail::throw_tls_failed("the host name cannot be checked against a certificate", "check the endpoint's host");
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

FOUNDRY_DECL connection::step connection::try_handshake(SSL* layer) const
{
    ERR_clear_error();
    int const result = SSL_do_handshake(layer);
    if (result == 1)
        return step::done;
    int const reason = SSL_get_error(layer, result);
    if (reason == SSL_ERROR_WANT_READ)
        return step::want_read;
    if (reason == SSL_ERROR_WANT_WRITE)
        return step::want_write;
    if (long const verdict = SSL_get_verify_result(layer); verdict != X509_V_OK) {
        detail::throw_tls_failed(
            std::string{"the server's certificate was refused: "} + X509_verify_cert_error_string(verdict),
            "check the endpoint's host; if the certificate is from a private authority or from a proxy that inspects "
            "TLS, name that authority's in options.tls.additional_ca_file");
    }
    if (detail::peer_is_gone(reason)) {
        throw error(errc::connection_lost,
                    "the server went away during the TLS handshake; check that it speaks TLS on this "
                    "port, and whether a firewall or proxy stands between");
    }
    if (detail::is_alert(reason))
        detail::throw_alert();
    if (detail::is_plain_text_error()) {
        detail::throw_tls_failed(
            "the server answers without TLS on this port",
            is_to_proxy(layer) ? "write http:// in the proxy's URL, if its port speaks no TLS"
                               : "write http:// in the endpoint's URL if it is on this machine, or use its TLS port");
    }
    detail::throw_tls_failed(detail::last_openssl_error(), "the server must speak TLS 1.2 or later on this port");
}

FOUNDRY_DECL connection::step connection::try_read(boost::asio::mutable_buffer into, std::size_t& count)
{
    if (SSL* const layer = top()) {
        ERR_clear_error();
        int const result = SSL_read_ex(layer, into.data(), into.size(), &count);
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
    if (SSL* const layer = top()) {
        ERR_clear_error();
        int const result = SSL_write_ex(layer, bytes.data(), bytes.size(), &count);
        return tls_step(result);
    }
    // Windows takes any number of bytes at once, as long as the peer has read the ones before: no write would ever be late.
    constexpr std::size_t max_write = 256 * 1024;
    boost::system::error_code ec;
    count = socket_.write_some(boost::asio::buffer(bytes.data(), (std::min)(bytes.size(), max_write)), ec);
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
    int const reason = SSL_get_error(top(), result);
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
        if (detail::is_alert(reason))
            detail::throw_alert();
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

FOUNDRY_DECL bool connection::has_buffered() const noexcept
{
    return (ssl_ && SSL_has_pending(ssl_.get()) != 0) || (proxy_ssl_ && SSL_has_pending(proxy_ssl_.get()) != 0);
}

FOUNDRY_DECL bool connection::idle_and_alive() noexcept
{
    SSL* const layer = top();
    if (!socket_.is_open() || (layer != nullptr && SSL_pending(layer) != 0))
        return false;
    char byte;
    boost::system::error_code ec;
    socket_.receive(boost::asio::buffer(&byte, 1), boost::asio::socket_base::message_peek, ec);
    bool const silent = ec == boost::asio::error::would_block;
    if (layer == nullptr || (ec && !silent))
        return silent;
    if (silent && !has_buffered())
        return true;
    // Readable bytes make the connection unusable: data before a request, the end of the connection, an alert. The exception is session
    // tickets after the handshake, which are still unread on a connection that has carried no message.
    ERR_clear_error();
    int const result = SSL_peek(layer, &byte, 1);
    // For an incomplete record, OpenSSL only reports that it does not wait for the header of a record ("RH").
    return SSL_get_error(layer, result) == SSL_ERROR_WANT_READ && !has_buffered() &&
           std::string_view{SSL_rstate_string(layer)} == "RH";
}

FOUNDRY_DECL bool connection::is_readable() noexcept
{
    boost::system::error_code ec;
    char byte = 0;
    socket_.receive(boost::asio::buffer(&byte, 1), boost::asio::socket_base::message_peek, ec);
    return ec != boost::asio::error::would_block;
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
    if (opening_ != nullptr)
        opening_->cancel();
}

FOUNDRY_DECL void connection::close_orderly() noexcept
{
    if (socket_.is_open() && !is_inherited()) {
        for (tls_ptr<SSL> const* const layer : {&ssl_, &proxy_ssl_})
            if (*layer && SSL_is_init_finished(layer->get()) == 1)
                SSL_shutdown(layer->get());
        ERR_clear_error();
        // Unread bytes, such as session tickets, make the system send a reset, which may overtake that message.
        boost::system::error_code ended;
        char unread[4096];
        for (int i = 0; top() != nullptr && i != 16 && !ended; ++i)
            socket_.read_some(boost::asio::buffer(unread), ended);
    }
    close();
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
