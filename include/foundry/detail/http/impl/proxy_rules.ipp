// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/environment.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/ip_address.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/core/url.hpp>
#include <foundry/detail/http/proxy_rules.hpp>

#include <algorithm>
#include <initializer_list>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// The bytes of an address; empty if the text is none.
inline std::string address_bytes(std::string_view text)
{
    auto const address = foundry::detail::parse_ip(text);
    std::string bytes;
    if (address && address->is_v4()) {
        auto const v4 = address->to_v4().to_bytes();
        bytes.assign(v4.begin(), v4.end());
    } else if (address) {
        auto const v6 = address->to_v6().to_bytes();
        bytes.assign(v6.begin(), v6.end());
    }
    return bytes;
}

/// Whether an address is another one, or is in a network such as `10.0.0.0/8`.
inline bool is_in_network(std::string const& address, std::string_view network)
{
    auto const slash = (std::min)(network.find('/'), network.size());
    std::string const base = address_bytes(network.substr(0, slash));
    if (base.size() != address.size())
        return false;
    std::size_t bits = 8 * base.size();
    if (slash != network.size()) {
        std::uint64_t const given = foundry::detail::whole_number(network.substr(slash + 1), 10).value_or(bits + 1);
        if (given > bits)
            return false;
        bits = given != 0 ? static_cast<std::size_t>(given) : bits; // curl takes a length of 0 for the whole address
    }
    std::size_t const whole = bits / 8;
    unsigned const mask = 0xffu & (0xff00u >> (bits % 8));
    auto const differs = [&](std::size_t i) { return static_cast<unsigned char>(base[i] ^ address[i]); };
    return address.compare(0, whole, base, 0, whole) == 0 && (mask == 0 || (differs(whole) & mask) == 0);
}

/// Whether a host is a domain or in it.
inline bool is_in_domain(std::string_view host, std::string_view domain)
{
    if (domain.ends_with('.'))
        domain.remove_suffix(1);
    if (domain.starts_with('.'))
        domain.remove_prefix(1);
    if (domain.empty() || domain.size() > host.size())
        return false;
    std::size_t const start = host.size() - domain.size();
    return iequals(host.substr(start), domain) && (start == 0 || host[start - 1] == '.');
}

} // namespace detail

FOUNDRY_DECL std::string proxy_server::name() const
{
    bool const is_ipv6 = settings.host().find(':') != std::string::npos;
    return foundry::detail::concat({is_ipv6 ? "[" : "", settings.host(), is_ipv6 ? "]:" : ":",
                                    std::to_string(settings.port()), " (from ", source, ")"});
}

FOUNDRY_DECL bool is_excluded(std::string_view host, std::string_view list)
{
    if (list == "*")
        return true;
    std::string const address = detail::address_bytes(host);
    while (!list.empty()) {
        auto const end = (std::min)(list.find_first_of(", \t"), list.size());
        std::string_view const entry = list.substr(0, end);
        if (!entry.empty() &&
            (address.empty() ? detail::is_in_domain(host, entry) : detail::is_in_network(address, entry)))
            return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

FOUNDRY_DECL proxy_rules::entry proxy_rules::read_environment(std::initializer_list<char const*> names)
{
    entry found;
    for (char const* const name : names) {
        std::string url = foundry::detail::environment(name);
        foundry::detail::scoped_wipe const wipe(url);
        if (url.empty())
            continue;
        found.source = std::string("the variable ") + name;
        try {
            found.settings = foundry::proxy(url);
        } catch (error const& e) {
            found.problem = e.advice();
        }
        break;
    }
    return found;
}

FOUNDRY_DECL proxy_rules::proxy_rules(foundry::proxy const& option)
{
    for_https_.source = for_http_.source = "options.proxy";
    for_https_.settings = for_http_.settings = option;
    if (!option.from_environment())
        return;
    for_https_ = read_environment({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
    // HTTP_PROXY is a header of CGI; on Windows, where names have no case, it is the same variable as http_proxy.
#if defined(_WIN32)
    bool const is_cgi = !foundry::detail::environment("REQUEST_METHOD").empty();
#else
    bool const is_cgi = false;
#endif
    for_http_ = read_environment({is_cgi ? "all_proxy" : "http_proxy", "all_proxy", "ALL_PROXY"});
    excluded_ = foundry::detail::environment("no_proxy");
    if (excluded_.empty())
        excluded_ = foundry::detail::environment("NO_PROXY");
}

FOUNDRY_DECL std::shared_ptr<proxy_server> proxy_rules::find_settings(bool is_https, std::string const& host) const
{
    entry const& named = is_https ? for_https_ : for_http_;
    bool const is_direct = named.settings.host().empty() && named.problem.empty();
    if (is_direct || is_loopback(host) || is_excluded(host, excluded_))
        return nullptr;
    if (!named.problem.empty()) {
        foundry::detail::throw_invalid_argument(named.source + ": " + named.problem +
                                                "; or set options.proxy, which is stronger");
    }
    std::shared_ptr<proxy_server> server(new proxy_server());
    server->settings = named.settings;
    server->source = named.source;
    return server;
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
