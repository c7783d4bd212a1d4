// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Appends `name: value` CRLF.
///
/// @throws foundry::error (`errc::invalid_argument`) if the name or the value has characters that HTTP does not
/// allow. The message does not contain the value.
FOUNDRY_DECL void append_field(std::string& out, std::string_view name, std::string_view value);

/// Begins a head with the request line and `Host`.
///
/// @param is_absolute whether the request line has the whole http URL, for a proxy (RFC 9112, 3.2.2).
/// @throws foundry::error (`errc::invalid_argument`) if the target has characters that HTTP does not allow.
FOUNDRY_DECL std::string start_head(std::string_view method, std::string_view target, std::string_view host,
                                    bool is_absolute = false);

/// The whole request in one buffer, for one write. Checks that the head contains complete lines and nothing else, whatever code made it.
///
/// @throws foundry::error (`errc::invalid_argument`) if it contains anything else.
FOUNDRY_DECL std::string assemble(std::string_view head, std::string_view credential_fields, std::string_view body);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/request_head.ipp>
#endif
