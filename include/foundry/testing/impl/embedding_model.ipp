// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/text.ipp>

#include <bit>
#include <cmath>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// FNV-1a with a final mix, because similar words must not be close together.
FOUNDRY_DECL std::uint64_t hash_of(std::string_view text)
{
    std::uint64_t hash = 14695981039346656037U;
    for (char const letter : text)
        hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211U;
    hash ^= hash >> 32;
    hash *= 0x9e3779b97f4a7c15U;
    return hash ^ (hash >> 29);
}

/// Adds a feature to a vector. The hash of the feature selects the component and the sign.
FOUNDRY_DECL void add_feature(std::vector<float>& vector, std::string_view feature, float weight)
{
    auto const hash = hash_of(feature);
    vector[static_cast<std::size_t>(hash % vector.size())] += (hash >> 63) != 0 ? -weight : weight;
}

/// A vector of length one for the words of a text, in any order. Texts with common meanings or word beginnings are close together.
FOUNDRY_DECL std::vector<float> embed(std::string_view text, std::size_t dimensions)
{
    std::vector<float> vector(std::max<std::size_t>(dimensions, 1), 0.0F);
    for (auto const& meaning : meanings_of(text)) {
        add_feature(vector, meaning, 1.0F);
        if (meaning.size() >= 5)
            add_feature(vector, std::string{'^'}.append(meaning, 0, 4), 0.3F);
    }
    for (auto const& word : words_of(text))
        add_feature(vector, std::string{'='}.append(lower(word)), 0.1F);
    double square = 0;
    for (float const component : vector)
        square += static_cast<double>(component) * static_cast<double>(component);
    if (square == 0) {
        vector.front() = 1.0F;
        return vector;
    }
    auto const scale = 1.0 / std::sqrt(square);
    for (float& component : vector)
        component = static_cast<float>(static_cast<double>(component) * scale);
    return vector;
}

/// Little-endian float32 on every machine.
FOUNDRY_DECL std::string bytes_of(std::vector<float> const& vector)
{
    std::string bytes;
    bytes.reserve(vector.size() * 4);
    for (float const component : vector) {
        auto const bits = std::bit_cast<std::uint32_t>(component);
        for (unsigned shift = 0; shift < 32; shift += 8)
            bytes += static_cast<char>(static_cast<unsigned char>((bits >> shift) & 0xFFU));
    }
    return bytes;
}

FOUNDRY_DECL std::string base64(std::string_view bytes)
{
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string made;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto const group = bytes.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = (bits << 8) | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            made += k <= group.size() ? alphabet[(bits >> (18 - 6 * k)) & 63U] : '=';
    }
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
