// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/duration_text.hpp>
#include <foundry/detail/http/time_limits.hpp>

#include <string>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// Text that the length of the limit follows.
inline std::string what_is_late(limit const& passed, std::string const& host)
{
    switch (passed.code) {
    case errc::token_timeout:
        return "no token for " + host + " within ";
    case errc::connect_timeout:
        return "no connection to " + host + " within ";
    case errc::tls_timeout:
        return "no TLS handshake with " + host + " within ";
    case errc::pool_timeout:
        return "no free connection to " + host + " within ";
    case errc::write_timeout:
        return host + " has taken no byte of the request for ";
    case errc::first_byte_timeout:
        return "no answer from " + host + " within ";
    case errc::silence_timeout:
        return "no byte from " + host + " for ";
    case errc::stall_timeout:
        return "no content from " + host + " for ";
    default:
        return (passed.of_stream ? "the stream from " : "the call to ") + host + " has taken longer than ";
    }
}

inline std::string_view advise_on_limit(limit const& passed)
{
    switch (passed.code) {
    case errc::token_timeout:
        return "look at where the credential asks, or raise options.timeouts.token";
    case errc::connect_timeout:
        return "check the endpoint's host and port, and whether a firewall or proxy stands between; "
               "or raise options.timeouts.connect";
    case errc::tls_timeout:
        return "check that the server speaks TLS on this port; or raise options.timeouts.tls";
    case errc::pool_timeout:
        return "raise options.pool.max_connections or options.timeouts.pool";
    case errc::write_timeout:
        return "look at the network in between, or raise options.timeouts.write";
    case errc::first_byte_timeout:
        return passed.of_stream ? "ask for less, or raise options.timeouts.first_byte"
                                : "ask for less, stream the answer, or raise options.timeouts.first_byte";
    case errc::silence_timeout:
        return "raise options.timeouts.silence, or look at the network in between";
    case errc::stall_timeout:
        return "the connection is alive but delivers no content; retry the request, or raise options.timeouts.stall";
    default:
        return passed.of_stream ? "raise options.timeouts.stream_total, or ask for less"
                                : "raise options.timeouts.total, or ask for less";
    }
}

} // namespace detail

FOUNDRY_DECL error limit_error(limit const& passed, std::string_view host)
{
    if (passed.code == errc::client_closed)
        return error(errc::client_closed, "make another client for further calls");
    failure f;
    f.service_message = detail::what_is_late(passed, std::string(host)) + foundry::detail::in_words(passed.span);
    f.advice = detail::advise_on_limit(passed);
    return error(make_error_code(passed.code), std::move(f));
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
