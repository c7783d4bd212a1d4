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
    /// @param tls for a connection to the proxy that is TLS; may be null if it is not.
    /// @throws foundry::error (`errc::invalid_argument`) if a variable of the environment holds no URL of a proxy.
    std::shared_ptr<proxy_server const> find(bool is_https, std::string const& host, context_ptr const& tls) const;

private:
    /// What names a proxy.
    struct entry
    {
        entry() = default;

        std::string source;
        foundry::proxy settings = foundry::proxy::none();
        std::string problem; ///< Empty if the URL is one.
    };

    static entry read_environment(std::initializer_list<char const*> names);

    entry for_https_;
    entry for_http_;
    std::string excluded_; // hosts
};

/// How a client connects, for what connects on its behalf: a credential to its authority.
struct client_transport
{
    client_transport(proxy_rules p, context_ptr t) : proxies(std::move(p)), tls(std::move(t)) {}

    proxy_rules proxies;
    context_ptr tls; ///< Without a client certificate; null if the client uses no TLS.
};

/// Whether a list such as that in `NO_PROXY` has the host, with the rules of curl 7.88: https://everything.curl.dev/usingcurl/proxies/env.
FOUNDRY_DECL bool is_excluded(std::string_view host, std::string_view list);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/proxy_rules.ipp>
#endif
