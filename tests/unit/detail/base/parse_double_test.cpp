// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/base/parse_double.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>

namespace foundry_test::parse_double_test {

using foundry::detail::parse_double;
using foundry::detail::parse_double_without_point;

/// The value with 767 digits after the first, which is enough for each double, and the point of JSON.
std::string digits_of(double value, int decimals = 767)
{
    char text[800];
    std::snprintf(text, sizeof text, "%.*e", decimals, value);
    std::string json = text;
    if (std::size_t const point = json.find_first_not_of("-0123456789"); json[point] != 'e')
        json[point] = '.';
    return json;
}

TEST_CASE("numbers: each double is read from its own digits, without the point, too")
{
    std::mt19937_64 random(20240521);
    for (int i = 0; i != 20000; ++i) {
        auto const value = std::bit_cast<double>(random());
        if (!std::isfinite(value))
            continue;
        for (int const decimals : {16, 30}) {
            std::string const text = digits_of(value, decimals);
            CAPTURE(text);
            REQUIRE(std::bit_cast<std::uint64_t>(parse_double_without_point(text)) ==
                    std::bit_cast<std::uint64_t>(value));
            double read = 0;
            REQUIRE(parse_double(text, read) == std::errc{});
            REQUIRE(std::bit_cast<std::uint64_t>(read) == std::bit_cast<std::uint64_t>(value));
        }
    }
}

TEST_CASE("numbers: a number half way between two doubles is rounded to the even one, and one digit decides")
{
    std::mt19937_64 random(7);
    for (int i = 0; i != 300; ++i) {
        double const lower = std::bit_cast<double>((random() & 0x000fffffffffffff) | std::uint64_t{1023 - 30} << 52);
        double const upper = std::nextafter(lower, 1.0);
        // Exact in a long double of 64 bits; where it has 53, there is nothing between the two.
        long double const middle = (static_cast<long double>(lower) + upper) / 2;
        char exact[200];
        std::snprintf(exact, sizeof exact, "%.120Lf", middle);
        std::string text = exact;
        text[text.find_first_not_of("-0123456789")] = '.';
        CAPTURE(text);
        if (static_cast<double>(middle) != middle) {
            double const even = (std::bit_cast<std::uint64_t>(lower) & 1) == 0 ? lower : upper;
            CHECK(parse_double_without_point(text) == even);
            CHECK(parse_double_without_point(text + "1") == upper);
        }
        CHECK(parse_double_without_point(digits_of(lower)) == lower);
    }
}

TEST_CASE("numbers: zeros, exponents and the ends of the range, without the point")
{
    struct
    {
        std::string text;
        double value;
    } const cases[] = {
        {"0", 0},
        {"12", 12},
        {"-1.5", -1.5},
        {"1.25e2", 125},
        {"125e-2", 1.25},
        {"5.28E+3", 5280},
        {"9007199254740993.0", 9007199254740992},
        {"4.9406564584124654e-324", 5e-324},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"1e-400", 0},
        {"1e400", HUGE_VAL},
        {"-1e18446744073709551616", -HUGE_VAL},
        {"1e-18446744073709551616", 0},
        {"0." + std::string(400, '0') + "1e401", 1},
        {"1" + std::string(400, '0') + "e-400", 1},
    };
    for (auto const& c : cases) {
        CAPTURE(c.text);
        CHECK(parse_double_without_point(c.text) == c.value);
        double read = 0;
        if (parse_double(c.text, read) == std::errc{})
            CHECK(read == c.value);
        else
            CHECK((c.value == 0 || std::isinf(c.value)));
    }
    CHECK(std::signbit(parse_double_without_point("-0.0")));
}

TEST_CASE("numbers: the locale of the program does not matter")
{
    std::string const before = std::setlocale(LC_ALL, nullptr);
    std::setlocale(LC_ALL, ""); // what the environment says, if there is such a locale
    CHECK(parse_double_without_point("1.5") == 1.5);
    CHECK(parse_double_without_point("-123.25e-1") == -12.325);
    double read = 0;
    CHECK(parse_double("1.5", read) == std::errc{});
    CHECK(read == 1.5);
    std::setlocale(LC_ALL, before.c_str());
}

} // namespace foundry_test::parse_double_test
