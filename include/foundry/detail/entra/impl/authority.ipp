// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/environment.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/entra/authority.hpp>
#include <foundry/detail/http/tls.hpp>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// Microsoft's authorities. A secret goes to any other authority only if allow_unknown_authority is set.
inline constexpr std::string_view known_authorities[] = {
    "login.microsoftonline.com",
    "login.windows.net",
    "login.microsoft.com",
    "sts.windows.net",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "login.microsoftonline.us",
    "login.usgovcloudapi.net",
    "login-us.microsoftonline.com",
    "login.sovcloud-identity.fr",
    "login.sovcloud-identity.de",
    "login.sovcloud-identity.sg",
};

inline bool is_known_authority(std::string_view host)
{
    for (std::string_view const known : known_authorities)
        if (host == known)
            return true;
    return false;
}

inline bool is_tenant_character(char c)
{
    return foundry::detail::is_alpha(c) || foundry::detail::is_digit(c) || c == '.' || c == '-';
}

FOUNDRY_DECL void check_tenant(std::string_view tenant)
{
    bool const sound = !tenant.empty() && foundry::detail::all_of(tenant, is_tenant_character) &&
                       tenant.find_first_not_of('.') != tenant.npos;
    if (!sound)
        foundry::detail::throw_invalid_argument(
            "a tenant is an id or a domain name, of letters, digits, . and -; set AZURE_TENANT_ID or the "
            "credential's tenant to it");
}

FOUNDRY_DECL authority::authority(credential_options const& with, std::string tenant)
    : tenant_(std::move(tenant)),
      allowed_(allowed_tenants(with.additionally_allowed_tenants)),
      own_tenant_only_(foundry::detail::is_on(foundry::detail::environment("AZURE_IDENTITY_DISABLE_MULTITENANTAUTH")))
{
    check_tenant(tenant_);
    std::string text =
        with.authority_host.empty() ? foundry::detail::environment("AZURE_AUTHORITY_HOST") : with.authority_host;
    if (text.empty())
        text = "https://login.microsoftonline.com";
    if (text.find("://") == text.npos)
        text = "https://" + text;
    http::url const url = http::parse_url(text);
    bool const is_origin = url.secure && !url.user_info && url.query.empty() && (url.path.empty() || url.path == "/");
    if (!is_origin)
        foundry::detail::throw_invalid_argument("the authority (AZURE_AUTHORITY_HOST) is an https origin such as "
                                                "https://login.microsoftonline.com, without path, query or user name");
    if (!with.allow_unknown_authority && !is_known_authority(url.host))
        foundry::detail::throw_invalid_argument(
            "the authority " + url.host +
            " is none of Microsoft's, and would be shown the credential's secret; set "
            "credential_options::allow_unknown_authority if that is intended");
    origin_ = "https://" + url.host;
    if (url.port != 443)
        origin_ += ':' + std::to_string(url.port);
}

FOUNDRY_DECL bool authority::is_adfs() const noexcept { return http::iequals(tenant_, "adfs"); }

FOUNDRY_DECL std::string resolve_tenant(std::string_view own, std::string_view requested,
                                        std::vector<std::string> const& allowed, bool own_only)
{
    if (requested.empty() || http::iequals(requested, own) || http::iequals(own, "adfs") || (own_only && !own.empty()))
        return std::string(own);
    check_tenant(requested);
    if (own.empty())
        return std::string(requested);
    for (std::string const& one : allowed)
        if (one == "*" || http::iequals(one, requested))
            return std::string(requested);
    foundry::detail::throw_invalid_argument("a token for the tenant " + std::string(requested) +
                                            " is asked of a credential of another; add it to "
                                            "credential_options::additionally_allowed_tenants, or * for any");
}

FOUNDRY_DECL std::string authority::resolve(std::string_view requested) const
{
    return resolve_tenant(tenant_, requested, allowed_, own_tenant_only_);
}

FOUNDRY_DECL std::vector<std::string> allowed_tenants(std::vector<std::string> const& given)
{
    if (!given.empty())
        return given;
    std::vector<std::string> all;
    std::string const text = foundry::detail::environment("AZURE_ADDITIONALLY_ALLOWED_TENANTS");
    for (std::size_t at = 0; at < text.size();) {
        std::size_t const end = (std::min)(text.find(';', at), text.size());
        if (end != at)
            all.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

FOUNDRY_DECL std::string authority::token_url(std::string_view tenant) const
{
    if (http::iequals(tenant, "adfs"))
        return origin_ + "/adfs/oauth2/token";
    return origin_ + '/' + std::string(tenant) + "/oauth2/v2.0/token";
}

FOUNDRY_DECL http::url authority::token_endpoint(std::string_view tenant) const
{
    return http::parse_url(token_url(tenant));
}

FOUNDRY_DECL transport make_transport(credential_options const& with)
{
    transport t;
    t.tls = http::tls_context_for(with.tls);
    t.connect_address = with.connect_address;
    t.connect_port = with.connect_port;
    t.timeout = with.timeout;
    return t;
}

FOUNDRY_DECL authority_transport::authority_transport(credential_options const& with)
    : own_(make_transport(with)),
      proxies_(with.proxy),
      has_own_tls_(!http::is_default(with.tls)),
      has_own_proxy_(!with.proxy.from_environment())
{}

FOUNDRY_DECL transport authority_transport::to(http::url const& where, token_request const& request) const
{
    transport t = own_;
    http::client_transport const* const client = request.transport.get();
    if (client != nullptr && client->authority_tls && !has_own_tls_)
        t.tls = client->authority_tls;
    bool const as_client = client != nullptr && !has_own_proxy_;
    http::proxy_rules const& proxies = as_client ? client->proxies : proxies_;
    if (t.connect_address.empty())
        t.proxy = proxies.find(where.secure, where.host,
                               [&] { return as_client && client->proxy_tls ? client->proxy_tls : t.tls; });
    return t;
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
