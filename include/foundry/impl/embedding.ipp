// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/embedding.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL double cosine_similarity(std::span<float const> a, std::span<float const> b)
{
    if (a.size() != b.size())
        throw std::invalid_argument("vectors of different lengths have no angle; were they made by the same model?");
    double product = 0;
    double square_a = 0;
    double square_b = 0;
    for (std::size_t i = 0; i != a.size(); ++i) {
        product += static_cast<double>(a[i]) * static_cast<double>(b[i]);
        square_a += static_cast<double>(a[i]) * static_cast<double>(a[i]);
        square_b += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    return square_a == 0 || square_b == 0 ? 0 : product / std::sqrt(square_a * square_b);
}

namespace detail {

/// The value of a base64 digit; 64 for anything else.
inline std::uint32_t base64_digit(char c) noexcept
{
    if (c >= 'A' && c <= 'Z')
        return static_cast<std::uint32_t>(c - 'A');
    if (c >= 'a' && c <= 'z')
        return static_cast<std::uint32_t>(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return static_cast<std::uint32_t>(c - '0' + 52);
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/// Base64 of little-endian 32-bit floats. False where it is malformed or not a whole number of floats.
FOUNDRY_DECL bool decode_floats(std::string_view base64, std::vector<float>& out)
{
    if (base64.size() % 4 != 0)
        return false;
    std::size_t const padding = base64.ends_with("==") ? 2 : base64.ends_with('=') ? 1 : 0;
    std::size_t const bytes = base64.size() / 4 * 3 - padding;
    if (bytes % 4 != 0)
        return false;
    out.resize(bytes / 4);
    auto* const to = reinterpret_cast<unsigned char*>(out.data());
    std::size_t written = 0;
    for (std::size_t i = 0; i != base64.size(); i += 4) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k != 4; ++k) {
            bool const pad = i + k >= base64.size() - padding;
            std::uint32_t const digit = pad ? 0 : base64_digit(base64[i + k]);
            if (digit == 64)
                return false;
            group = group << 6 | digit;
        }
        for (int shift = 16; shift >= 0 && written != bytes; shift -= 8)
            to[written++] = static_cast<unsigned char>(group >> shift);
    }
    if constexpr (std::endian::native == std::endian::big) {
        for (std::size_t i = 0; i != bytes; i += 4)
            std::swap(to[i], to[i + 3]), std::swap(to[i + 1], to[i + 2]);
    }
    return true;
}

} // namespace detail

} // namespace foundry::inline FOUNDRY_ABI
