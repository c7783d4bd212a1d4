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
    std::optional<std::string> user_info; ///< As given; may hold a password, so it must not be in any message.
    std::string host;                     ///< Lower case, without brackets and without a trailing dot.
    std::uint16_t port = 443;
    std::string path;  ///< As given, percent-encoded; empty, or begins with a slash.
    std::string query; ///< As given, percent-encoded, without the question mark.
};

/// Parses an absolute http or https URL.
///
/// Stricter than a browser: it corrects nothing, and accepts no fragment.
///
/// @throws foundry::error (`errc::invalid_argument`) if the text is not such a URL. The message repeats no part of the URL.
FOUNDRY_DECL url parse_url(std::string_view text);

/// Whether a host, in the form of `url::host`, is this machine: `localhost`, `*.localhost`, 127.0.0.0/8 or ::1.
FOUNDRY_DECL bool is_loopback(std::string_view host);

/// Encodes one segment of a path: every byte that is not unreserved. Does not protect against `.` and `..`.
FOUNDRY_DECL std::string percent_encode_segment(std::string_view text);

/// Encodes a name or a value of a query.
FOUNDRY_DECL std::string percent_encode_query(std::string_view text);

/// Decodes percent triplets. Empty if a percent sign is not followed by two hexadecimal digits.
FOUNDRY_DECL std::optional<std::string> percent_decode(std::string_view text);

/// Whether a server could step upwards in this path, whichever of its encoded bytes it decodes first.
FOUNDRY_DECL bool has_dot_segment(std::string_view path);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/core/impl/url.ipp>
#endif
