// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "fuzz.hpp"

#include <foundry/detail/base/utf8.hpp>

#include <boost/json/error.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace foundry_fuzz {

namespace {

namespace json = boost::json;
using foundry::json::kind;

std::string_view text_of(json::value const& v) { return {v.get_string().data(), v.get_string().size()}; }

void make_value(std::string& out, choices& from, int depth);

void make_text(std::string& out, choices& from)
{
    static constexpr std::string_view parts[] = {
        "",         "a",        "b",   "1",       "5.0",     "-0",      "1e5",      "text", "auto",     "stop",
        "AAAAAA==", "AACAPw==", "\\n", "\\u0000", "\\ud83d", "\\ude00", "\xc3\xa9", "\xff", "\xf0\x9f", "{\\\"a\\\":1}",
        "}",        "function"};
    out += '"';
    for (std::size_t count = from.below(3); count != 0; --count)
        out += parts[from.below(std::size(parts))];
    out += '"';
}

void make_name(std::string& out, choices& from)
{
    static constexpr std::string_view names[] = {"a",    "b",     "",      "type", "text",
                                                 "name", "extra", "index", "id",   "\\u0061"};
    out.append("\"").append(names[from.below(std::size(names))]).append("\":");
}

void make_list(std::string& out, choices& from, char const* brackets, std::size_t most, auto make_element)
{
    out += brackets[0];
    for (std::size_t count = from.below(most + 1), i = 0; i != count; ++i) {
        out.append(i == 0 ? "" : ",");
        make_element();
    }
    out += brackets[1];
}

/// Of any shape.
void make_value(std::string& out, choices& from, int depth)
{
    switch (depth > 70 ? 2 + from.below(4) : from.below(6)) {
    case 0:
        return make_list(out, from, "[]", 3, [&] { make_value(out, from, depth + 1); });
    case 1:
        return make_list(out, from, "{}", 3, [&] {
            make_name(out, from);
            make_value(out, from, depth + 1);
        });
    case 2:
        return make_text(out, from);
    case 3:
        out += make_number(from);
        return;
    case 4:
        out += from.below(2) == 0 ? "true" : "false";
        return;
    default:
        out += "null";
    }
}

void make_described(std::string& out, foundry::json::type const& t, choices& from, int depth)
{
    if (depth != 0 && from.below(8) == 7)
        return make_value(out, from, depth);
    switch (t.what) {
    case kind::boolean:
        out += from.below(2) == 0 ? "true" : "false";
        return;
    case kind::integer:
    case kind::number:
    case kind::float32:
        out += make_number(from);
        return;
    case kind::string:
    case kind::text:
    case kind::enumeration:
        return make_text(out, from);
    case kind::array:
        return make_list(out, from, "[]", 4, [&] { make_described(out, *t.element, from, depth + 1); });
    case kind::map:
    case kind::associative:
        return make_list(out, from, "{}", 4, [&] {
            make_name(out, from);
            make_described(out, *t.element, from, depth + 1);
        });
    case kind::choice:
    case kind::any:
    case kind::members:
    case kind::verbatim:
        return make_value(out, from, depth + 1);
    case kind::object:
        return make_list(out, from, "{}", 6, [&] {
            std::size_t const i = from.below(t.size + 2u);
            if (i >= t.size) {
                make_name(out, from);
                return make_value(out, from, depth + 1);
            }
            out.append("\"").append(t.members[i].name).append("\":");
            make_described(out, *t.members[i].described, from, depth + 1);
        });
    }
}

/// Boost.JSON reads 0e309 as not-a-number.
bool near(double a, double b)
{
    return std::isnan(a) || std::isnan(b) || a == b ||
           std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b)) + 1e-300;
}

/// Whether a value says nothing: what is left out, or written for a plain member that did not come.
bool is_default(json::value const& v)
{
    switch (v.kind()) {
    case json::kind::null:
        return true;
    case json::kind::bool_:
        return !v.get_bool();
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
        return v.to_number<double>() == 0;
    case json::kind::string:
        return v.get_string().empty();
    case json::kind::array:
        return v.get_array().empty();
    case json::kind::object:
        break;
    }
    return std::all_of(v.get_object().begin(), v.get_object().end(),
                       [](auto const& m) { return is_default(m.value()); });
}

