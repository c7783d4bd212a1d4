// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/base64.hpp>

#include <openssl/evp.h>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::detail {

// OpenSSL takes sizes as int; longer texts are processed in pieces.
inline constexpr std::size_t base64_piece = std::size_t{3} << 20; // bytes; a multiple of 3

FOUNDRY_DECL std::string to_base64(std::string_view bytes)
{
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // one more byte for OpenSSL's NUL
    auto* to = reinterpret_cast<unsigned char*>(text.data());
    while (!bytes.empty()) {
        std::string_view const piece = bytes.substr(0, base64_piece);
        to += EVP_EncodeBlock(to, reinterpret_cast<unsigned char const*>(piece.data()), static_cast<int>(piece.size()));
        bytes.remove_prefix(piece.size());
    }
    text.pop_back();
    return text;
}

FOUNDRY_DECL std::optional<std::string> from_base64(std::string_view text)
{
    if (text.size() % 4 != 0)
        return std::nullopt;
    std::size_t const padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::string bytes(text.size() / 4 * 3, '\0');
    auto* to = reinterpret_cast<unsigned char*>(bytes.data());
    while (!text.empty()) {
        std::string_view const piece = text.substr(0, base64_piece / 3 * 4);
        bool const last = piece.size() == text.size();
        // OpenSSL skips blanks at both ends and accepts padding as zeros anywhere; both are refused here.
        std::size_t const digits = piece.size() - (last ? padding : 0);
        bool const sound = std::all_of(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(digits),
                                       [](char c) { return c != '=' && c > ' ' && c != '-'; });
        int const n = sound ? EVP_DecodeBlock(to, reinterpret_cast<unsigned char const*>(piece.data()),
                                              static_cast<int>(piece.size()))
                            : -1;
        if (n < 0)
            return std::nullopt;
        to += n;
        text.remove_prefix(piece.size());
    }
    bytes.resize(bytes.size() - padding);
    return bytes;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
