// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/core/ip_address.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/core/url.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

inline constexpr bool is_unreserved(char c)
{
    return foundry::detail::is_alpha(c) || foundry::detail::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

inline constexpr bool is_sub_delim(char c)
{
    return c != '\0' && std::string_view("!$&'()*+,;=").find(c) != std::string_view::npos;
}

/// Takes the text before the first byte of `ends` off `rest`.
inline std::string_view take_until(std::string_view& rest, std::string_view ends)
{
    auto const part = rest.substr(0, rest.find_first_of(ends));
    rest.remove_prefix(part.size());
    return part;
}

inline void check_bytes(std::string_view text)
{
    for (std::size_t i = 0; i != text.size(); ++i) {
        char const c = text[i];
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\')
            foundry::detail::throw_invalid_argument("the URL has a blank, a control character or a backslash at byte " +
                                                    std::to_string(i) + "; remove it");
    }
}

/// Whether the text consists of percent triplets, unreserved characters, sub-delimiters and characters of `extra`.
inline bool is_encoded(std::string_view text, std::string_view extra)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (c == '%') {
            if (text.size() - i < 3 || !foundry::detail::is_hex(text[i + 1]) || !foundry::detail::is_hex(text[i + 2]))
                return false;
            i += 2;
        } else if (!is_unreserved(c) && !is_sub_delim(c) && extra.find(c) == std::string_view::npos) {
            return false;
        }
    }
    return true;
}

inline bool take_scheme(std::string_view& rest)
{
    auto const end = rest.find("://");
    auto const scheme = foundry::detail::to_lower(rest.substr(0, end));
    if (end == std::string_view::npos || scheme.find_first_of("/?#@.") != std::string::npos)
        foundry::detail::throw_invalid_argument("the URL does not say how to connect; put https:// in front "
                                                "(http:// for a server on this machine)");
    if (scheme != "https" && scheme != "http")
        foundry::detail::throw_invalid_argument("the scheme of the URL is not supported; use https://");
    rest.remove_prefix(end + 3);
    return scheme == "https";
}

/// Resolvers read `127.1` and `0x7f000001` as addresses; this detects such spellings, which the caller refuses.
inline bool ends_in_number(std::string_view host)
{
    auto const last = host.substr(host.rfind('.') + 1);
    auto const hex = last.starts_with("0x");
    return !last.empty() &&
           foundry::detail::all_of(last.substr(hex ? 2 : 0), hex ? foundry::detail::is_hex : foundry::detail::is_digit);
}

inline void check_labels(std::string_view name)
{
    if (name.size() > 255)
        foundry::detail::throw_invalid_argument("the host name of the URL is longer than 255 bytes; shorten it");
    while (true) {
        auto const label = take_until(name, ".");
        if (label.empty() || label.size() > 63)
            foundry::detail::throw_invalid_argument(
                "a part of the host name of the URL is empty or longer than 63 bytes; write it as "
                "in resource.openai.azure.com");
        if (name.empty())
            return;
        name.remove_prefix(1);
    }
}

