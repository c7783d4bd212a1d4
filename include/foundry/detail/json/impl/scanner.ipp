// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/json/scanner.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace foundry::inline FOUNDRY_ABI::json {

namespace detail {

inline std::errc parse_double(std::string_view text, double& out)
{
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc{} && end != text.data() + text.size() ? std::errc::invalid_argument : ec;
}

inline bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

inline bool is_number_part(char c)
{
    return foundry::detail::is_digit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

inline bool is_plain(char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; }

/// The first byte that a string does not contain as it is: a quote, a backslash or a control character. Checks many bytes at a time.
///
/// @param bits collects the high bits of the skipped bytes, and possibly of later ones; zero means ASCII only.
inline char const* skip_plain(char const* p, char const* end, std::uint64_t& bits)
{
#ifdef __SSE2__
    for (; end - p >= 16; p += 16) {
        __m128i const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
        __m128i const control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x1f)), _mm_set1_epi8(0x1f));
        __m128i const special =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        auto const high = static_cast<unsigned>(_mm_movemask_epi8(bytes));
        auto const odd = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, special)));
        if (odd != 0) {
            bits |= high & ((odd & (0 - odd)) - 1);
            return p + std::countr_zero(odd);
        }
        bits |= high;
    }
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

/// Reads decimal digits and appends them to the mantissa; the caller checks that they fit.
///
/// @returns the number of digits.
inline int read_digits(char const*& p, char const* end, std::uint64_t& mantissa)
{
    char const* const begin = p;
    char const* stop = p; // a local copy, so that it stays in a register
    std::uint64_t value = mantissa;
    for (; stop != end && foundry::detail::is_digit(*stop); ++stop)
        value = value * 10 + static_cast<std::uint64_t>(*stop - '0');
    mantissa = value;
    p = stop;
    return static_cast<int>(stop - begin);
}

inline bool take_char(char const*& p, char const* end, char c)
{
    bool const there = p != end && *p == c;
    p += there;
    return there;
}

/// Reads the digits of an exponent; limits a huge one to 10^9.
inline std::uint64_t read_exponent(char const*& p, char const* end)
{
    std::uint64_t value = 0;
    for (; p != end && foundry::detail::is_digit(*p); ++p)
        value = std::min<std::uint64_t>(value * 10 + static_cast<std::uint64_t>(*p - '0'), 1'000'000'000);
    return value;
}

/// The value of a number outside the range of double: infinite, or zero if its first digit is far after the point.
inline double out_of_range(std::string_view text, std::uint64_t exponent, bool shrinks)
{
    std::size_t const stop = std::min(text.find_first_of("eE"), text.size());
    std::size_t const point = std::min(text.find('.'), stop);
    std::size_t const first = std::min(text.find_first_of("123456789"), stop);
    auto const object_ref = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    auto const shift = static_cast<std::int64_t>(exponent);
    return object_ref + (shrinks ? -shift : shift) > 0 ? HUGE_VAL : 0;
}

/// Stores an integer of this many digits; as a double if it needs more than 64 bits.
inline void set_integer(number& n, std::string_view text, int digits, std::uint64_t mantissa)
{
    if (digits <= 18) {
        n.i = static_cast<std::int64_t>(mantissa);
        if (text.front() != '-')
            return;
        n.i = -n.i;
        if (mantissa == 0) { // an integer cannot be minus zero
            n.form = number::is_double;
            n.d = -0.0;
        }
        return;
    }
    bool const negative = text.front() == '-';
    auto const magnitude = foundry::detail::whole_number(text.substr(negative ? 1 : 0), 10);
    if (magnitude && *magnitude <= static_cast<std::uint64_t>(INT64_MAX) + negative) {
        n.i = static_cast<std::int64_t>(negative ? 0 - *magnitude : *magnitude);
    } else if (magnitude && !negative) {
        n.form = number::is_unsigned;
        n.u = *magnitude;
    } else {
        n.form = number::is_double;
        if (parse_double(text, n.d) != std::errc{})
            n.d = HUGE_VAL;
    }
}

/// Reads a number at `p`. False if there is none. A number that is too large for a double becomes infinite.
inline bool read_number(char const*& p, char const* end, number& n)
{
    char const* const begin = p;
    std::uint64_t mantissa = 0;
    bool const negative = take_char(p, end, '-');
    bool const zero = p != end && *p == '0';
    int const digits = read_digits(p, end, mantissa);
    if (digits == 0 || (digits > 1 && zero))
        return false;
    int decimals = 0;
    bool const fraction = take_char(p, end, '.');
    if (fraction)
        decimals = read_digits(p, end, mantissa);
    if (fraction && decimals == 0)
        return false;
    bool const scientific = take_char(p, end, 'e') || take_char(p, end, 'E');
    bool shrinks = false;
    std::uint64_t exponent = 0;
    if (scientific) {
        shrinks = take_char(p, end, '-');
        if (!shrinks)
            take_char(p, end, '+');
        char const* const begin_of_exponent = p;
        exponent = read_exponent(p, end);
        if (p == begin_of_exponent)
            return false;
    }
    std::string_view const text(begin, static_cast<std::size_t>(p - begin));
    if (!fraction && !scientific) {
        set_integer(n, text, digits, mantissa);
        return true;
    }
    n.form = number::is_double;
    // Whole numbers up to 2^53 and powers of ten up to 1e22 are exact doubles, so one division gives the nearest double.
    static constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    std::uint64_t const smaller = static_cast<std::uint64_t>(decimals) + exponent;
    if (smaller <= 22 && (shrinks || exponent == 0) && digits + decimals <= 19 && mantissa <= std::uint64_t{1} << 53) {
        n.d = static_cast<double>(mantissa) / powers[smaller];
        n.d = negative ? -n.d : n.d;
    } else if (parse_double(text, n.d) == std::errc::result_out_of_range) {
        n.d = out_of_range(text, exponent, shrinks);
        n.d = negative ? -n.d : n.d;
    }
    return true;
}

/// The text with U+FFFD in place of invalid UTF-8.
inline std::string with_replacements(std::string_view text)
{
    std::string out;
    foundry::detail::append_utf8(out, text);
    return out;
}

} // namespace detail

