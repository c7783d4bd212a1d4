// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/report.hpp"

#include <foundry/sample_ring.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <random>
#include <span>
#include <thread>
#include <vector>

namespace foundry_test::sample_ring_test {

using foundry::sample_ring;

using samples = std::vector<std::int16_t>;

/// `count` samples that count up from `first`.
samples counting(std::size_t count, int first = 1)
{
    samples made(count);
    for (std::int16_t& sample : made)
        sample = static_cast<std::int16_t>(first++);
    return made;
}

/// What read() leaves in a block of this size.
samples block_of(sample_ring& ring, std::size_t size)
{
    samples block(size, -1);
    ring.read(block);
    return block;
}

TEST_CASE("sample_ring: samples come out in the order in which they were written, across the end of the memory")
{
    sample_ring ring{5};
    CHECK(ring.capacity() == 5);
    for (int first = 0; first < 100; first += 3) {
        CHECK(ring.write(counting(3, first)) == 3);
        CHECK(ring.size() == 3);
        CHECK(block_of(ring, 3) == counting(3, first));
        CHECK(ring.size() == 0);
    }
}

TEST_CASE("sample_ring: a full ring takes what fits, and counts the rest as dropped")
{
    sample_ring ring{4};
    CHECK(ring.write(counting(3)) == 3);
    CHECK(ring.dropped() == 0);
    CHECK(ring.write(counting(3, 4)) == 1);
    CHECK(ring.write(counting(1)) == 0);
    CHECK(ring.dropped() == 3);
    CHECK(block_of(ring, 4) == counting(4));
    CHECK(ring.write({}) == 0);
}

TEST_CASE("sample_ring: a block that is larger than the rest ends with silence, which does not count as played")
{
    sample_ring ring{8};
    ring.write(counting(2));
    CHECK(block_of(ring, 4) == samples{1, 2, 0, 0});
    CHECK(block_of(ring, 2) == samples{0, 0});
    CHECK(ring.played() == 2);
    ring.write(counting(3));
    samples block(2);
    CHECK(ring.read(block) == 2);
    CHECK(ring.read(block) == 1);
    CHECK(ring.read({}) == 0);
    CHECK(ring.played() == 5);
}

TEST_CASE("sample_ring: cleared samples are neither played nor counted, and what is written after them is")
{
    sample_ring ring{8};
    ring.write(counting(6));
    CHECK(block_of(ring, 2) == samples{1, 2});
    ring.clear();
    CHECK(ring.size() == 0);
    CHECK(ring.written() == 2);
    ring.write(counting(2, 20)); // all the space there is before the next read()
    CHECK(ring.write(counting(3, 30)) == 2);
    CHECK(ring.written() == 6);
    CHECK(block_of(ring, 3) == samples{20, 21, 30});
    CHECK(ring.played() == 5);
    CHECK(ring.written() == 6);
    CHECK(ring.write(counting(8)) == 7);
    ring.clear();
    ring.clear();
    CHECK(block_of(ring, 1) == samples{0});
    CHECK(ring.played() == 5);
    CHECK(ring.written() == 5);
    CHECK(ring.write(counting(8)) == 8);
}

TEST_CASE("sample_ring: written() before an answer tells how much of it was heard")
{
    sample_ring ring{100};
    ring.write(counting(10)); // one answer, not yet heard
    std::uint64_t const begin = ring.written();
    ring.write(counting(50));
    block_of(ring, 30);
    ring.clear();
    CHECK(ring.played() - begin == 20);
    CHECK(ring.written() == ring.played());
}

TEST_CASE("sample_ring: a ring without capacity holds one sample")
{
    sample_ring ring{0};
    CHECK(ring.write(counting(2)) == 1);
    CHECK(block_of(ring, 2) == samples{1, 0});
}

constexpr std::uint64_t transferred = 200000;

TEST_CASE("sample_ring: two threads transfer samples without loss and in order")
{
    sample_ring ring{97};
    std::uint64_t wrong = 0; // of the reader
    std::thread reader([&] {
        std::minstd_rand random{2};
        std::int16_t next = 0;
        for (std::uint64_t received = 0; received != transferred;) {
            samples block(random() % 60);
            std::size_t const count = ring.read(block);
            for (std::size_t i = 0; i != count; ++i)
                wrong += block[i] != next++;
            wrong += static_cast<std::uint64_t>(std::count(block.begin() + static_cast<std::ptrdiff_t>(count),
                                                           block.end(), 0)) != block.size() - count;
            received += count;
            wrong += ring.played() != received;
            if (count == 0)
                std::this_thread::yield();
        }
    });
    std::minstd_rand random{1};
    std::int16_t next = 0;
    for (std::uint64_t sent = 0; sent != transferred;) {
        samples block(std::min<std::uint64_t>(random() % 60, transferred - sent));
        std::int16_t value = next;
        for (std::int16_t& sample : block)
            sample = value++;
        std::size_t const count = ring.write(block);
        next = static_cast<std::int16_t>(next + static_cast<int>(count));
        sent += count;
        if (count == 0)
            std::this_thread::yield();
    }
    reader.join();
    CHECK(wrong == 0);
    CHECK(ring.size() == 0);
    CHECK(ring.written() == transferred);
    foundry_test::report("samples between two threads", transferred);
}

TEST_CASE("sample_ring: while a thread reads, another clears, and no cleared sample is read later")
{
    sample_ring ring{97};
    std::atomic<int> answer{0}; // the number of the answer whose samples are written, after the others are cleared
    std::atomic<bool> done{false};
    std::uint64_t wrong_reads = 0, wrong_writes = 0, received = 0;
    constexpr std::size_t max_block = 60;
    std::thread reader([&] {
        std::minstd_rand random{2};
        for (bool last = false; !last;) {
            last = done;
            int const oldest = answer;
            samples block(random() % max_block + (last ? 97 : 0));
            std::size_t const count = ring.read(block);
            for (std::size_t i = 0; i != count; ++i)
                wrong_reads += block[i] < oldest;
            wrong_reads += !std::is_sorted(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count));
            received += count;
            wrong_reads += ring.played() != received;
            if (count == 0)
                std::this_thread::yield();
        }
    });
    std::minstd_rand random{1};
    for (int i = 0; i != 50000; ++i) {
        if (random() % 10 == 0) {
            std::uint64_t const begin = ring.written();
            ring.clear();
            wrong_writes +=
                ring.written() > begin + max_block || ring.written() + max_block < ring.played() || ring.size() != 0;
            answer = std::min(i, 32767);
        }
        samples const block(random() % max_block, static_cast<std::int16_t>(answer));
        std::uint64_t const before = ring.written();
        std::size_t const count = ring.write(block);
        wrong_writes += ring.written() < before + count || ring.size() > ring.capacity();
        if (count == 0)
            std::this_thread::yield();
    }
    done = true;
    reader.join();
    CHECK(wrong_reads == 0);
    CHECK(wrong_writes == 0);
    CHECK(ring.size() == 0);
    CHECK(ring.written() == received);
    CHECK(ring.played() == received);
    foundry_test::report("interruptions of a reading thread", 5000);
}

} // namespace foundry_test::sample_ring_test
