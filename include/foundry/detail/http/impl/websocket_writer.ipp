// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/http/websocket_writer.hpp>

#include <openssl/rand.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// Masks in place, eight bytes at a time.
inline void apply_mask(char* bytes, std::size_t size, websocket_mask const& mask)
{
    std::uint64_t twice = 0;
    std::memcpy(&twice, mask.data(), mask.size());
    std::memcpy(reinterpret_cast<char*>(&twice) + mask.size(), mask.data(), mask.size());
    for (std::uint64_t word; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
        std::memcpy(&word, bytes, sizeof word);
        word ^= twice;
        std::memcpy(bytes, &word, sizeof word);
    }
    for (std::size_t i = 0; i != size; ++i)
        bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ mask[i % mask.size()]);
}

/// Appends the first two bytes, the rest of the length and the mask.
inline void append_websocket_head(std::string& out, websocket_opcode type, std::size_t size, websocket_mask const& mask)
{
    std::uint64_t const length = size;
    std::size_t const more = length < 126 ? 0 : length < 65536 ? 2 : 8;
    std::size_t const code = more == 0 ? size : more == 2 ? 126 : 127;
    out += static_cast<char>(0x80 | static_cast<unsigned>(type));
    out += static_cast<char>(0x80 | code);
    for (std::size_t i = more; i-- != 0;)
        out += static_cast<char>(length >> 8 * i & 0xff);
    out.append(reinterpret_cast<char const*>(mask.data()), mask.size());
}

} // namespace detail

FOUNDRY_DECL websocket_mask make_websocket_mask()
{
    websocket_mask mask{};
    if (RAND_bytes(mask.data(), static_cast<int>(mask.size())) != 1)
        throw error(errc::tls_failed, "OpenSSL has no random numbers");
    return mask;
}

FOUNDRY_DECL void append_websocket_frame(std::string& out, websocket_opcode type, std::string_view payload,
                                         websocket_mask mask)
{
    if (type >= websocket_opcode::close && payload.size() > max_control_payload)
        foundry::detail::throw_invalid_argument("a control frame takes at most 125 bytes; shorten its payload");
    constexpr std::size_t max_head = 14;
    if (std::size_t const size = out.size() + max_head + payload.size(); size > out.capacity())
        out.reserve((std::max)(size, 2 * out.capacity())); // without the memory, nothing is appended
    detail::append_websocket_head(out, type, payload.size(), mask);
    std::size_t const begin = out.size();
    out += payload;
    detail::apply_mask(out.data() + begin, payload.size(), mask);
}

FOUNDRY_DECL void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason, websocket_mask mask)
{
    std::string payload;
    if (code != close_code::none) {
        if (!valid_close_code(code))
            foundry::detail::throw_invalid_argument("a close code is 1000 to 1003, 1007 to 1014, or 3000 to 4999");
        payload += static_cast<char>(code >> 8);
        payload += static_cast<char>(code & 0xff);
        payload += reason;
    }
    append_websocket_frame(out, websocket_opcode::close, payload, mask);
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
