// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Parses an IPv4 address of four decimal numbers. Not by the system: Windows takes `127.1`, too.
inline std::optional<boost::asio::ip::address_v4> parse_ipv4(std::string_view text)
{
    boost::asio::ip::address_v4::bytes_type bytes{};
    for (std::size_t i = 0; i != bytes.size(); ++i) {
        if (i != 0 && !text.starts_with('.'))
            return {};
        text.remove_prefix(i != 0 ? 1 : 0);
        std::size_t const size = text.size();
        bool const has_zero = text.starts_with('0');
        auto const number = take_number(text, 10);
        if (!number || *number > 255 || (has_zero && size - text.size() > 1))
            return {};
        bytes[i] = static_cast<unsigned char>(*number);
    }
    return text.empty() ? std::optional(boost::asio::ip::address_v4(bytes)) : std::nullopt;
}

/// Parses an IPv4 or IPv6 address without brackets.
inline std::optional<boost::asio::ip::address> parse_ip(std::string_view text)
{
    if (auto const v4 = parse_ipv4(text))
        return *v4;
    if (text.find_first_of("[]/") != std::string_view::npos) // Windows takes brackets, and a port after them
        return {};
    boost::system::error_code ec;
    auto const v6 = boost::asio::ip::make_address_v6(std::string(text), ec);
    return ec ? std::nullopt : std::optional<boost::asio::ip::address>(v6);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
