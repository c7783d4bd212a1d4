// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>
#include <foundry/secret.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

/// The HTTP proxy of a client.
///
///     foundry::options with;
///     with.proxy = "http://proxy.contoso.com:3128";
///     with.proxy.set_credentials(user, password);
///
/// A connection to an https endpoint is a tunnel through the proxy (`CONNECT`), so the proxy does not see what is sent; requests to a plain
/// http endpoint are sent to the proxy itself. No proxy is used for loopback hosts, after `endpoint::connect_to`, and for managed identity.
/// The only authentication scheme is Basic.
///
/// Thread safety: as a value; const members may be called from several threads.
class proxy
{
public:
    /// As the environment says when the client is made, with the rules of curl. The first variable that is set decides: for https
    /// endpoints `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY`; for http endpoints `http_proxy`, `all_proxy`, `ALL_PROXY`.
    /// `no_proxy` or `NO_PROXY` lists the hosts that need no proxy: host names with their subdomains, IP addresses, networks such as
    /// `10.0.0.0/8`, or `*` for all.
    proxy() = default;

    /// A proxy for all hosts; `no_proxy` belongs to that of the environment.
    ///
    /// @param url `http://host:port`, also without `http://`; `https://host:port` for TLS to the proxy itself. The port is 1080 for http
    /// and 443 for https if the URL has none. May hold percent-encoded credentials: `http://user:password@host:port`.
    /// @throws foundry::error (`errc::invalid_argument`) if the text is not such a URL. The message repeats no part of it.
    proxy(std::string_view url);
    proxy(char const* url) : proxy(std::string_view(url)) {}
    proxy(std::string const& url) : proxy(std::string_view(url)) {}

    /// No proxy, whatever the environment says.
    static proxy none();

    /// @throws foundry::error (`errc::invalid_argument`) if the user name has a colon, or one of the two a control character.
    proxy& set_credentials(std::string_view user, std::string_view password);

    /// Whether the environment decides.
    bool from_environment() const noexcept { return choice_ == choice::environment; }
    /// Host in lower case, without brackets; empty unless a URL was given.
    std::string const& host() const noexcept { return host_; }
    std::uint16_t port() const noexcept { return port_; }
    /// Whether the connection to the proxy is TLS.
    bool secure() const noexcept { return secure_; }
    /// The value of `Proxy-Authorization`; empty without credentials.
    std::string_view authorization() const noexcept { return authorization_ ? authorization_->reveal() : ""; }

private:
    enum class choice
    {
        environment,
        none,
        url,
    };

    choice choice_ = choice::environment;
    bool secure_ = false;
    std::uint16_t port_ = 0;
    std::string host_;
    std::shared_ptr<secret const> authorization_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/proxy.ipp>
#endif
