// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

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

/// The first byte that a string does not contain as it is: a quote, a backslash or a control character. Checks many bytes at a time.
///
/// @param bits collects the high bits of the skipped bytes, and possibly of later ones; zero means ASCII only.
inline char const* skip_plain(char const* p, char const* end, std::uint64_t& bits)
{
#ifdef __SSE2__
    __m128i skipped = _mm_setzero_si128();
    for (; end - p >= 16; p += 16) {
        __m128i const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
        __m128i const control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x1f)), _mm_set1_epi8(0x1f));
        __m128i const special =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        auto const odd = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, special)));
        if (odd != 0) {
            auto const high = static_cast<unsigned>(_mm_movemask_epi8(bytes));
            bits |= (high & ((odd & (0 - odd)) - 1)) | static_cast<unsigned>(_mm_movemask_epi8(skipped));
            return p + std::countr_zero(odd);
        }
        skipped = _mm_or_si128(skipped, bytes);
    }
    bits |= static_cast<unsigned>(_mm_movemask_epi8(skipped));
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

/// The character that a backslash and this letter stand for; zero if they are no escape, or one of a code unit.
constexpr char escaped(char letter) noexcept
{
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return '\0';
    }
}

/// Appends the text of a string, its escapes of one letter included, and returns the position of what ends it: a quote, a control character,
/// a backslash of another escape, or the end. `bits` is as in skip_plain().
inline char const* append_text(std::string& to, char const* p, char const* end, std::uint64_t& bits)
{
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
