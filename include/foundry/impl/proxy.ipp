// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/core/field_text.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/core/url.hpp>
#include <foundry/error.hpp>
#include <foundry/proxy.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// The URL of a proxy; one without a scheme is http, as curl has it.
inline http::url parse_proxy_url(std::string_view text)
{
    bool const has_scheme = text.find("://") != text.npos;
    std::string const scheme = has_scheme ? to_lower(text.substr(0, text.find("://"))) : std::string();
    if (has_scheme && scheme != "http" && scheme != "https") {
        throw_invalid_argument("the scheme of the proxy's URL is not supported; write http:// or https://, and put an "
                               "HTTP proxy in front of a SOCKS proxy");
    }
    std::string whole = has_scheme ? std::string(text) : concat({"http://", text});
    scoped_wipe const wipe(whole);
    try {
        return http::parse_url(whole);
    } catch (error const& e) {
        throw_invalid_argument("as the proxy's, " + e.advice());
    }
}

/// Whether the authority of the URL ends with a port.
inline bool names_port(std::string_view text)
{
    if (auto const scheme = text.find("://"); scheme != text.npos)
        text.remove_prefix(scheme + 3);
    text = text.substr(0, text.find('/'));
    text.remove_prefix(text.rfind('@') + 1); // npos + 1 is 0
    return text.find(':', text.rfind(']') + 1) != text.npos;
}

} // namespace detail

FOUNDRY_DECL proxy::proxy(std::string_view text) : choice_(choice::url)
{
    http::url parsed = detail::parse_proxy_url(text);
    if (!(parsed.path.empty() || parsed.path == "/") || !parsed.query.empty())
        detail::throw_invalid_argument("the proxy's URL has a path; write http://host:port");
    secure_ = parsed.secure;
    host_ = parsed.host;
    port_ = detail::names_port(text) || secure_ ? parsed.port : 1080;
    if (!parsed.user_info)
        return;
    detail::scoped_wipe const wipe_info(*parsed.user_info);
    std::string_view const info = *parsed.user_info;
    auto const colon = (std::min)(info.find(':'), info.size());
    std::string user = http::percent_decode(info.substr(0, colon)).value_or("");
    std::string password = http::percent_decode(info.substr(std::min(colon + 1, info.size()))).value_or("");
    detail::scoped_wipe const wipe_user(user);
    detail::scoped_wipe const wipe_password(password);
    set_credentials(user, password);
}

FOUNDRY_DECL proxy proxy::none()
{
    proxy direct;
    direct.choice_ = choice::none;
    return direct;
}

FOUNDRY_DECL proxy& proxy::set_credentials(std::string_view user, std::string_view password)
{
    if (user.find(':') != user.npos || http::detail::has_control(user) || http::detail::has_control(password)) {
        detail::throw_invalid_argument("the credentials of the proxy have a control character, or its user name a "
                                       "colon; a password read from a file often has a line break to trim");
    }
    std::string pair = detail::concat({user, ":", password});
    detail::scoped_wipe const wipe_pair(pair);
    std::string encoded = detail::to_base64(pair);
    detail::scoped_wipe const wipe_encoded(encoded);
    std::string value;
    value.reserve(encoded.size() + 6); // so that no reallocation leaves a copy
    value.append("Basic ").append(encoded);
    detail::scoped_wipe const wipe_value(value);
    authorization_ = std::shared_ptr<secret const>(new secret(value));
    return *this;
}

} // namespace foundry::inline FOUNDRY_ABI
