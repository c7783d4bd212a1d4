// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/http/request_head.hpp>
#include <foundry/detail/http/tunnel.hpp>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

using foundry::detail::concat;

inline constexpr std::size_t max_tunnel_head = 64 * 1024;

inline std::string authority_of(std::string const& host, std::uint16_t port)
{
    bool const is_ipv6 = host.find(':') != std::string::npos;
    return concat({is_ipv6 ? "[" : "", host, is_ipv6 ? "]:" : ":", std::to_string(port)});
}

/// The schemes that a 407 offers, such as "Negotiate, Basic".
inline std::string offered_schemes(response_headers const& headers)
{
    std::string schemes;
    for (auto const& field : headers) {
        if (!iequals(field.name, "proxy-authenticate") && !iequals(field.name, "www-authenticate"))
            continue;
        std::string_view const value = field.value;
        schemes.append(schemes.empty() ? "" : ", ").append(value.substr(0, value.find(' ')));
    }
    return schemes.empty() ? "no scheme" : schemes;
}

[[noreturn]] inline void throw_proxy_failed(proxy_server const& proxy, std::string_view what, std::string_view advice,
                                            bool should_retry)
{
    failure f;
    f.service_message = concat({"the proxy ", proxy.name(), " ", what});
    f.advice = advice;
    f.should_retry = should_retry;
    throw error(make_error_code(errc::proxy_failed), std::move(f));
}

[[noreturn]] inline void refuse_authentication(proxy_server const& proxy, unsigned status,
                                               response_headers const& headers)
{
    std::string const schemes = offered_schemes(headers);
    bool const offers_basic = status == 401 || foundry::detail::to_lower(schemes).find("basic") != std::string::npos;
    bool const has_credentials = !proxy.settings.authorization().empty();
    throw_proxy_failed(
        proxy, concat({"asks for authentication with status ", std::to_string(status), " and offers ", schemes}),
        !offers_basic ? "only Basic is supported; put a proxy in between that speaks the others, such as px or cntlm"
        : has_credentials ? "correct the user name and password of the proxy"
                          : "name them in its URL, http://user:password@host:port, or by proxy::set_credentials()",
        false);
}

[[noreturn]] inline void refuse_tunnel(proxy_server const& proxy, std::string_view target, response_head const& head)
{
    // tinyproxy answers wrong credentials with a 401.
    if (head.status == 407 || head.status == 401)
        refuse_authentication(proxy, head.status, head.headers);
    bool const is_passing = head.status == 502 || head.status == 503 || head.status == 504;
    throw_proxy_failed(proxy, concat({"refuses to connect to ", target, " with status ", std::to_string(head.status)}),
                       is_passing ? "the proxy does not reach that host; check its name, and how the proxy resolves it"
                                  : "check that the proxy allows this host and port",
                       is_passing);
}

} // namespace detail

FOUNDRY_DECL tunnel_request::tunnel_request(proxy_server const& by, std::string const& host, std::uint16_t port)
    : proxy_(by),
      target_(detail::authority_of(host, port)),
      parser_(detail::max_tunnel_head)
{
    std::string_view const authorization = by.settings.authorization();
    message_.reserve(2 * target_.size() + authorization.size() + 80); // so that no reallocation leaves a copy
    message_.append("CONNECT ").append(target_).append(" HTTP/1.1\r\n");
    append_field(message_, "Host", target_);
    if (!authorization.empty())
        append_field(message_, "Proxy-Authorization", authorization);
    message_.append("\r\n");
}

FOUNDRY_DECL tunnel_request::~tunnel_request() { foundry::detail::cleanse(message_.data(), message_.size()); }

FOUNDRY_DECL boost::asio::mutable_buffer tunnel_request::space() noexcept { return boost::asio::buffer(buffer_); }

FOUNDRY_DECL bool tunnel_request::receive(std::size_t count)
{
    if (count == 0) {
        fail("closed the connection instead of opening a tunnel to " + target_,
             "check that this proxy may connect to it", true);
    }
    unparsed_.append(buffer_, count);
    try {
        unparsed_.erase(0, parser_.feed(unparsed_));
    } catch (error const& e) {
        fail("gives no answer of HTTP: " + e.message(),
             "check the proxy's URL; https:// is for TLS to the proxy itself", false);
    }
    if (!parser_.has_head())
        return false;
    if (response_head const& head = parser_.head(); head.status < 200 || head.status > 299)
        detail::refuse_tunnel(proxy_, target_, head);
    if (!unparsed_.empty())
        fail("sends bytes before the server can have answered", "this proxy cannot be used", false);
    return true;
}

FOUNDRY_DECL void tunnel_request::fail(std::string_view what, std::string_view advice, bool should_retry) const
{
    detail::throw_proxy_failed(proxy_, what, advice, should_retry);
}

FOUNDRY_DECL void refuse_if_of_proxy(origin const& to, response_headers const& headers)
{
    if (to.is_through_plain_proxy())
        detail::refuse_authentication(*to.proxy, 407, headers);
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