/// Whether there is half a surrogate pair, or a whole one.
bool has_surrogate(std::string_view text)
{
    for (std::size_t at = 0; (at = text.find("\\u", at)) != text.npos; at += 2) {
        if (at + 3 < text.size() && (text[at + 2] | 0x20) == 'd' && text[at + 3] > '7')
            return true;
    }
    return false;
}

/// Whether a number was written as a text, or a text as a number.
bool is_number_text(json::value const& text, json::value const& number)
{
    if (!text.is_string() || !number.is_number())
        return false;
    std::string const digits(text_of(text));
    char* end = nullptr;
    double const read = std::strtod(digits.c_str(), &end);
    return end == digits.c_str() + digits.size() && !digits.empty() && near(read, number.to_number<double>());
}

std::size_t count_members(json::value const& v)
{
    std::size_t count = 0;
    if (v.is_array())
        for (json::value const& element : v.get_array())
            count += count_members(element);
    if (v.is_object())
        for (auto const& m : v.get_object())
            count += 1 + count_members(m.value());
    return count;
}

bool is_kept_object(json::object const& came, json::object const& written)
{
    for (auto const& m : came) {
        json::value const* const there = written.if_contains(m.key());
        if (there == nullptr ? !is_default(m.value()) : !is_kept(m.value(), *there))
            return false;
    }
    return std::all_of(written.begin(), written.end(),
                       [&](auto const& m) { return came.contains(m.key()) || is_default(m.value()); });
}

} // namespace

input::input(std::uint8_t const* data, std::size_t size)
{
    if (size < 2)
        return;
    text = {reinterpret_cast<char const*>(data), size - 2};
    mode = data[size - 2];
    split = data[size - 1];
}

void check(bool holds, char const* what, std::string_view one, std::string_view other)
{
    if (holds)
        return;
    std::fprintf(stderr, "wrong: %s\n%.*s\n%.*s\n", what, static_cast<int>(one.size()), one.data(),
                 static_cast<int>(other.size()), other.data());
    std::abort();
}

std::vector<std::vector<char>> pieces(std::string_view text, unsigned split)
{
    std::vector<std::vector<char>> all;
    std::uint32_t random = split;
    while (!text.empty()) {
        random = random * 1664525 + 1013904223;
        std::size_t const size = split == 0 ? 1 : 1 + (random >> 16) % split;
        std::string_view const piece = text.substr(0, size);
        all.emplace_back(piece.begin(), piece.end());
        text.remove_prefix(piece.size());
    }
    return all;
}

void check_printable(std::string_view text)
{
    check(foundry::detail::valid_utf8(text), "the text is not UTF-8", text);
    for (std::size_t i = 0; i != text.size(); ++i) {
        auto const at = [&](std::size_t k) {
            return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u;
        };
        check(at(0) >= 0x20 && at(0) != 0x7f, "a control character", text);
        check(at(0) != 0xc2 || at(1) >= 0xa0, "a control character of Latin 1", text);
        check(at(0) != 0xd8 || at(1) != 0x9c, "a mark of direction, U+061C", text);
        if (at(0) == 0xe2 && at(1) == 0x80)
            check(at(2) != 0x8e && at(2) != 0x8f && (at(2) < 0xa8 || at(2) > 0xae), "a mark of U+2000", text);
        if (at(0) == 0xe2 && at(1) == 0x81)
            check(at(2) < 0xa6 || at(2) > 0xa9, "an isolating mark, U+2066", text);
    }
}

std::size_t choices::below(std::size_t count)
{
    if (rest_.empty())
        return 0;
    auto const byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte % count;
}

std::string_view choices::bytes(std::size_t count)
{
    std::string_view const taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
}