FOUNDRY_DECL bool parse_number(std::string_view text, number& n)
{
    char const* p = text.data();
    char const* const end = p + text.size();
    return detail::read_number(p, end, n) && p == end;
}

template <class Handler>
void scanner<Handler>::reset()
{
    state_ = state::value;
    depth_ = 0;
    lead_surrogate_ = 0;
    text_bits_ = 0;
    consumed_ = 0;
    number_.clear();
    problem_.clear();
}

template <class Handler>
bool scanner<Handler>::fail(std::string what)
{
    problem_ = std::move(what);
    state_ = state::refused;
    return false;
}

template <class Handler>
bool scanner<Handler>::feed(std::string_view bytes)
{
    if (state_ == state::refused)
        return false;
    char const* const p = take(bytes.data(), bytes.data() + bytes.size());
    consumed_ += static_cast<std::size_t>(p - bytes.data());
    if (state_ == state::refused) {
        std::string const path = handler().path();
        problem_.append(path.empty() ? "" : " in ").append(path).append(" at byte ").append(std::to_string(consumed_));
    }
    return state_ != state::refused;
}

template <class Handler>
bool scanner<Handler>::finish()
{
    if (!feed(state_ == state::number ? " " : "")) // a number ends only when another character follows
        return false;
    return state_ == state::done || fail("incomplete JSON at byte " + std::to_string(consumed_));
}

template <class Handler>
char const* scanner<Handler>::take(char const* p, char const* end)
{
    while (p != end) {
        char const c = *p;
        switch (state_) {
        case state::value:
            p = begin_value(p, end);
            continue;
        case state::first_element:
            if (c != ']') {
                p = begin_value(p, end);
                continue;
            }
            leave(shape::array);
            break;
        case state::first_key:
        case state::key:
            if (c == '"') {
                p = take_key(p + 1, end);
                continue;
            }
            if (c == '}' && state_ == state::first_key)
                leave(shape::object);
            else
                skip_blank(c);
            break;
        case state::colon:
            if (c == ':')
                state_ = state::value;
            else
                skip_blank(c);
            break;
        case state::after_value:
            if (c == ',')
                state_ = levels_[depth_ - 1].of == shape::array ? state::value : state::key;
            else if (c == '}' || c == ']')
                leave(c == '}' ? shape::object : shape::array);
            else
                skip_blank(c);
            break;
        case state::done:
            if (!detail::is_blank(c))
                fail("extra data");
            break;
        case state::string:
            p = take_string(p, end);
            continue;
        case state::escape:
            take_escape(c);
            break;
        case state::code_unit:
            take_hex(c);
            break;
        case state::number:
            p = take_number(p, end);
            continue;
        case state::literal:
            p = take_literal(p, end);
            continue;
        case state::refused:
            return p;
        }
        ++p;
    }
    return p;
}

