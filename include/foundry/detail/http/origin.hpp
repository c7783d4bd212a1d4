// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/proxy_rules.hpp>
#include <foundry/detail/http/tls.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Where a connection goes to.
struct origin
{
    origin() = default;

    std::string host;            ///< For SNI and the certificate check.
    std::string connect_address; ///< Address or host name that the socket connects to.
    std::uint16_t connect_port = 0;
    context_ptr tls;                           ///< Null: plain TCP.
    std::shared_ptr<proxy_server const> proxy; ///< Null: direct.

    /// Whether requests are sent to the proxy itself, rather than through a tunnel.
    bool is_through_plain_proxy() const noexcept { return proxy && !tls; }
    /// What the socket connects to.
    std::string const& first_host() const noexcept { return proxy ? proxy->settings.host() : connect_address; }
    std::uint16_t first_port() const noexcept { return proxy ? proxy->settings.port() : connect_port; }
    /// The host and the way to it, for messages.
    std::string name() const { return proxy ? host + " through the proxy " + proxy->name() : host; }
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
