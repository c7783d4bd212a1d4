// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/temporary_file.hpp"

#include <foundry/error.hpp>
#include <foundry/wav.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry_test::wav_test {

using foundry::wav;
using foundry::wav_writer;
using samples = std::vector<std::int16_t>;

wav parse(std::string_view bytes)
{
    std::vector<char> const exact(bytes.begin(), bytes.end()); // so that a read beyond the end is found
    return wav::from_bytes(std::as_bytes(std::span{exact}));
}

template <class Make>
std::string refusal_of(Make const& make, foundry::errc code = foundry::errc::invalid_argument)
{
    try {
        make();
    } catch (foundry::error const& e) {
        CHECK(e.code() == code);
        return e.what();
    }
    return {};
}

std::string refusal_of_bytes(std::string_view bytes)
{
    return refusal_of([&] { parse(bytes); });
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

std::string number(std::uint32_t value, int bytes)
{
    std::string made;
    for (; bytes-- != 0; value >>= 8)
        made += static_cast<char>(value & 0xff);
    return made;
}

std::string chunk(std::string_view id, std::string_view data)
{
    std::string made = std::string(id) + number(static_cast<std::uint32_t>(data.size()), 4) + std::string(data);
    return made.append(data.size() % 2, '\0');
}

std::string format(std::uint32_t code, std::uint32_t channels, std::uint32_t bits, std::uint32_t rate = 24000)
{
    std::uint32_t const frame = channels * bits / 8;
    return number(code, 2) + number(channels, 2) + number(rate, 4) + number(rate * frame, 4) + number(frame, 2) +
           number(bits, 2);
}

std::string file(std::string const& chunks)
{
    return "RIFF" + number(static_cast<std::uint32_t>(chunks.size() + 4), 4) + "WAVE" + chunks;
}

std::string integers(samples const& values)
{
    std::string made;
    for (std::int16_t const value : values)
        made += number(static_cast<std::uint16_t>(value), 2);
    return made;
}

std::string floats(std::vector<float> const& values)
{
    std::string made;
    for (float const value : values)
        made += number(std::bit_cast<std::uint32_t>(value), 4);
    return made;
}

std::string const mono = chunk("fmt ", format(1, 1, 16));
samples const some{1, -2, 32767, -32768};

std::string text_of(std::vector<std::byte> const& bytes)
{
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

std::string content_of(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("wav: what is written is read again, at any rate and also without samples")
{
    for (std::uint32_t const rate : {8000u, 24000u, 44100u, 4294967295u}) {
        for (samples const& values : {some, samples{}}) {
            wav const read = wav::from_bytes(wav(rate, values).to_bytes());
            CHECK(read.rate == rate);
            CHECK(read.samples == values);
        }
    }
    CHECK(text_of(wav(24000, some).to_bytes()) == file(mono + chunk("data", integers(some))));
}

TEST_CASE("wav: stereo is mixed down, and float is converted")
{
    CHECK(
        parse(file(chunk("fmt ", format(1, 2, 16)) + chunk("data", integers({100, 200, 32767, 32767, -32768, -32768}))))
            .samples == samples{150, 32767, -32768});
    CHECK(parse(file(chunk("fmt ", format(3, 1, 32)) +
                     chunk("data", floats({0.5f, -1, 2, std::numeric_limits<float>::quiet_NaN()}))))
              .samples == samples{16384, -32768, 32767, 0});
    CHECK(parse(file(chunk("fmt ", format(3, 2, 32)) + chunk("data", floats({0.5f, 0.25f})))).samples ==
          samples{12288});
}

TEST_CASE("wav: the extensible format is read by its real one")
{
    std::string const tail("\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71", 14);
    auto const extensible = [&](std::uint32_t code, std::uint32_t bits) {
        return chunk("fmt ",
                     format(0xfffe, 1, bits) + number(22, 2) + number(bits, 2) + number(4, 4) + number(code, 2) + tail);
    };
    CHECK(parse(file(extensible(1, 16) + chunk("data", integers(some)))).samples == some);
    CHECK(parse(file(extensible(3, 32) + chunk("data", floats({0.5f})))).samples == samples{16384});
    CHECK(contains(refusal_of_bytes(file(extensible(7, 8) + chunk("data", "x"))), "format 7"));
    CHECK(contains(refusal_of_bytes(file(chunk("fmt ", format(0xfffe, 1, 16)) + chunk("data", ""))), "format 65534"));
}

TEST_CASE("wav: chunks come in any order, padded to even sizes, and unknown ones are skipped")
{
    std::string const data = chunk("data", integers(some));
    for (std::string const& chunks :
         {chunk("LIST", "odd") + mono + chunk("JUNK", "") + data, data + chunk("fact", "x") + mono,
          mono + data + chunk("LIST", "abcd"), mono + data + "junk"})
        CHECK(parse(file(chunks)).samples == some);
}

TEST_CASE("wav: data of size 0 or 0xFFFFFFFF, as a pipe has it, extends to the end of the file")
{
    for (std::uint32_t const size : {0u, 0xffffffffu}) {
        std::string const head = "RIFF" + number(size, 4) + "WAVE" + mono + "data" + number(size, 4);
        CHECK(parse(head + integers(some)).samples == some);
        CHECK(parse(head + integers(some) + "x").samples == some); // and the half of a sample
        CHECK(parse(head).samples.empty());
    }
}

TEST_CASE("wav: data of size 0 is empty if the size of the file says that chunks follow")
{
    for (std::string const& after : {chunk("LIST", "INFOabcd"), chunk("junk", ""), chunk("LIST", "x") + "rest"})
        CHECK(parse(file(mono + chunk("data", "") + after)).samples.empty());
    std::string const head = file(mono + chunk("data", ""));
    CHECK(parse(head + integers(some)).samples == some); // the sizes are those of the empty file
}

TEST_CASE("wav: a file that is cut anywhere is refused")
{
    std::string const whole = file(chunk("LIST", "odd") + mono + chunk("data", integers(some)));
    CHECK(refusal_of_bytes(whole).empty());
    for (std::size_t size = 0; size != whole.size(); ++size)
        CHECK_FALSE(refusal_of_bytes(std::string_view(whole).substr(0, size)).empty());
    CHECK(contains(refusal_of_bytes(std::string_view(whole).substr(0, whole.size() - 3)), "3 bytes are missing"));
    CHECK(contains(refusal_of_bytes("ID3"), "not a WAV file"));
}

TEST_CASE("wav: a header with any byte changed is read or refused")
{
    std::string const whole = file(mono + chunk("data", integers(some)));
    for (std::size_t at = 0; at != 44; ++at) {
        for (int value = 0; value != 256; ++value) {
            std::string changed = whole;
            changed[at] = static_cast<char>(value);
            std::size_t count = 0;
            refusal_of([&] { count = parse(changed).samples.size(); });
            CHECK(count <= 8); // the bytes after the format
        }
    }
}

TEST_CASE("wav: another format is refused, with its number and how to convert it")
{
    std::string const data = chunk("data", "12345678");
    for (std::string const& other : {format(7, 1, 8), format(6, 1, 8), format(1, 1, 8), format(1, 1, 24),
                                     format(3, 1, 64), format(1, 3, 16), format(1, 0, 16), format(1, 1, 16, 0)})
        CHECK(contains(refusal_of_bytes(file(chunk("fmt ", other) + data)), "pcm_s16le"));
    CHECK(contains(refusal_of_bytes(file(chunk("fmt ", format(7, 1, 8)) + data)), "format 7 with 8 bits"));
    CHECK(contains(refusal_of_bytes(file(chunk("fmt ", "short") + data)), "too short"));
}

TEST_CASE("wav: a file is loaded, its name may have any characters, and an error names it")
{
    std::string const content = file(mono + chunk("data", integers(some)));
    temporary_file const named(content, ".wav");
    CHECK(wav::load_file(named.path).samples == some);
    CHECK(wav::load_file(named.path, content.size()).samples == some);
    CHECK(contains(refusal_of([&] { wav::load_file(named.path, content.size() - 1); }), "the most is 51"));
    named.write("no audio");
    CHECK(contains(refusal_of([&] { wav::load_file(named.path); }), named.path.filename().string()));
    CHECK(contains(refusal_of([] { wav::load_file("no such file.wav"); }), "no such file.wav"));

    std::filesystem::path unusual = named.path;
    unusual += std::filesystem::path(u8"-gr\u00fc\u00df\u97f3.wav");
    {
        wav_writer writer{unusual, 16000};
        writer.write(some);
    }
    CHECK(wav::load_file(unusual).samples == some);
    std::filesystem::remove(unusual);
}

TEST_CASE("wav_writer: the file is whole after close(), and readable before")
{
    temporary_file const written("what was there before, which is longer than the header of a WAV file", ".wav");
    wav_writer writer{written.path, 24000};
    writer.write(some);
    writer.write({});
    writer.write(samples(20000, 5)); // larger than the buffer of the stream
    CHECK(wav::load_file(written.path).samples.size() > 4);
    samples all = some;
    all.resize(20004, 5);
    writer.close();
    writer.close();
    CHECK(content_of(written.path) == text_of(wav(24000, all).to_bytes()));
    CHECK_FALSE(refusal_of([&] { writer.write(some); }, foundry::errc::sink_failed).empty());
    CHECK(content_of(written.path) == text_of(wav(24000, all).to_bytes()));
}

TEST_CASE("wav_writer: its destructor closes the file, after a move that of the new one")
{
    temporary_file const written("", ".wav");
    {
        wav_writer first{written.path, 8000};
        first.write(some);
        wav_writer second = std::move(first);
        second.write(some);
    }
    CHECK(wav::load_file(written.path).samples.size() == 8);
    CHECK(content_of(written.path).size() == 44 + 16);
}

TEST_CASE("wav_writer: a file that cannot be written is named")
{
    CHECK(contains(refusal_of([] { wav_writer("no such folder/a.wav", 24000); }, foundry::errc::sink_failed), "a.wav"));
}

} // namespace foundry_test::wav_test
