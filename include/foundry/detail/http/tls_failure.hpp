// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>
#include <utility>

/// What a failure of OpenSSL means, and the errors that it becomes.
namespace foundry::inline FOUNDRY_ABI::http::detail {

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

/// Whether the peer has ended the connection with an alert of TLS.
inline bool is_alert(int reason)
{
    return reason == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_error()) > SSL_AD_REASON_OFFSET;
}

[[noreturn]] inline void throw_tls_failed(std::string message, std::string advice)
{
    failure f;
    f.service_message = std::move(message);
    f.advice = std::move(advice);
    throw error(make_error_code(errc::tls_failed), std::move(f));
}

[[noreturn]] inline void throw_alert()
{
    int const alert = ERR_GET_REASON(ERR_peek_error()) - SSL_AD_REASON_OFFSET;
    bool const is_about_certificate = alert == TLS13_AD_CERTIFICATE_REQUIRED || alert == SSL_AD_HANDSHAKE_FAILURE ||
                                      alert == SSL_AD_UNKNOWN_CA || alert == SSL_AD_ACCESS_DENIED ||
                                      alert == SSL_AD_DECRYPT_ERROR ||
                                      (alert >= SSL_AD_NO_CERTIFICATE && alert <= SSL_AD_CERTIFICATE_UNKNOWN);
    throw_tls_failed("the server refused with an alert: " + last_openssl_error(),
                     is_about_certificate ? "the server may require a client certificate, or refuse this one: see "
                                            "options.tls.client_certificate and client_key"
                                          : "the server must speak TLS 1.2 or later on this port");
}

} // namespace foundry::inline FOUNDRY_ABI::http::detail