template <class Handler>
void scanner<Handler>::skip_blank(char c)
{
    if (!detail::is_blank(c))
        fail("syntax error");
}

template <class Handler>
char const* scanner<Handler>::begin_value(char const* p, char const* end)
{
    switch (*p) {
    case '{':
        enter(shape::object);
        break;
    case '[':
        enter(shape::array);
        break;
    case '"':
        return begin_string(p + 1, end);
    case 't':
    case 'f':
    case 'n':
        state_ = state::literal;
        literal_begin_ = *p;
        literal_ = *p == 't' ? "true" : *p == 'f' ? "false" : "null";
        return take_literal(p, end);
    default:
        if (*p != '-' && !foundry::detail::is_digit(*p)) {
            skip_blank(*p);
            break;
        }
        state_ = state::number;
        return take_number(p, end);
    }
    return p + 1;
}

template <class Handler>
char const* scanner<Handler>::take_key(char const* p, char const* end)
{
    std::string_view const predicted = handler().predicted_key();
    if (!predicted.empty() && static_cast<std::size_t>(end - p) > predicted.size() && p[predicted.size()] == '"' &&
        std::memcmp(p, predicted.data(), predicted.size()) == 0) {
        state_ = state::colon;
        handler().on_likely_key();
        return p + predicted.size() + 1;
    }
    std::uint64_t bits = 0;
    char const* const stop = detail::skip_plain(p, end, bits);
    if (stop != end && *stop == '"' && detail::is_ascii(bits)) { // the usual case
        state_ = state::colon;
        handler().on_key({p, static_cast<std::size_t>(stop - p)});
        return stop + 1;
    }
    state_ = state::string;
    is_key_ = true;
    key_.clear();
    text_ = &key_;
    return p;
}

template <class Handler>
char const* scanner<Handler>::begin_string(char const* p, char const* end)
{
    std::uint64_t bits = 0;
    char const* const stop = detail::skip_plain(p, end, bits);
    if (stop != end && *stop == '"') { // the whole string, without an escape
        std::string_view const text(p, static_cast<std::size_t>(stop - p));
        bool const valid = detail::is_ascii(bits) || foundry::detail::valid_utf8(text);
        if (valid ? handler().on_text(text) : handler().on_text(detail::with_replacements(text)))
            end_value();
        return stop + 1;
    }
    state_ = state::string;
    is_key_ = false;
    text_ = &handler().on_string();
    return p;
}

template <class Handler>
bool scanner<Handler>::enter(shape of)
{
    if (depth_ == max_depth)
        return fail("too deep");
    levels_[depth_++] = {of, 0};
    state_ = of == shape::object ? state::first_key : state::first_element;
    return handler().on_begin(of);
}

template <class Handler>
bool scanner<Handler>::leave(shape of)
{
    level const& last = levels_[depth_ - 1];
    if (last.of != of)
        return fail("syntax error");
    --depth_;
    return handler().on_end(of, last.count) && end_value();
}

template <class Handler>
bool scanner<Handler>::end_value()
{
    if (depth_ == 0) {
        state_ = state::done;
    } else {
        ++levels_[depth_ - 1].count;
        state_ = state::after_value;
    }
    return true;
}

template <class Handler>
char const* scanner<Handler>::take_literal(char const* p, char const* end)
{
    for (; p != end && *literal_ != '\0'; ++p) {
        if (*p != *literal_++) {
            fail("syntax error");
            return p;
        }
    }
    if (*literal_ == '\0' && (literal_begin_ == 'n' ? handler().on_null() : handler().on_bool(literal_begin_ == 't')))
        end_value();
    return p;
}

