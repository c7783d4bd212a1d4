// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/core/failover.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL failover_step step_after(error const& failed) noexcept
{
    static constexpr errc lacking[] = {errc::unauthorized,         errc::forbidden,    errc::model_not_found,
                                       errc::route_not_found,      errc::pool_timeout, errc::credential_unavailable,
                                       errc::authentication_failed};
    static constexpr errc troubled[] = {errc::rate_limited,  errc::quota_exhausted,    errc::service_error,
                                        errc::token_timeout, errc::connect_timeout,    errc::tls_timeout,
                                        errc::write_timeout, errc::first_byte_timeout, errc::silence_timeout,
                                        errc::stall_timeout, errc::resolve_failed,     errc::connect_failed,
                                        errc::tls_failed,    errc::connection_lost,    errc::proxy_failed};
    auto const is_code = [&](errc code) { return failed.code() == code; };
    if (failed.code() == errc::total_timeout)
        return failed.status() == 0 ? failover_step::stop_and_cool : failover_step::stop;
    if (std::any_of(std::begin(lacking), std::end(lacking), is_code))
        return failover_step::move;
    return std::any_of(std::begin(troubled), std::end(troubled), is_code) ? failover_step::cool : failover_step::stop;
}

FOUNDRY_DECL failover::failover(std::size_t count, failover_options const& how,
                                std::chrono::milliseconds max_server_wait)
    : how_(how),
      max_server_wait_(bounded(max_server_wait)),
      endpoints_(count)
{
    how_.cooling = (std::max)(bounded(how.cooling), std::chrono::milliseconds(1));
    how_.max_cooling = (std::max)(bounded(how.max_cooling), how_.cooling);
}

FOUNDRY_DECL failover::choice failover::choose(std::vector<bool> const& usable, clock::time_point now)
{
    std::lock_guard const lock(mutex_);
    choice best;
    clock::time_point earliest = (clock::time_point::max)();
    std::size_t free = 0;
    for (std::size_t i = 0; i != endpoints_.size(); ++i) {
        clock::time_point const from = (std::max)({endpoints_[i].cools_until, endpoints_[i].tried_until, now});
        if (!usable[i])
            continue;
        free += from == now ? 1 : 0;
        if (from < earliest) {
            earliest = from;
            best.index = i;
        }
    }
    best.wait = earliest - now;
    best.has_other = free > 1;
    best.last_failure = endpoints_[best.index].last;
    health& chosen = endpoints_[best.index];
    if (best.wait.count() == 0 && chosen.failures != 0)
        chosen.tried_until = now + how_.cooling;
    return best;
}

FOUNDRY_DECL void failover::succeed(std::size_t index, clock::time_point begun)
{
    std::lock_guard const lock(mutex_);
    if (endpoints_[index].failures == 0 || begun >= endpoints_[index].cooled_at)
        endpoints_[index] = health();
}

FOUNDRY_DECL void failover::fail(std::size_t index, error const& failed, clock::time_point begun, clock::time_point now)
{
    std::optional<std::chrono::milliseconds> const retry_after = failed.retry_after();
    std::lock_guard const lock(mutex_);
    health& one = endpoints_[index];
    if (one.failures == 0 || begun >= one.cooled_at) {
        static constexpr unsigned max_doublings = 20;
        std::chrono::milliseconds const grown = how_.cooling * (1U << (std::min)(one.failures, max_doublings));
        one.failures += 1;
        one.last = failed.code();
        one.cooled_at = now;
        one.tried_until = clock::time_point();
        one.cools_until = (std::max)(one.cools_until, now + (std::min)(grown, how_.max_cooling));
    }
    if (retry_after)
        one.cools_until = (std::max)(one.cools_until, now + (std::min)(bounded(*retry_after), max_server_wait_));
}

FOUNDRY_DECL void failover::release(std::size_t index)
{
    std::lock_guard const lock(mutex_);
    endpoints_[index].tried_until = clock::time_point();
}

} // namespace foundry::inline FOUNDRY_ABI::detail
