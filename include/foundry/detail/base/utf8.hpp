// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The length of the longest prefix that is valid UTF-8.
FOUNDRY_DECL std::size_t valid_utf8_prefix(std::string_view bytes) noexcept;

inline bool valid_utf8(std::string_view bytes) noexcept { return valid_utf8_prefix(bytes) == bytes.size(); }

/// Whether the bytes are the start of one sequence that further bytes can complete.
FOUNDRY_DECL bool is_cut_utf8(std::string_view bytes) noexcept;

/// Appends text and replaces invalid UTF-8 by U+FFFD, as the decoder of the WHATWG Encoding standard does.
FOUNDRY_DECL void append_utf8(std::string& out, std::string_view bytes);

/// Appends a code point, which must not be a surrogate.
FOUNDRY_DECL void append_code_point(std::string& out, std::uint32_t c);

/// U+FFFD, which replaces text that cannot be decoded.
inline constexpr std::uint32_t replacement = 0xfffd;

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/base/impl/utf8.ipp>
#endif