template <class Handler>
char const* scanner<Handler>::take_string(char const* p, char const* end)
{
    if (*p != '\\')
        end_lead_surrogate();
    char const* const stop = detail::skip_plain(p, end, text_bits_);
    text_->append(p, static_cast<std::size_t>(stop - p));
    if (stop == end)
        return stop;
    if (*stop == '\\')
        state_ = state::escape;
    else if (*stop != '"')
        fail("a control character in a string");
    else
        end_string();
    return stop + 1;
}

template <class Handler>
bool scanner<Handler>::end_string()
{
    // Escapes add whole characters, so the text is valid if its other parts are.
    bool const ascii = detail::is_ascii(text_bits_);
    text_bits_ = 0;
    if (!ascii && !foundry::detail::valid_utf8(*text_))
        *text_ = detail::with_replacements(*text_);
    if (!is_key_)
        return handler().on_string_end() && end_value();
    state_ = state::colon;
    handler().on_key(key_);
    return true;
}

template <class Handler>
bool scanner<Handler>::take_escape(char c)
{
    state_ = state::string;
    if (c == 'u') {
        state_ = state::code_unit;
        code_unit_ = 0;
        hex_digits_ = 0;
        return true;
    }
    static constexpr std::string_view letters = "\"\\/bfnrt";
    std::size_t const i = letters.find(c);
    if (i == letters.npos)
        return fail("syntax error");
    end_lead_surrogate();
    *text_ += "\"\\/\b\f\n\r\t"[i];
    return true;
}

template <class Handler>
bool scanner<Handler>::take_hex(char c)
{
    if (!foundry::detail::is_hex(c))
        return fail("syntax error");
    code_unit_ =
        code_unit_ * 16 +
        static_cast<std::uint32_t>(foundry::detail::is_digit(c) ? c - '0' : foundry::detail::to_lower(c) - 'a' + 10);
    return ++hex_digits_ != 4 || take_code_unit();
}

template <class Handler>
bool scanner<Handler>::take_code_unit()
{
    state_ = state::string;
    bool const leads = code_unit_ >= 0xd800 && code_unit_ < 0xdc00;
    bool const trails = code_unit_ >= 0xdc00 && code_unit_ < 0xe000;
    if (trails && lead_surrogate_ != 0) {
        foundry::detail::append_code_point(*text_, code_unit_ + 0x10000 - 0xdc00 + ((lead_surrogate_ - 0xd800) << 10));
        lead_surrogate_ = 0;
        return true;
    }
    end_lead_surrogate();
    if (leads)
        lead_surrogate_ = code_unit_;
    else
        foundry::detail::append_code_point(*text_, trails ? foundry::detail::replacement : code_unit_);
    return true;
}

/// Replaces a lead surrogate without a second half.
template <class Handler>
void scanner<Handler>::end_lead_surrogate()
{
    if (lead_surrogate_ == 0)
        return;
    foundry::detail::append_code_point(*text_, foundry::detail::replacement);
    lead_surrogate_ = 0;
}

template <class Handler>
char const* scanner<Handler>::take_number(char const* p, char const* end)
{
    number n;
    char const* stop = p;
    if (number_.empty()) {
        bool const ok = detail::read_number(stop, end, n);
        if (stop == end) // more digits may follow
            number_.assign(p, end);
        else if (end_number(ok, n) && state_ == state::after_value && levels_[depth_ - 1].of == shape::array)
            stop = handler().on_more_numbers(stop, end, levels_[depth_ - 1].count);
        return stop;
    }
    while (stop != end && detail::is_number_part(*stop))
        ++stop;
    number_.append(p, stop);
    if (stop != end) {
        bool const ok = parse_number(number_, n);
        number_.clear();
        end_number(ok, n);
    }
    return stop;
}

template <class Handler>
bool scanner<Handler>::end_number(bool ok, number const& n)
{
    if (!ok)
        return fail("syntax error");
    if (n.form == number::is_double && !std::isfinite(n.d))
        return fail("a number is too large");
    return handler().on_number(n) && end_value();
}

} // namespace foundry::inline FOUNDRY_ABI::json
