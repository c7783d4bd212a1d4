// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>
#include <foundry/detail/http/websocket_frame.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// A masking key (RFC 6455, 5.3).
using websocket_mask = std::array<unsigned char, 4>;

/// An unpredictable masking key; each frame needs its own.
///
/// @throws foundry::error (`errc::tls_failed`) if OpenSSL has no random numbers.
FOUNDRY_DECL websocket_mask make_websocket_mask();

/// Appends one client frame, masked, to `out`: a message, a ping or a pong.
///
/// @param type not `continuation`; a close frame is written by append_close_frame().
/// @param payload must not be a part of `out`; must be UTF-8 if the type is text.
/// @throws foundry::error (`errc::invalid_argument`) if the payload of a control frame is larger than 125 bytes.
FOUNDRY_DECL void append_websocket_frame(std::string& out, websocket_opcode type, std::string_view payload,
                                         websocket_mask mask);

/// Appends a close frame. With `close_code::none` it has neither a code nor a reason.
///
/// @param reason must be UTF-8; may be empty.
/// @throws foundry::error (`errc::invalid_argument`) if the code may not be sent or the reason is larger than 123 bytes.
FOUNDRY_DECL void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason,
                                     websocket_mask mask);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/websocket_writer.ipp>
#endif
