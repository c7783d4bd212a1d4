// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// The parts of an absolute http or https URL (RFC 3986).
struct url
{
    url() = default;
    bool secure = true;                   ///< Whether the scheme is https.
    std::optional<std::string> user_info; ///< As given; may hold a password, so it belongs into no message.
    std::string host;                     ///< Lower case, without brackets and without a trailing dot.
    std::uint16_t port = 443;
    std::string path;  ///< As given, percent-encoded; empty, or starts with a slash.
    std::string query; ///< As given, percent-encoded, without the question mark.
};

/// Takes an absolute http or https URL apart.
///
/// Stricter than a browser: it mends nothing, and it takes no fragment.
///
/// @throws foundry::error (`errc::invalid_argument`) where it is not one. The message repeats no part of the URL.
FOUNDRY_DECL url parse_url(std::string_view text);

/// Whether a host, as `url::host` holds it, is this machine: `localhost`, `*.localhost`, 127.0.0.0/8 or ::1.
FOUNDRY_DECL bool is_loopback(std::string_view host);

/// One segment of a path, every byte encoded that is not unreserved. Does not help against `.` and `..`.
FOUNDRY_DECL std::string percent_encode_segment(std::string_view text);

/// A name or a value in a query.
FOUNDRY_DECL std::string percent_encode_query(std::string_view text);

/// The bytes that are meant; nothing where a percent sign is not followed by two hexadecimal digits.
FOUNDRY_DECL std::optional<std::string> percent_decode(std::string_view text);

/// Whether a server could step upwards in this path, whichever of its encoded bytes it decodes first.
FOUNDRY_DECL bool has_dot_segment(std::string_view path);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/core/impl/url.ipp>
#endif
