// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/detail/entra/http_request.hpp>
#include <foundry/detail/http/proxy_rules.hpp>
#include <foundry/entra/credential_options.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// The tenant of an application or a user, and the authority that gives tokens for it.
class authority
{
public:
    /// @throws foundry::error (`errc::invalid_argument`) if the tenant has a character that no tenant has, or if the authority is not an
    /// https origin, or is unknown and not allowed.
    authority(credential_options const& with, std::string tenant);

    std::string const& tenant() const noexcept { return tenant_; }
    bool is_adfs() const noexcept;

    /// The tenant of a request.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) if it is neither the credential's own tenant nor allowed.
    std::string resolve(std::string_view requested) const;

    /// The token endpoint of a tenant. As a text, it is the audience of an assertion.
    http::url token_endpoint(std::string_view tenant) const;
    std::string token_url(std::string_view tenant) const;

private:
    std::string tenant_;
    std::string origin_; // scheme and host, without a slash
    std::vector<std::string> allowed_;
    bool own_tenant_only_ = false;
};

/// @throws foundry::error (`errc::invalid_argument`) if the text has a character that no tenant's name or id has.
FOUNDRY_DECL void check_tenant(std::string_view tenant);

/// The tenant of a request. If `own` is empty, the tool's login decides.
FOUNDRY_DECL std::string resolve_tenant(std::string_view own, std::string_view requested,
                                        std::vector<std::string> const& allowed, bool own_only);

/// The allowed tenants from the options, or else from `AZURE_ADDITIONALLY_ALLOWED_TENANTS`.
FOUNDRY_DECL std::vector<std::string> allowed_tenants(std::vector<std::string> const& given);

/// The transport of the options, with its TLS context and without a proxy.
FOUNDRY_DECL transport make_transport(credential_options const& with);

/// How a credential connects to its authority: as its options say, and otherwise as the client that asks for the token.
class authority_transport
{
public:
    explicit authority_transport(credential_options const& with);

    transport to(http::url const& where, token_request const& request) const;

private:
    transport own_;
    http::proxy_rules proxies_;
    bool has_own_tls_;
    bool has_own_proxy_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/authority.ipp>
#endif
