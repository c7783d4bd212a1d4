// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>
#include <foundry/retry.hpp>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// What a failure at one endpoint means for a call.
enum class failover_step
{
    stop,          ///< Another endpoint would answer the same, or there is no time for it.
    stop_and_cool, ///< The same, and the endpoint is in trouble.
    move,          ///< The endpoint lacks what this call needs.
    cool           ///< The endpoint is in trouble: it takes no calls for a while, and this one moves on.
};
FOUNDRY_DECL failover_step step_after(error const& failed) noexcept;

/// Which of several endpoints takes the next call: the first that does not cool. An endpoint cools after a failure, longer after each
/// further one; after that it takes one call, and if that succeeds, all. Has no clock of its own.
///
/// Thread safety: all functions may be called from any thread.
class failover
{
public:
    using clock = std::chrono::steady_clock;

    /// @param max_server_wait the longest wait that an endpoint may ask for.
    failover(std::size_t count, failover_options const& how, std::chrono::milliseconds max_server_wait);

    struct choice
    {
        std::size_t index = 0;
        clock::duration wait{};                 ///< Until the endpoint takes a call; 0: it has taken this one.
        bool has_other = false;                 ///< Whether another endpoint would take it now.
        boost::system::error_code last_failure; ///< Of the endpoint, if there is a wait.
    };
    /// @param usable which endpoints the call may go to; at least one.
    choice choose(std::vector<bool> const& usable, clock::time_point now);

    /// @name The outcome of a call that an endpoint has taken: one of these for each.
    /// @{
    /// @param begun when the attempt began: one that began before the last failure tells nothing.
    void succeed(std::size_t index, clock::time_point begun);
    /// @param begun when the attempt began: of those that were under way at the same time, only the first failure makes the time longer.
    void fail(std::size_t index, error const& failed, clock::time_point begun, clock::time_point now);
    /// The call ended without telling anything of the endpoint.
    void release(std::size_t index);
    /// @}

private:
    struct health
    {
        unsigned failures = 0;
        boost::system::error_code last;
        clock::time_point cooled_at; // the last failure that counts
        clock::time_point cools_until;
        clock::time_point tried_until; // one call is under way
    };

    failover_options how_;
    std::chrono::milliseconds max_server_wait_;
    std::mutex mutex_; // guards what follows
    std::vector<health> endpoints_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/core/impl/failover.ipp>
#endif