inline std::string parse_name(std::string_view text)
{
    std::string name = foundry::detail::to_lower(text);
    if (!foundry::detail::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
        foundry::detail::throw_invalid_argument(
            "the host name of the URL is not ASCII; write its punycode form (xn--...)");
    if (name.empty())
        foundry::detail::throw_invalid_argument(
            "the URL has no host name; write it as in https://resource.openai.azure.com");
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") != std::string::npos)
        foundry::detail::throw_invalid_argument(
            "the host name of the URL has a character that no host name has; use letters, digits, "
            "'-', '.' and '_', and put the real name where a placeholder stands");
    if (name.ends_with('.'))
        name.pop_back();
    check_labels(name);
    if (ends_in_number(name) && !foundry::detail::parse_ipv4(name))
        foundry::detail::throw_invalid_argument(
            "the host of the URL looks like an IPv4 address but is none; write all four numbers");
    return name;
}

inline std::string parse_literal(std::string_view text)
{
    boost::system::error_code ec;
    auto const address = boost::asio::ip::make_address_v6(text, ec);
    if (ec || text.find('%') != std::string_view::npos)
        foundry::detail::throw_invalid_argument(
            "the URL has brackets without an IPv6 address in them; write it as in http://[::1]:8080");
    return address.to_string();
}

inline std::uint16_t parse_port(std::string_view text)
{
    std::uint64_t const port = foundry::detail::whole_number(text, 10).value_or(0);
    if (port == 0 || port > 65535)
        foundry::detail::throw_invalid_argument(
            "the port of the URL is not a number from 1 to 65535; correct it or leave it off "
            "together with the colon");
    return static_cast<std::uint16_t>(port);
}

inline void parse_authority(std::string_view text, url& result)
{
    if (auto const at = text.rfind('@'); at != std::string_view::npos) {
        result.user_info.emplace(text.substr(0, at));
        text.remove_prefix(at + 1);
        if (!is_encoded(*result.user_info, ":"))
            foundry::detail::throw_invalid_argument(
                "the user-info of the URL (what stands before the '@') is malformed; remove it");
    }
    if (text.starts_with('[')) {
        text.remove_prefix(1);
        auto const literal = take_until(text, "]");
        result.host = parse_literal(text.empty() ? std::string_view() : literal);
        text.remove_prefix(std::min<std::size_t>(text.size(), 1));
    } else {
        result.host = parse_name(take_until(text, ":"));
    }
    if (!text.empty() && text.front() != ':')
        foundry::detail::throw_invalid_argument("the URL has text between its IPv6 address and its port; remove it");
    if (!text.empty())
        result.port = parse_port(text.substr(1));
}

inline std::string percent_encode(std::string_view text, std::string_view also_kept)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        if (is_unreserved(c) || also_kept.find(c) != std::string_view::npos) {
            out += c;
        } else {
            auto const u = static_cast<unsigned char>(c);
            out += {'%', digits[u >> 4], digits[u & 15]};
        }
    }
    return out;
}

} // namespace detail

FOUNDRY_DECL url parse_url(std::string_view text)
{
    detail::check_bytes(text);
    url result;
    result.secure = detail::take_scheme(text);
    result.port = result.secure ? 443 : 80;
    detail::parse_authority(detail::take_until(text, "/?#"), result);
    if (text.find('#') != std::string_view::npos)
        foundry::detail::throw_invalid_argument("the URL has a fragment; remove the '#' and what follows it");
    result.path = detail::take_until(text, "?");
    result.query = text.substr(std::min<std::size_t>(text.size(), 1));
    if (!detail::is_encoded(result.path, "/:@") || !detail::is_encoded(result.query, "/:@?"))
        foundry::detail::throw_invalid_argument(
            "the path or the query of the URL has a character that must not stand there as it is; "
            "percent-encode it, or put the real name where a placeholder stands");
    return result;
}

FOUNDRY_DECL bool is_loopback(std::string_view host)
{
    if (host == "localhost" || host.ends_with(".localhost"))
        return true;
    auto const address = foundry::detail::parse_ip(host);
    return address && address->is_loopback();
}

FOUNDRY_DECL std::string percent_encode_segment(std::string_view text) { return detail::percent_encode(text, ""); }

FOUNDRY_DECL std::string percent_encode_query(std::string_view text) { return detail::percent_encode(text, "/:"); }

FOUNDRY_DECL std::optional<std::string> percent_decode(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        auto const digits = text.substr(i + 1, 2);
        auto const byte = foundry::detail::whole_number(digits, 16);
        if (digits.size() < 2 || !byte)
            return std::nullopt;
        out += static_cast<char>(*byte);
        i += 2;
    }
    return out;
}

/// Whether a server could step upwards in this path, whichever of its encoded bytes it decodes first.
FOUNDRY_DECL bool has_dot_segment(std::string_view path)
{
    auto const decoded = percent_decode(path).value_or(std::string(path)) + '/';
    for (std::string_view rest = decoded; !rest.empty(); rest.remove_prefix(rest.find('/') + 1)) {
        auto const segment = rest.substr(0, rest.find('/'));
        if (segment == "." || segment == "..")
            return true;
    }
    return false;
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
