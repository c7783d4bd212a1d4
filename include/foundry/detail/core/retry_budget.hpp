// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// What is recorded of an attempt that has just failed.
///
/// @param waited the wait before it.
FOUNDRY_DECL attempt attempt_of(error const& failed, std::chrono::milliseconds waited,
                                std::chrono::steady_clock::duration elapsed);

/// The requests of one call, from the first to the one that succeeds. Has no socket, no clock and no random numbers of its own:
///
///     for (retry_budget requests(options.retry, total, clock::now());;) {
///         std::chrono::milliseconds wait{0};
///         try { ...; co_return ...; } catch (error const& e) { wait = requests.wait_after(e, clock::now(), random_fraction()); }
///         boost::asio::steady_timer pause(executor, wait);
///         co_await pause.async_wait(deferred);
///     }
class retry_budget
{
public:
    using clock = std::chrono::steady_clock;

    /// @param total limit of all requests and waits together; zero for none.
    /// @param is_safe whether the requests only read.
    retry_budget(retry_options const& how, std::chrono::milliseconds total, clock::time_point now,
                 bool is_safe = false);

    /// The failed attempts.
    std::vector<attempt> const& failed() const noexcept { return attempts_; }
    /// The wait after the last of them.
    std::chrono::milliseconds waited() const noexcept { return waited_; }
    /// When the current attempt began, or will begin after its wait.
    clock::time_point attempt_begun() const noexcept { return attempt_begun_; }

    /// When the call began.
    clock::time_point begun() const noexcept { return begun_; }
    /// When the whole call ends; `clock::time_point::max()` without a limit.
    clock::time_point end() const noexcept { return end_; }

    /// How long to wait until the next attempt.
    ///
    /// @param random evenly spread over [0, 1).
    /// @param can_repeat whether the request can be sent again.
    /// @throws foundry::error the given one, with every attempt, if the policy allows no other attempt or the time does not suffice.
    std::chrono::milliseconds wait_after(error const& failed, clock::time_point now, double random,
                                         bool can_repeat = true);

    /// @name For a call that another endpoint may answer
    /// @{
    /// Where the current attempt goes.
    void set_endpoint(std::string url) { endpoint_ = std::move(url); }
    /// Whether another attempt may follow the current one.
    bool has_more() const noexcept { return how_.policy || attempts_.size() < how_.max_retries; }
    /// Counts a failed attempt that one at another endpoint may follow. A policy of the program's decides whether; its wait does not count.
    ///
    /// @return whether the default policy would repeat it at the same endpoint.
    /// @throws foundry::error as wait_after().
    bool move_after(error const& failed, clock::time_point now, double random, bool can_repeat);
    /// The next attempt waits so long.
    void tell(std::chrono::milliseconds wait) const;
    /// The wait before the next attempt was this long.
    void note_wait(std::chrono::milliseconds waited, clock::time_point now);
    /// @throws foundry::error the given one, with every attempt.
    [[noreturn]] void give_up(error const& failed, clock::time_point now);
    /// @}

private:
    void record(error const& failed, clock::time_point now);
    std::optional<std::chrono::milliseconds> ask_policy(double random) const;

    retry_options const& how_;
    clock::time_point begun_;
    clock::time_point end_ = (clock::time_point::max)();
    std::chrono::milliseconds waited_{0};
    clock::time_point attempt_begun_;
    std::vector<attempt> attempts_;
    std::string endpoint_;
    bool is_safe_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/core/impl/retry_budget.ipp>
#endif
