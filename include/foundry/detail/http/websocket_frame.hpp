// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstddef>
#include <cstdint>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// The opcodes of RFC 6455, 5.2.
enum class websocket_opcode : unsigned char
{
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10,
};

/// The close codes of RFC 6455, 7.4.1, that the client sends or receives by itself.
namespace close_code {

inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t none = 1005; ///< The close frame had no code. Never sent.
inline constexpr std::uint16_t invalid_text = 1007;
inline constexpr std::uint16_t too_large = 1009;

} // namespace close_code

/// Whether a close frame may have this code: those of the RFC and of IANA's registry, 3000 to 4999 for libraries and applications.
inline constexpr bool valid_close_code(std::uint16_t code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/// Maximum size of the payload of a close, ping or pong in bytes.
inline constexpr std::size_t max_control_payload = 125;

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
