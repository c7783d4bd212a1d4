// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/sample_ring.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL sample_ring::sample_ring(std::size_t capacity)
    : capacity_(std::max<std::size_t>(capacity, 1)),
      samples_(std::make_unique<std::int16_t[]>(capacity_))
{}

FOUNDRY_DECL std::size_t sample_ring::write(std::span<std::int16_t const> samples) noexcept
{
    std::uint64_t const end = end_.load(std::memory_order_relaxed);
    // Acquire: the reader has copied what is before begin_ when it is overwritten.
    std::size_t const space = capacity_ - static_cast<std::size_t>(end - begin_.load(std::memory_order_acquire));
    std::size_t const count = (std::min)(samples.size(), space);
    auto const at = static_cast<std::size_t>(end % capacity_);
    auto const front = samples.first((std::min)(count, capacity_ - at));
    auto const wrapped = samples.subspan(front.size(), count - front.size());
    std::copy(front.begin(), front.end(), samples_.get() + at);
    std::copy(wrapped.begin(), wrapped.end(), samples_.get());
    end_.store(end + count, std::memory_order_release);
    if (count != samples.size())
        dropped_.fetch_add(samples.size() - count, std::memory_order_relaxed);
    return count;
}

FOUNDRY_DECL void sample_ring::clear() noexcept
{
    clear_.store(end_.load(std::memory_order_relaxed), std::memory_order_release);
}

FOUNDRY_DECL std::uint64_t sample_ring::written() const noexcept
{
    std::uint64_t const end = end_.load(std::memory_order_relaxed);
    std::uint64_t const clear = clear_.load(std::memory_order_relaxed);
    // In this order: if begin_ is still before clear_, played_ had no sample after clear_.
    std::uint64_t const played = played_.load(std::memory_order_acquire);
    if (begin_.load(std::memory_order_acquire) < clear)
        return played + (end - clear);
    return end - skipped_.load(std::memory_order_relaxed);
}

FOUNDRY_DECL std::size_t sample_ring::read(std::span<std::int16_t> out) noexcept
{
    // In this order: end_ is then not before clear_.
    std::uint64_t const clear = clear_.load(std::memory_order_acquire);
    std::uint64_t const end = end_.load(std::memory_order_acquire);
    std::uint64_t const old_begin = begin_.load(std::memory_order_relaxed);
    std::uint64_t const begin = (std::max)(old_begin, clear);
    auto const count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), end - begin));
    auto const at = static_cast<std::size_t>(begin % capacity_);
    std::size_t const front = (std::min)(count, capacity_ - at);
    auto to = std::copy_n(samples_.get() + at, front, out.begin());
    to = std::copy_n(samples_.get(), count - front, to);
    std::fill(to, out.end(), std::int16_t{0});
    skipped_.store(skipped_.load(std::memory_order_relaxed) + (begin - old_begin), std::memory_order_relaxed);
    begin_.store(begin + count, std::memory_order_release);
    played_.store(played_.load(std::memory_order_relaxed) + count, std::memory_order_release);
    return count;
}

FOUNDRY_DECL std::size_t sample_ring::size() const noexcept
{
    // In this order: end_ is then before neither of the others.
    std::uint64_t const begin = begin_.load(std::memory_order_acquire);
    std::uint64_t const clear = clear_.load(std::memory_order_acquire);
    return static_cast<std::size_t>(end_.load(std::memory_order_acquire) - (std::max)(begin, clear));
}

} // namespace foundry::inline FOUNDRY_ABI
