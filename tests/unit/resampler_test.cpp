// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/resampler.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace foundry_test::resampler_test {

using foundry::resampler;
using foundry::resampling;
using samples = std::vector<std::int16_t>;

constexpr double pi = 3.14159265358979323846;

samples sine(double frequency, double rate, std::size_t count, double amplitude = 16000)
{
    samples made(count);
    for (std::size_t i = 0; i != count; ++i)
        made[i] = static_cast<std::int16_t>(
            std::lround(amplitude * std::sin(2 * pi * frequency / rate * static_cast<double>(i))));
    return made;
}

samples convert(resampling direction, samples const& in)
{
    resampler r{direction};
    samples out(r.output_size(in.size()));
    CHECK(r.process(in, out) == out.size());
    return out;
}

/// Amplitude of one frequency, by correlation over the middle of the samples.
double amplitude_of(samples const& all, double frequency, double rate)
{
    std::size_t const begin = all.size() / 4, end = all.size() * 3 / 4;
    double re = 0, im = 0, weights = 0;
    for (std::size_t i = begin; i != end; ++i) {
        double const window = 1 - std::cos(2 * pi * static_cast<double>(i - begin) / static_cast<double>(end - begin));
        double const phase = 2 * pi * frequency / rate * static_cast<double>(i);
        re += window * all[i] * std::cos(phase);
        im += window * all[i] * std::sin(phase);
        weights += window;
    }
    return 2 * std::hypot(re, im) / weights;
}

double decibel(double ratio) { return 20 * std::log10(std::max(ratio, 1e-9)); }

constexpr double large = 16000;
constexpr std::size_t length = 9600;

TEST_CASE("resampler: tones up to 10 kHz keep their level within 0.02 dB in both directions")
{
    for (double f = 100; f <= 10000; f += 300) {
        double const down = amplitude_of(convert(resampling::down, sine(f, 48000, length)), f, 24000);
        double const up = amplitude_of(convert(resampling::up, sine(f, 24000, length)), f, 48000);
        CHECK(std::abs(decibel(down / large)) < 0.02);
        CHECK(std::abs(decibel(up / large)) < 0.02);
    }
}

TEST_CASE("resampler: tones from 14 kHz are at least 70 dB weaker at 24 kHz")
{
    for (double f = 14050; f <= 23950; f += 150) {
        double const alias = amplitude_of(convert(resampling::down, sine(f, 48000, length)), 24000 - f, 24000);
        CHECK(decibel(alias / large) < -70);
    }
}

TEST_CASE("resampler: the images of tones up to 10 kHz are at least 70 dB weaker at 48 kHz")
{
    for (double f = 100; f <= 10000; f += 300) {
        double const image = amplitude_of(convert(resampling::up, sine(f, 24000, length)), 24000 - f, 48000);
        CHECK(decibel(image / large) < -70);
    }
}

TEST_CASE("resampler: the result does not depend on how the samples are cut into blocks")
{
    std::mt19937 random{7};
    samples in(5001);
    for (std::int16_t& sample : in)
        sample = static_cast<std::int16_t>(random());
    for (resampling const direction : {resampling::down, resampling::up}) {
        samples const whole = convert(direction, in);
        for (std::size_t const most : {1u, 2u, 3u, 7u, 64u, 1000u}) {
            resampler r{direction};
            samples pieces;
            for (std::span<std::int16_t const> rest{in}; !rest.empty();) {
                std::size_t const size = std::min<std::size_t>(rest.size(), random() % (most + 1));
                samples out(r.output_size(size));
                CHECK(r.process(rest.first(size), out) == out.size());
                pieces.insert(pieces.end(), out.begin(), out.end());
                rest = rest.subspan(size);
            }
            CHECK(pieces == whole);
        }
    }
}

TEST_CASE("resampler: an impulse comes 27 samples later at 48 kHz")
{
    samples in(100, 0);
    in[20] = 10000;
    samples const up = convert(resampling::up, in);
    CHECK(std::max_element(up.begin(), up.end()) - up.begin() == 2 * 20 + 27);
    CHECK(up[67] == 10000);
    in[20] = 0;
    in[30] = 10000; // the first of a pair, so that the middle of the filter meets it
    samples const down = convert(resampling::down, in);
    CHECK(2 * (std::max_element(down.begin(), down.end()) - down.begin()) + 1 == 30 + 27);
}

TEST_CASE("resampler: a constant keeps its value, and the loudest signals saturate")
{
    for (int const level : {0, 1, -1, 12345, 32767, -32768}) {
        samples const in(400, static_cast<std::int16_t>(level));
        for (resampling const direction : {resampling::down, resampling::up}) {
            samples const out = convert(direction, in);
            CHECK(std::all_of(out.begin() + 60, out.end(), [&](int sample) { return sample == level; }));
        }
    }
    for (std::size_t const half_period : {1u, 2u, 3u, 5u, 12u, 50u}) { // square waves, of which the filter overshoots
        samples square(800);
        for (std::size_t i = 0; i != square.size(); ++i)
            square[i] = i / half_period % 2 == 0 ? std::int16_t{32767} : std::int16_t{-32768};
        samples const up = convert(resampling::up, square);
        CHECK(*std::max_element(up.begin(), up.end()) == 32767);
        convert(resampling::down, square);
    }
}

TEST_CASE("resampler: an odd sample waits for the next block, and reset() forgets it")
{
    resampler r{resampling::down};
    samples out(8);
    CHECK(r.output_size(3) == 1);
    CHECK(r.process(samples{1, 2, 3}, out) == 1);
    CHECK(r.output_size(3) == 2);
    CHECK(r.process(samples{}, out) == 0);
    r.reset();
    CHECK(r.output_size(3) == 1);
    CHECK(resampler{resampling::up}.output_size(3) == 6);
}

} // namespace foundry_test::resampler_test
