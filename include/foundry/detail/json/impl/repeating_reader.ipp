// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/json/integer.hpp>
#include <foundry/detail/json/plain_text.hpp>
#include <foundry/detail/json/repeating_reader.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::json {

namespace detail {

/// The quote that ends a string; `end` if there is none. Stops at a control character, too.
inline char const* string_end(char const* p, char const* end)
{
    std::uint64_t bits = 0;
    p = skip_plain(p, end, bits);
    while (end - p >= 2 && *p == '\\')
        p = skip_plain(p + 2, end, bits);
    return p;
}

/// The position after the string or number that begins here; null if neither does.
inline char const* scalar_end(char const* p, char const* end)
{
    if (*p == '"') {
        char const* const quote = string_end(p + 1, end);
        return quote == end ? nullptr : quote + 1;
    }
    if (*p != '-' && !foundry::detail::is_digit(*p))
        return nullptr;
    while (p != end && is_number_part(*p))
        ++p;
    return p;
}

/// Calls `differ` with the position in `now` of each string and number that has another text in `before`. False if something else differs.
template <class Differ>
bool compare_scalars(std::string_view before, std::string_view now, Differ const& differ)
{
    char const* p = before.data();
    char const* q = now.data();
    char const* const p_end = p + before.size();
    char const* const q_end = q + now.size();
    while (p != p_end && q != q_end) {
        char const* const p_stop = scalar_end(p, p_end);
        char const* const q_stop = scalar_end(q, q_end);
        if (p_stop == nullptr || q_stop == nullptr) {
            if (*p++ != *q++)
                return false;
            continue;
        }
        auto const size = static_cast<std::size_t>(q_stop - q);
        if (std::string_view(p, static_cast<std::size_t>(p_stop - p)) != std::string_view(q, size))
            differ(static_cast<std::size_t>(q - now.data()), size);
        p = p_stop;
        q = q_stop;
    }
    return p == p_end && q == q_end;
}

} // namespace detail

FOUNDRY_DECL void repeating_reader::forget() noexcept
{
    last_.clear();
    holes_.clear();
    misses_ = 0;
}

FOUNDRY_DECL bool repeating_reader::read(object_ref value, std::string_view text)
{
    if (!holes_.empty() && fill_holes(text)) {
        misses_ = 0;
        return true;
    }
    holes_.clear();
    bool const is_read = reader_.read(value, text, reading::reused);
    if (!is_read || text.size() > max_size) {
        last_.clear();
        return is_read;
    }
    // Where nothing is ever repeated, to look for it costs less and less.
    std::vector<hole> holes;
    if (std::has_single_bit(++misses_) && !last_.empty())
        holes = find_holes(value, text);
    last_ = text;
    holes_ = std::move(holes); // those of `last_`
    return true;
}

FOUNDRY_DECL bool repeating_reader::fill_holes(std::string_view text)
{
    char const* p = text.data();
    char const* const end = p + text.size();
    std::size_t from = 0;
    auto const same = [&](std::size_t to) {
        return static_cast<std::size_t>(end - p) >= to - from && std::memcmp(p, last_.data() + from, to - from) == 0;
    };
    for (hole const& h : holes_) {
        if (!same(h.begin))
            return false;
        p = fill(h.target, p + (h.begin - from), end);
        if (p == nullptr)
            return false;
        from = h.end;
    }
    return same(last_.size()) && static_cast<std::size_t>(end - p) == last_.size() - from;
}

FOUNDRY_DECL char const* repeating_reader::fill(object_ref target, char const* p, char const* end)
{
    if (target.described->what == kind::integer) {
        number n;
        return detail::read_number(p, end, n) && store_integer(n, target.object, *target.described) ? p : nullptr;
    }
    if (p == end || *p != '"')
        return nullptr;
    auto& text = *static_cast<std::string*>(target.object);
    std::uint64_t bits = 0;
    text.clear();
    char const* stop = detail::append_text(text, p + 1, end, bits);
    if (stop != end && *stop == '"' && (detail::is_ascii(bits) || foundry::detail::valid_utf8(text)))
        return stop + 1;
    // Not so simple a text is read as a document of its own.
    stop = detail::string_end(stop, end);
    if (stop == end)
        return nullptr;
    std::string_view const token(p, static_cast<std::size_t>(stop + 1 - p));
    return reader_.read(target, token, reading::reused) ? stop + 1 : nullptr;
}

FOUNDRY_DECL std::vector<repeating_reader::hole> repeating_reader::find_holes(object_ref value, std::string_view text)
{
    std::vector<hole> holes;
    bool const is_alike = detail::compare_scalars(last_, text, [&](std::size_t begin, std::size_t size) {
        if (holes.size() <= max_holes)
            holes.push_back({begin, begin + size, {}});
    });
    if (!is_alike || holes.size() > max_holes)
        return {};
    std::vector<reader::scalar> const scalars = reader_.read_again(value, text);
    std::size_t i = 0;
    for (hole& h : holes) {
        while (i != scalars.size() && scalars[i].begin < h.begin)
            ++i;
        if (i == scalars.size() || scalars[i].begin != h.begin)
            return {};
        h.target = scalars[i].target;
    }
    return holes;
}

} // namespace foundry::inline FOUNDRY_ABI::json
