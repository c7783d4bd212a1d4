// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/json/plain_text.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::plain_text_test {

namespace json = foundry::json::detail;
using namespace std::string_view_literals;

constexpr std::string_view letters = "\"\\/bfnrt";
constexpr std::string_view characters = "\"\\/\b\f\n\r\t";

struct outcome
{
    std::string text;
    std::size_t length = 0; // of what was read
    bool is_ascii = true;
};

/// A byte at a time.
outcome expected(std::string_view from)
{
    outcome o;
    while (o.length != from.size()) {
        char const c = from[o.length];
        if (json::is_plain(c)) {
            o.is_ascii = o.is_ascii && static_cast<unsigned char>(c) < 0x80;
            o.text += c;
            ++o.length;
            continue;
        }
        std::size_t const letter =
            c == '\\' && o.length + 1 < from.size() ? letters.find(from[o.length + 1]) : letters.npos;
        if (letter == letters.npos)
            break;
        o.text += characters[letter];
        o.length += 2;
    }
    return o;
}

outcome appended(std::string_view from)
{
    std::vector<char> const bytes(from.begin(),
                                  from.end()); // of exactly this size, so that a read beyond its end is found
    outcome o;
    o.text = "before";
    std::uint64_t bits = 0;
    char const* const end = bytes.data() + bytes.size();
    o.length = static_cast<std::size_t>(json::append_text(o.text, bytes.data(), end, bits) - bytes.data());
    o.text.erase(0, 6);
    o.is_ascii = json::is_ascii(bits);
    return o;
}

void check(std::string_view text)
{
    outcome const got = appended(text);
    outcome const wanted = expected(text);
    CHECK(got.text == wanted.text);
    CHECK(got.length == wanted.length);
    if (!wanted.is_ascii)
        CHECK_FALSE(got.is_ascii);
    else if (wanted.length == text.size()) // bytes after the text may count, too
        CHECK(got.is_ascii);
}

TEST_CASE("plain text: whatever ends a text is found at each place, in texts of each length")
{
    for (std::size_t size = 0; size != 140; ++size)
        for (std::size_t at = 0; at <= size; ++at)
            for (std::string_view const odd :
                 {"\""sv, "\\n"sv, "\\u0041"sv, "\\"sv, "\x1f"sv, "\0"sv, "\x7f"sv, "\xff"sv, "\\x"sv}) {
                std::string text(size, ' ');
                text.replace(at, 0, odd);
                INFO(size, " ", at, " ", odd);
                check(text);
            }
}

TEST_CASE("plain text: every byte is text or ends it, alone and after a backslash")
{
    for (int c = 0; c != 256; ++c)
        for (std::size_t const before : {0U, 5U, 20U, 40U}) {
            std::string text(before, 'a');
            text += static_cast<char>(c);
            text += std::string(40, 'b');
            INFO(before, " ", c);
            check(text);
            text.insert(before, 1, '\\');
            check(text);
        }
}

TEST_CASE("plain text: long texts with many escapes are those of a reader of one byte at a time")
{
    std::mt19937 random(7);
    auto const below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    for (int i = 0; i != 2000; ++i) {
        std::string text;
        std::size_t const size = below(3000);
        std::size_t const run = 1 + below(120);
        while (text.size() < size) {
            text.append(below(run), static_cast<char>('a' + below(26)));
            text += '\\';
            text += letters[below(letters.size())];
        }
        if (below(2) == 0)
            text += '"';
        INFO(i);
        check(text);
    }
}

} // namespace foundry_test::plain_text_test
