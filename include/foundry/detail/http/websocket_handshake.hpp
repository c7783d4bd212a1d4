// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>
#include <foundry/error.hpp>
#include <foundry/response_headers.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// An unpredictable value of `Sec-WebSocket-Key`; each handshake needs its own (RFC 6455, 4.1).
///
/// @throws foundry::error (`errc::tls_failed`) if OpenSSL has no random numbers.
FOUNDRY_DECL std::string make_websocket_key();

/// The value of `Sec-WebSocket-Accept` by which a server shows that it has read the key.
///
/// @throws foundry::error (`errc::tls_failed`) if OpenSSL has no SHA-1.
FOUNDRY_DECL std::string websocket_accept(std::string_view key);

/// Checks the response to a WebSocket handshake.
///
/// @param key the `Sec-WebSocket-Key` of the request.
/// @param subprotocol the `Sec-WebSocket-Protocol` of the request; empty if it had none.
/// @throws foundry::error (`errc::unexpected_reply`) if the status is not 101, a field is missing or wrong, the server has chosen an
/// extension, or another subprotocol than the requested one.
FOUNDRY_DECL void check_websocket_response(unsigned status, response_headers const& headers, std::string_view key,
                                           std::string_view subprotocol);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/websocket_handshake.ipp>
#endif
