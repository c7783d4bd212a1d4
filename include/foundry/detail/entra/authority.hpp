// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/http_request.hpp>
#include <foundry/entra/credential_options.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// Whom an application or a user belongs to, and where tokens are given for them.
class authority
{
public:
    /// @throws foundry::error (`errc::invalid_argument`) where the tenant has a character that no tenant has, or the authority is no
    /// https origin, or is unknown and was not allowed.
    authority(credential_options const& with, std::string tenant);

    std::string const& tenant() const noexcept { return tenant_; }
    bool is_adfs() const noexcept;

    /// The tenant that a request is for.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) where it is another than the credential's own and was not allowed.
    std::string resolve(std::string_view requested) const;

    /// Where tokens of a tenant are given. As a text, the audience of an assertion.
    http::url token_endpoint(std::string_view tenant) const;
    std::string token_url(std::string_view tenant) const;

private:
    std::string tenant_;
    std::string origin_; // scheme and host, without a slash
    std::vector<std::string> allowed_;
    bool own_tenant_only_ = false;
};

/// @throws foundry::error (`errc::invalid_argument`) where it has a character that no tenant's name or id has.
FOUNDRY_DECL void check_tenant(std::string_view tenant);

/// The tenant that a request is for (one's own may be empty: that of whoever has logged in).
FOUNDRY_DECL std::string resolve_tenant(std::string_view own, std::string_view requested,
                                        std::vector<std::string> const& allowed, bool own_only);

/// From the options, or else from `AZURE_ADDITIONALLY_ALLOWED_TENANTS`.
FOUNDRY_DECL std::vector<std::string> allowed_tenants(std::vector<std::string> const& given);

/// The transport of the options, with its TLS context.
FOUNDRY_DECL transport make_transport(credential_options const& with);

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/authority.ipp>
#endif