std::string make_number(choices& from)
{
    static constexpr std::string_view bounds[] = {"0",
                                                  "1",
                                                  "5",
                                                  "2147483648",
                                                  "4294967296",
                                                  "9223372036854775807",
                                                  "9223372036854775808",
                                                  "18446744073709551615",
                                                  "18446744073709551616",
                                                  "308",
                                                  "309",
                                                  "324",
                                                  "9007199254740993",
                                                  "17976931348623157"};
    auto const digits = [&]() -> std::string {
        switch (from.below(4)) {
        case 0:
            return std::string(bounds[from.below(std::size(bounds))]);
        case 1:
            return std::to_string(from.below(256));
        case 2:
            return '1' + std::string(from.below(250) * 2, '0');
        default:
            return std::string(from.below(250) * 2, '0') + '1';
        }
    };
    std::string number = from.below(4) == 0 ? "-" : "";
    number += digits();
    std::size_t const more = from.below(4);
    if (more == 1 || more == 2)
        number += '.' + digits();
    if (more == 2 || more == 3)
        number.append(from.below(2) == 0 ? "e" : "E").append(from.below(2) == 0 ? "-" : "").append(digits());
    // What begins with a zero is often no number.
    std::size_t const first = number.starts_with('-') ? 1 : 0;
    while (number.size() > first + 1 && number[first] == '0' && number[first + 1] >= '0' && number[first + 1] <= '9')
        number.erase(first, 1);
    return number;
}

std::string make_json(foundry::json::type const& described, choices& from)
{
    std::string out;
    make_described(out, described, from, 0);
    return out;
}

bool parse_json(std::string_view text, json::value& out, bool& undecided)
{
    std::string valid;
    foundry::detail::append_utf8(valid, text);
    json::parse_options options;
    options.max_depth = 64;
    boost::system::error_code ec;
    out = json::parse(json::string_view(valid.data(), valid.size()), ec, {}, options);
    undecided = ec == json::error::exponent_overflow || (ec && has_surrogate(valid));
    return !ec;
}

bool is_same(json::value const& theirs, json::value const& ours)
{
    if (theirs == 0 && ours.is_double()) // Boost.JSON reads -0 as an integer
        return ours.get_double() == 0 && std::signbit(ours.get_double());
    if (theirs.kind() != ours.kind())
        return false;
    switch (theirs.kind()) {
    case json::kind::double_:
        return std::isnan(theirs.get_double()) ||
               (near(theirs.get_double(), ours.get_double()) &&
                std::signbit(theirs.get_double()) == std::signbit(ours.get_double()));
    case json::kind::array:
        return std::equal(theirs.get_array().begin(), theirs.get_array().end(), ours.get_array().begin(),
                          ours.get_array().end(), is_same);
    case json::kind::object:
        return theirs.get_object().size() == ours.get_object().size() &&
               std::all_of(theirs.get_object().begin(), theirs.get_object().end(), [&](auto const& m) {
                   auto const* const there = ours.get_object().if_contains(m.key());
                   return there != nullptr && is_same(m.value(), *there);
               });
    default:
        return theirs == ours;
    }
}

bool is_kept(json::value const& came, json::value const& written)
{
    if (came.is_null())
        return is_default(written);
    // An element of a list that is {"":5}, and nothing else that counts, reads as 5 does.
    if (came.is_object() && !written.is_object() && came.get_object().contains("")) {
        json::object others = came.get_object();
        others.erase("");
        return is_default(others) && is_kept(came.get_object().at(""), written);
    }
    if (came.is_object() && written.is_object())
        return is_kept_object(came.get_object(), written.get_object());
    if (came.is_array() && written.is_array())
        return std::equal(came.get_array().begin(), came.get_array().end(), written.get_array().begin(),
                          written.get_array().end(), is_kept);
    if (came.is_number() && written.is_number())
        return near(came.to_number<double>(), written.to_number<double>());
    return came == written || is_number_text(came, written) || is_number_text(written, came);
}

void check_written(std::string_view text)
{
    std::size_t names = 0;
    bool in_text = false;
    for (std::size_t i = 0; i != text.size(); ++i) {
        names += !in_text && text[i] == ':';
        in_text = in_text != (text[i] == '"');
        i += in_text && text[i] == '\\';
    }
    json::value v;
    bool undecided = false;
    check(parse_json(text, v, undecided), "what is written is no JSON", text);
    check(count_members(v) == names, "a name is written twice", text);
}

void check_kept(std::string const& written, std::string const& again)
{
    check_written(written);
    check_written(again);
    json::value before, after;
    bool undecided = false;
    check(parse_json(written, before, undecided) && parse_json(again, after, undecided) && is_kept(before, after),
          "is not kept when it is read again", written, again);
}

} // namespace foundry_fuzz
