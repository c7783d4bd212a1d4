// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/utf8.hpp>

#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace foundry::inline FOUNDRY_ABI::detail {

/// What the first byte of a sequence determines: the length, and the range of the second byte.
struct utf8_lead
{
    std::size_t length = 0; ///< 0 if no sequence begins with this byte.
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
};

inline constexpr utf8_lead read_utf8_lead(unsigned char lead)
{
    if (lead < 0x80)
        return {1, 0x80, 0xbf};
    if (lead < 0xc2 || lead > 0xf4)
        return {0, 0x80, 0xbf};
    if (lead < 0xe0)
        return {2, 0x80, 0xbf};
    if (lead < 0xf0)
        return {3, lead == 0xe0 ? std::uint8_t{0xa0} : std::uint8_t{0x80},
                lead == 0xed ? std::uint8_t{0x9f} : std::uint8_t{0xbf}};
    return {4, lead == 0xf0 ? std::uint8_t{0x90} : std::uint8_t{0x80},
            lead == 0xf4 ? std::uint8_t{0x8f} : std::uint8_t{0xbf}};
}

struct utf8_sequence
{
    std::size_t length; ///< Length of the sequence, or of the invalid part that one U+FFFD replaces.
    bool valid;
};

/// @pre `bytes` is not empty.
inline utf8_sequence read_utf8_sequence(std::string_view bytes)
{
    auto const lead = read_utf8_lead(static_cast<unsigned char>(bytes.front()));
    if (lead.length == 0)
        return {1, false};
    for (std::size_t i = 1; i < lead.length; ++i) {
        if (i == bytes.size())
            return {i, false};
        auto const u = static_cast<unsigned char>(bytes[i]);
        if (u < (i == 1 ? lead.low : 0x80) || u > (i == 1 ? lead.high : 0xbf))
            return {i, false};
    }
    return {lead.length, true};
}

/// The number of bytes before the first one that is not ASCII.
inline std::size_t skip_ascii(std::string_view bytes)
{
    constexpr std::uint64_t high = 0x8080808080808080U;
    std::size_t n = 0;
#ifdef __SSE2__
    for (__m128i some[4]; bytes.size() - n >= sizeof some; n += sizeof some) {
        for (std::size_t i = 0; i != 4; ++i)
            some[i] = _mm_loadu_si128(reinterpret_cast<__m128i const*>(bytes.data() + n + i * sizeof some[i]));
        if (_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(some[0], some[1]), _mm_or_si128(some[2], some[3]))) != 0)
            break;
    }
#endif
    for (std::uint64_t words[4]; bytes.size() - n >= sizeof words; n += sizeof words) {
        std::memcpy(words, bytes.data() + n, sizeof words);
        if (((words[0] | words[1] | words[2] | words[3]) & high) != 0)
            break;
    }
    for (std::uint64_t word; bytes.size() - n >= sizeof word; n += sizeof word) {
        std::memcpy(&word, bytes.data() + n, sizeof word);
        if ((word & high) != 0)
            break;
    }
    while (n != bytes.size() && static_cast<unsigned char>(bytes[n]) < 0x80)
        ++n;
    return n;
}

FOUNDRY_DECL std::size_t valid_utf8_prefix(std::string_view bytes) noexcept
{
    std::size_t n = 0;
    while (true) {
        n += skip_ascii(bytes.substr(n));
        if (n == bytes.size())
            return n;
        auto const sequence = read_utf8_sequence(bytes.substr(n));
        if (!sequence.valid)
            return n;
        n += sequence.length;
    }
}

FOUNDRY_DECL bool is_cut_utf8(std::string_view bytes) noexcept
{
    if (bytes.empty() || bytes.size() >= read_utf8_lead(static_cast<unsigned char>(bytes.front())).length)
        return false;
    return read_utf8_sequence(bytes).length == bytes.size();
}

FOUNDRY_DECL void append_utf8(std::string& out, std::string_view bytes)
{
    while (true) {
        auto const valid = valid_utf8_prefix(bytes);
        out += bytes.substr(0, valid);
        bytes.remove_prefix(valid);
        if (bytes.empty())
            return;
        out += "\xef\xbf\xbd";
        bytes.remove_prefix(read_utf8_sequence(bytes).length);
    }
}

FOUNDRY_DECL void append_code_point(std::string& out, std::uint32_t c)
{
    if (c < 0x80) {
        out += static_cast<char>(c);
        return;
    }
    int const more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr unsigned leads[] = {0, 0xc0, 0xe0, 0xf0};
    out += static_cast<char>(leads[more] | c >> 6 * more);
    for (int i = more - 1; i >= 0; --i)
        out += static_cast<char>(0x80 | (c >> 6 * i & 0x3f));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
