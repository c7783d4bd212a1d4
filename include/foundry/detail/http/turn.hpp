// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <chrono>

namespace foundry::inline FOUNDRY_ABI::http {

/// The time in which values that have arrived are handed over, one after the other, before others, and the frame of a game, come first:
/// some twenty small chunks, or four values if each takes long. To post for each value would make a game fall behind.
class turn
{
public:
    /// Begins again, after a wait or a post.
    void begin(std::chrono::steady_clock::time_point now) noexcept
    {
        end_ = now + std::chrono::microseconds(10);
        values_ = 0; // who waits for each value never posts
    }
    /// Called before each value. If it is over, the caller posts itself and begins another. Every fourth call reads the clock.
    bool is_over() noexcept { return ++values_ % 4 == 0 && std::chrono::steady_clock::now() >= end_; }

private:
    std::chrono::steady_clock::time_point end_;
    unsigned values_ = 0;
};

} // namespace foundry::inline FOUNDRY_ABI::http
