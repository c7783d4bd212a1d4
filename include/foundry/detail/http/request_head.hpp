// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Appends `name: value` and a line end.
///
/// @throws foundry::error (`errc::invalid_argument`) naming the field, never its value, where it could not be sent as it is.
FOUNDRY_DECL void append_field(std::string& out, std::string_view name, std::string_view value);

/// The request line and `Host`.
///
/// @throws foundry::error (`errc::invalid_argument`) where the target could not be sent as it is.
FOUNDRY_DECL std::string start_head(std::string_view method, std::string_view target, std::string_view host);

/// The whole request in one buffer, for one write. The last check before the wire: the head holds whole lines and nothing else,
/// whatever has put it together.
FOUNDRY_DECL std::string assemble(std::string_view head, std::string_view credential_fields, std::string_view body);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/request_head.ipp>
#endif
