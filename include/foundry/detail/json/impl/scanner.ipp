// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/json/plain_text.hpp>
#include <foundry/detail/json/scanner.hpp>

#include <cmath>
#include <cstring>

namespace foundry::inline FOUNDRY_ABI::json {

namespace detail {

inline bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// The text with U+FFFD in place of invalid UTF-8.
inline std::string with_replacements(std::string_view text)
{
    std::string out;
    foundry::detail::append_utf8(out, text);
    return out;
}

} // namespace detail

template <class Handler>
void scanner<Handler>::reset()
{
    state_ = state::value;
    depth_ = 0;
    lead_surrogate_ = 0;
    text_bits_ = 0;
    consumed_ = 0;
    number_.clear();
    copy_ = nullptr;
    problem_.clear();
}

template <class Handler>
bool scanner<Handler>::fail(std::string what)
{
    problem_ = std::move(what);
    reason_size_ = problem_.size();
    state_ = state::refused;
    return false;
}

template <class Handler>
bool scanner<Handler>::feed(std::string_view bytes)
{
    if (state_ == state::refused)
        return false;
    copied_to_ = bytes.data();
    char const* const p = take(bytes.data(), bytes.data() + bytes.size());
    if (copy_ != nullptr)
        copy_->append(copied_to_, p);
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
    bool const in_number = state_ == state::number; // it ends only when another character follows
    if (!feed(in_number ? " " : ""))
        return false;
    consumed_ -= in_number ? 1 : 0;
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
            at_ = p;
            leave(shape::array);
            break;
        case state::first_key:
        case state::key:
            if (c == '"') {
                p = take_key(p + 1, end);
                continue;
            }
            at_ = p;
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
            else if (at_ = p; c == '}' || c == ']')
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
    at_ = p;
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
        handler().on_predicted_key();
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
    if (*p != '\\' || (end - p >= 2 && detail::escaped(p[1]) != '\0'))
        end_lead_surrogate();
    char const* const stop = detail::append_text(*text_, p, end, text_bits_);
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
    char const stands_for = detail::escaped(c);
    if (stands_for == '\0')
        return fail("syntax error");
    end_lead_surrogate();
    *text_ += stands_for;
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
