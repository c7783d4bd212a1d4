// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/operations/poll.hpp>
#include <foundry/error.hpp>

#include <boost/asio/deferred.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::detail {

inline constexpr std::chrono::milliseconds shortest_wait(1);

FOUNDRY_DECL poll_timer::poll_timer(boost::asio::any_io_executor const& executor, running_call& call,
                                    std::chrono::milliseconds interval, std::chrono::milliseconds max_interval,
                                    std::chrono::milliseconds server_limit)
    : timer_(executor),
      noted_(&call.wait, timer_),
      next_(std::max(shortest_wait, bounded(interval))),
      max_interval_(bounded(max_interval)),
      server_limit_(bounded(server_limit))
{}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> poll_timer::wait(std::optional<std::chrono::milliseconds> asked,
                                                                        std::chrono::steady_clock::time_point end,
                                                                        char const* late)
{
    timer_.expires_after(std::max(next_, std::min(asked.value_or(next_), server_limit_)));
    if (timer_.expiry() >= end)
        throw error(errc::total_timeout, late);
    co_await timer_.async_wait(boost::asio::deferred);
    next_ = std::max(shortest_wait, std::min(next_ + std::max(next_ / 2, shortest_wait), max_interval_));
}

FOUNDRY_DECL void limit_total(call_options& with, std::chrono::steady_clock::time_point end)
{
    if (end == (std::chrono::steady_clock::time_point::max)())
        return;
    std::chrono::milliseconds const rest =
        std::max(std::chrono::milliseconds(1),
                 std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()));
    bool const is_shorter = with.timeouts.total && with.timeouts.total->count() > 0 && *with.timeouts.total < rest;
    if (!is_shorter)
        with.timeouts.total = rest;
    with.timeouts.stream_total = rest;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
