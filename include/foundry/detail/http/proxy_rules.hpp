// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/tls.hpp>
#include <foundry/proxy.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// A proxy that connections go through.
struct proxy_server
{
    proxy_server() = default;

    foundry::proxy settings;
    std::string source; ///< What names the proxy: an option, or a variable of the environment.
    context_ptr tls;    ///< Null: plain TCP to the proxy.

    /// Host and port, for messages.
    std::string name() const;
};

/// Which proxy a connection goes through: what an option says, or the environment as it was when the object was made.
class proxy_rules
{
public:
    explicit proxy_rules(foundry::proxy const& option);

    /// The proxy for a host, or null.
    ///
    /// @param host without brackets; one on this machine needs no proxy.
    /// @param tls_of gives the context for a proxy that speaks TLS; not called for others.
    /// @throws foundry::error (`errc::invalid_argument`) if a variable of the environment holds no URL of a proxy.
    template <class TlsOf>
    std::shared_ptr<proxy_server const> find(bool is_https, std::string const& host, TlsOf tls_of) const
    {
        std::shared_ptr<proxy_server> server = find_settings(is_https, host);
        if (server && server->settings.secure())
            server->tls = tls_of();
        return server;
    }

private:
    /// What names a proxy.
    struct entry
    {
        entry() = default;

        std::string source;
        foundry::proxy settings = foundry::proxy::none();
        std::string problem; ///< Empty if the URL is one.
    };

    std::shared_ptr<proxy_server> find_settings(bool is_https, std::string const& host) const;
    static entry read_environment(std::initializer_list<char const*> names);

    entry for_https_;
    entry for_http_;
    std::string excluded_; // hosts
};

/// How a client connects, for what connects on its behalf: a credential to its authority.
struct client_transport
{
    client_transport(proxy_rules p, context_ptr proxy, context_ptr authority)
        : proxies(std::move(p)),
          proxy_tls(std::move(proxy)),
          authority_tls(std::move(authority))
    {}

    proxy_rules proxies;
    context_ptr proxy_tls; ///< For a proxy that speaks TLS; null if the client has none.
    context_ptr
        authority_tls; ///< Trusts the system's authorities and the additional ones; null without additional ones.
};

/// Whether a list such as that in `NO_PROXY` has the host, with the rules of curl 7.88: https://everything.curl.dev/usingcurl/proxies/env.
FOUNDRY_DECL bool is_excluded(std::string_view host, std::string_view list);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/proxy_rules.ipp>
#endif
