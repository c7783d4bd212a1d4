// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace foundry::inline FOUNDRY_ABI {

/// A queue of samples between the callback of an audio device and the rest of a program: bounded, without locks, for one writer and one
/// reader. Capture: the callback of the microphone calls write(), a strand read(). Playback: a strand calls write(), and clear() if the
/// person interrupts; the callback of the loudspeaker calls read(), which gives silence if the queue is empty.
///
///     foundry::sample_ring playing{60 * 24000}; // one minute at 24 kHz
///     std::uint64_t const begin = playing.written();
///     playing.write(answer);
///     playing.clear(); // after an interruption
///     std::uint64_t const end = playing.played();
///     std::uint64_t const heard = end > begin ? end - begin : 0; // samples of the answer
///
/// Thread safety: write(), clear() and written() are for one thread (or strand) at a time, read() for one other; the rest is for any.
/// No function waits, locks, allocates or throws, except the constructor.
class sample_ring
{
public:
    /// Allocates the memory.
    ///
    /// @param capacity maximum number of samples in the queue, at least 1.
    explicit sample_ring(std::size_t capacity);
    sample_ring(sample_ring const&) = delete;
    sample_ring& operator=(sample_ring const&) = delete;

    /// Writer: appends as many samples as there is space for, from the front of `samples`, and returns how many. The rest counts as
    /// dropped.
    std::size_t write(std::span<std::int16_t const> samples) noexcept;

    /// Writer: removes all samples from the queue. A read() in progress may still return its block; the space becomes free at the next
    /// read().
    void clear() noexcept;

    /// Writer: number of samples that were written and not cleared, since the construction: what played() is when the queue is empty.
    /// Between a clear() and the reader's next read() it may be too low, by at most the block of a read() in progress.
    std::uint64_t written() const noexcept;

    /// Reader: removes samples from the queue, fills the rest of `out` with silence, and returns the number of samples without the silence.
    std::size_t read(std::span<std::int16_t> out) noexcept;

    /// Number of samples that read() has returned since the construction, without the silence. Never decreases.
    std::uint64_t played() const noexcept { return played_.load(std::memory_order_acquire); }

    /// Number of samples in the queue: approximate while others write or read.
    std::size_t size() const noexcept;

    /// Number of samples that write() has not taken because the queue was full.
    std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

    std::size_t capacity() const noexcept { return capacity_; }

private:
    std::size_t capacity_;
    std::unique_ptr<std::int16_t[]> samples_;

    static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "an audio callback must not wait for a lock");

    // Positions count all samples since the construction. Sample `p` is in samples_[p % capacity_].
    std::atomic<std::uint64_t> end_{0};   // set by the writer, after the samples before it
    std::atomic<std::uint64_t> clear_{0}; // set by the writer: the reader skips what is before it
    std::atomic<std::uint64_t> dropped_{0};

    std::atomic<std::uint64_t> begin_{0};   // set by the reader, after its use of the samples before it
    std::atomic<std::uint64_t> skipped_{0}; // set by the reader before begin_: how many of them were cleared
    std::atomic<std::uint64_t> played_{0};  // set by the reader after begin_: how many of them were not
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/sample_ring.ipp>
#endif
