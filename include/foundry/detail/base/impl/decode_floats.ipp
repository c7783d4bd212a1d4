// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/decode_floats.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#if defined(__GNUC__) && defined(__SSE2__)
#include <tmmintrin.h>
#endif

namespace foundry::inline FOUNDRY_ABI::detail {

/// For each base64 digit at each of four positions, its bits in the three decoded bytes, first byte lowest. The highest byte is set for a
/// character that is not a digit.
class base64_table
{
public:
    constexpr base64_table()
    {
        for (auto& one : part)
            for (std::uint32_t& of : one)
                of = wrong;
        std::string_view const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (std::uint32_t d = 0; d != 64; ++d) {
            auto const c = static_cast<unsigned char>(digits[d]);
            part[0][c] = d << 2;
            part[1][c] = d >> 4 | (d & 15) << 12;
            part[2][c] = (d >> 2) << 8 | (d & 3) << 22;
            part[3][c] = d << 16;
        }
    }

    std::uint32_t of(char const* four) const noexcept
    {
        return part[0][static_cast<unsigned char>(four[0])] | part[1][static_cast<unsigned char>(four[1])] |
               part[2][static_cast<unsigned char>(four[2])] | part[3][static_cast<unsigned char>(four[3])];
    }

    static constexpr std::uint32_t wrong = 0xff000000;
    std::uint32_t part[4][256]{};
};

inline constexpr base64_table base64_digits;

/// Decodes sixteen digits at a time, as long as there is room to write sixteen bytes for the twelve decoded ones. After W. Mula and D.
/// Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions", ACM Transactions on the Web 12 (2018).
///
/// @returns false if a character is not a digit.
#if defined(__GNUC__) && defined(__SSE2__)
[[gnu::target("ssse3")]] inline bool decode_sixteens(char const*& from, char const* end, unsigned char*& to)
{
    // One table for the high half of a character, one for the low half: the character is invalid if both entries have a bit in common.
    __m128i const wrong_high = _mm_setr_epi8(16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16);
    __m128i const wrong_low = _mm_setr_epi8(21, 17, 17, 17, 17, 17, 17, 17, 17, 17, 19, 26, 27, 27, 27, 26);
    // The difference between a character and its value, by its high half; '/' uses the entry before its own.
    __m128i const shift = _mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
    __m128i const order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    __m128i const low_half = _mm_set1_epi8(0x0f);
    __m128i const slash = _mm_set1_epi8('/');
    __m128i wrong = _mm_setzero_si128();
    for (; end - from >= 24; from += 16, to += 12) {
        __m128i const text = _mm_loadu_si128(reinterpret_cast<__m128i const*>(from));
        __m128i const high = _mm_and_si128(_mm_srli_epi32(text, 4), low_half);
        __m128i const low = _mm_and_si128(text, low_half);
        wrong =
            _mm_or_si128(wrong, _mm_and_si128(_mm_shuffle_epi8(wrong_high, high), _mm_shuffle_epi8(wrong_low, low)));
        __m128i const values =
            _mm_add_epi8(text, _mm_shuffle_epi8(shift, _mm_add_epi8(_mm_cmpeq_epi8(text, slash), high)));
        __m128i const pairs = _mm_maddubs_epi16(values, _mm_set1_epi32(0x01400140));
        __m128i const fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00011000));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(fours, order));
    }
    return _mm_movemask_epi8(_mm_cmpeq_epi8(wrong, _mm_setzero_si128())) == 0xffff;
}

inline bool has_ssse3() { return __builtin_cpu_supports("ssse3") != 0; }
#else
inline bool decode_sixteens(char const*&, char const*, unsigned char*&) { return true; }
inline bool has_ssse3() { return false; }
#endif

FOUNDRY_DECL bool decode_floats(std::string_view base64, std::vector<float>& out)
{
    if (base64.size() % 4 != 0)
        return false;
    std::size_t const padding = base64.ends_with("==") ? 2 : base64.ends_with('=') ? 1 : 0;
    std::size_t const bytes = base64.size() / 4 * 3 - padding;
    if (bytes % 4 != 0)
        return false;
    out.resize(bytes / 4);
    auto* to = reinterpret_cast<unsigned char*>(out.data());
    char const* from = base64.data();
    char const* const whole = from + (base64.size() - (padding != 0 ? 4 : 0));
    std::uint32_t seen = 0;
    if (has_ssse3() && !decode_sixteens(from, whole, to))
        return false;
    for (; from != whole; from += 4, to += 3) {
        std::uint32_t const three = base64_digits.of(from);
        seen |= three;
        to[0] = static_cast<unsigned char>(three);
        to[1] = static_cast<unsigned char>(three >> 8);
        to[2] = static_cast<unsigned char>(three >> 16);
    }
    if (padding != 0) {
        char const last[4] = {from[0], from[1], padding == 2 ? 'A' : from[2], 'A'};
        std::uint32_t const three = base64_digits.of(last);
        seen |= three;
        to[0] = static_cast<unsigned char>(three);
        if (padding == 1)
            to[1] = static_cast<unsigned char>(three >> 8);
    }
    if (seen >= base64_table::wrong)
        return false;
    if constexpr (std::endian::native == std::endian::big) {
        auto* const all = reinterpret_cast<unsigned char*>(out.data());
        for (std::size_t i = 0; i != bytes; i += 4)
            std::swap(all[i], all[i + 3]), std::swap(all[i + 1], all[i + 2]);
    }
    return true;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
