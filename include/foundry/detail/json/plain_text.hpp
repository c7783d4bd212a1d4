// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace foundry::inline FOUNDRY_ABI::json::detail {

inline bool is_plain(char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; }

#ifdef __SSE2__
/// Of sixteen bytes those that a string does not contain as they are: a control character, a quote or a backslash.
inline __m128i odd_bytes(__m128i bytes)
{
    // With this bit changed a quote is 0x20, a control character less, and any other more.
    __m128i const changed = _mm_xor_si128(bytes, _mm_set1_epi8('"' ^ 0x20));
    __m128i const control_or_quote = _mm_cmpeq_epi8(_mm_min_epu8(changed, _mm_set1_epi8(0x20)), changed);
    return _mm_or_si128(control_or_quote, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
}

/// A bit for each byte that has its high bit set.
inline unsigned high_bits(__m128i bytes) { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); }
#endif

/// The first byte that a string does not contain as it is: a quote, a backslash or a control character. Checks many bytes at a time.
///
/// @param bits collects the high bits of the skipped bytes, and possibly of later ones; zero means ASCII only.
inline char const* skip_plain(char const* p, char const* end, std::uint64_t& bits)
{
#ifdef __SSE2__
    __m128i skipped = _mm_setzero_si128();
    for (; end - p >= 16; p += 16) {
        __m128i const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
        unsigned const odd = high_bits(odd_bytes(bytes));
        if (odd != 0) {
            bits |= (high_bits(bytes) & ((odd & (0 - odd)) - 1)) | high_bits(skipped);
            return p + std::countr_zero(odd);
        }
        skipped = _mm_or_si128(skipped, bytes);
    }
    bits |= high_bits(skipped);
#endif
    constexpr std::uint64_t ones = 0x0101010101010101U;
    for (std::uint64_t word; end - p >= 8; p += 8) {
        std::memcpy(&word, p, sizeof word);
        bits |= word & ones * 0x80;
        // The first byte that is below 0x20, a quote or a backslash sets its high bit; bytes after it may set theirs, too.
        std::uint64_t const quote = word ^ ones * '"';
        std::uint64_t const backslash = word ^ ones * '\\';
        std::uint64_t const odd =
            (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) &
            ones * 0x80;
        if (odd == 0)
            continue;
        if constexpr (std::endian::native == std::endian::little)
            return p + std::countr_zero(odd) / 8;
        break;
    }
    for (; p != end && is_plain(*p); ++p)
        bits |= static_cast<unsigned char>(*p) & 0x80U;
    return p;
}

inline bool is_ascii(std::uint64_t bits) { return bits == 0; }

inline constexpr auto escapes = [] {
    std::array<char, 256> made = {};
    for (char const c : {'"', '\\', '/'})
        made[static_cast<unsigned char>(c)] = c;
    made['b'] = '\b';
    made['f'] = '\f';
    made['n'] = '\n';
    made['r'] = '\r';
    made['t'] = '\t';
    return made;
}();

/// The character that a backslash and this letter stand for; zero if they are no escape, or one of a code unit.
constexpr char escaped(char letter) noexcept { return escapes[static_cast<unsigned char>(letter)]; }

/// Appends the text of a string, its escapes of one letter included, and returns the position of what ends it: a quote, a control character,
/// a backslash of another escape, or the end. `bits` is as in skip_plain().
inline char const* append_text(std::string& to, char const* p, char const* end, std::uint64_t& bits)
{
#ifdef __SSE2__
    // Bytes are written to a block before it is known how many of them are text; the next ones are written over the others.
    std::array<char, 512> block; // not initialised
    constexpr int at_once = 32;
    __m128i skipped = _mm_setzero_si128();
    std::uint32_t odd = 0;
    while (odd == 0 && end - p > at_once) {
        char* q = block.data();
        char* const last = q + block.size() - at_once;
        while (end - p > at_once && q <= last) {
            __m128i const one = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
            __m128i const other = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p + 16));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(q), one);
            _mm_storeu_si128(reinterpret_cast<__m128i*>(q + 16), other);
            skipped = _mm_or_si128(skipped, _mm_or_si128(one, other));
            odd = high_bits(odd_bytes(one)) | high_bits(odd_bytes(other)) << 16;
            if (odd == 0) {
                p += at_once;
                q += at_once;
                continue;
            }
            int const count = std::countr_zero(odd);
            p += count;
            q += count;
            char const stands_for = *p == '\\' ? escaped(p[1]) : '\0';
            if (stands_for == '\0')
                break;
            *q++ = stands_for;
            p += 2;
            odd = 0;
        }
        to.append(block.data(), static_cast<std::size_t>(q - block.data()));
    }
    bits |= high_bits(skipped);
    if (odd != 0)
        return p;
#endif
    while (true) {
        char const* const stop = skip_plain(p, end, bits);
        to.append(p, static_cast<std::size_t>(stop - p));
        if (end - stop < 2 || *stop != '\\' || escaped(stop[1]) == '\0')
            return stop;
        to += escaped(stop[1]);
        p = stop + 2;
    }
}

} // namespace foundry::inline FOUNDRY_ABI::json::detail
