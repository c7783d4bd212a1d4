// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/samples.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>

namespace foundry_test::samples_test {

using foundry::to_float;
using foundry::to_int16;

TEST_CASE("to_int16: the nearest sample, at most the largest and at least the smallest one")
{
    CHECK(to_int16(0.0f) == 0);
    CHECK(to_int16(-0.0f) == 0);
    CHECK(to_int16(0.5f) == 16384);
    CHECK(to_int16(-0.5f) == -16384);
    CHECK(to_int16(1.4f / 32768) == 1);
    CHECK(to_int16(1.6f / 32768) == 2);
    CHECK(to_int16(-1.6f / 32768) == -2);
    for (float const high : {1.0f, 32766.6f / 32768, 2.0f, 1e30f, std::numeric_limits<float>::infinity()})
        CHECK(to_int16(high) == 32767);
    for (float const low : {-1.0f, -32767.6f / 32768, -2.0f, -1e30f, -std::numeric_limits<float>::infinity()})
        CHECK(to_int16(low) == -32768);
}

TEST_CASE("to_int16: what is not a number is silence")
{
    CHECK(to_int16(std::numeric_limits<float>::quiet_NaN()) == 0);
    CHECK(to_int16(-std::numeric_limits<float>::quiet_NaN()) == 0);
}

TEST_CASE("to_float: every sample comes back")
{
    int wrong = 0;
    for (int sample = -32768; sample != 32768; ++sample)
        wrong += to_int16(to_float(static_cast<std::int16_t>(sample))) != sample;
    CHECK(wrong == 0);
    CHECK(to_float(-32768) == -1.0f);
    CHECK(to_float(32767) < 1.0f);
}

TEST_CASE("to_int16, to_float: a block is converted as far as both spans reach")
{
    std::array<float, 3> const in{0.25f, -0.25f, 1.0f};
    std::array<std::int16_t, 2> two{};
    to_int16(in, two);
    CHECK(two == std::array<std::int16_t, 2>{8192, -8192});
    std::array<float, 3> back{9, 9, 9};
    to_float(two, back);
    CHECK(back == std::array<float, 3>{0.25f, -0.25f, 9});
}

} // namespace foundry_test::samples_test
