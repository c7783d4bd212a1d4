// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/http/websocket_handshake.hpp>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstddef>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

namespace detail {

/// Whether one of the fields of this name lists the token.
inline bool has_token(response_headers const& headers, std::string_view name, std::string_view token)
{
    for (auto const& field : headers) {
        if (iequals(field.name, name) && lists(field.value, token))
            return true;
    }
    return false;
}

/// Whether there is exactly one field of this name, with this value; if the value is empty, whether there is no such field.
inline bool has_only(response_headers const& headers, std::string_view name, std::string_view value)
{
    std::size_t count = 0;
    bool is_equal = true;
    for (auto const& field : headers) {
        if (iequals(field.name, name)) {
            ++count;
            is_equal = is_equal && field.value == value;
        }
    }
    return is_equal && count == (value.empty() ? 0 : 1);
}

} // namespace detail

FOUNDRY_DECL std::string make_websocket_key()
{
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        throw error(errc::tls_failed, "OpenSSL has no random numbers");
    return foundry::detail::to_base64({reinterpret_cast<char const*>(bytes), sizeof bytes});
}

FOUNDRY_DECL std::string websocket_accept(std::string_view key)
{
    std::string const text = foundry::detail::concat({key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"});
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) != 1)
        throw error(errc::tls_failed, "OpenSSL has no SHA-1, which the WebSocket handshake needs");
    return foundry::detail::to_base64({reinterpret_cast<char const*>(digest), size});
}

FOUNDRY_DECL void check_websocket_response(unsigned status, response_headers const& headers, std::string_view key,
                                           std::string_view subprotocol)
{
    char const* const wrong =
        status != 101                                                               ? "does not switch protocols"
        : !detail::has_token(headers, "upgrade", "websocket")                       ? "does not upgrade to WebSocket"
        : !detail::has_token(headers, "connection", "upgrade")                      ? "does not upgrade this connection"
        : !detail::has_only(headers, "sec-websocket-accept", websocket_accept(key)) ? "has not read the key"
        : !detail::has_only(headers, "sec-websocket-extensions", {})        ? "uses an extension that was not requested"
        : !detail::has_only(headers, "sec-websocket-protocol", subprotocol) ? "uses another subprotocol than requested"
                                                                            : nullptr;
    if (wrong == nullptr)
        return;
    failure f;
    f.status = status;
    f.service_message = foundry::detail::concat({"the response to the WebSocket handshake ", wrong});
    throw error(make_error_code(errc::unexpected_reply), std::move(f));
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
