// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/error.hpp>
#include <foundry/retry.hpp>

#include <algorithm>
#include <cmath>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// Whether the same request may succeed later.
inline bool is_transient(attempt const& failed) noexcept
{
    switch (failed.status) {
    case 408:
    case 409:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        return true;
    case 0: // no response
        return failed.code == errc::connect_failed || failed.code == errc::connect_timeout ||
               failed.code == errc::tls_timeout || failed.code == errc::connection_lost;
    default: // statuses of gateways, or an error in the body of a 200
        if (failed.status >= 520 && failed.status <= 530)
            return true;
        return failed.status == 200 && (failed.code == errc::rate_limited || failed.code == errc::service_error);
    }
}

/// Adds up to 10 %, so that clients with the same wait do not return at the same time.
inline std::chrono::milliseconds spread(std::chrono::milliseconds wait, double random)
{
    return wait +
           std::chrono::milliseconds{static_cast<std::int64_t>(0.1 * random * static_cast<double>(wait.count()))};
}

} // namespace detail

FOUNDRY_DECL default_retry_policy::default_retry_policy(retry_options numbers) : numbers_(std::move(numbers))
{
    for (std::chrono::milliseconds* const span : {&numbers_.backoff, &numbers_.max_backoff, &numbers_.max_server_wait})
        *span = detail::bounded(*span);
}

FOUNDRY_DECL std::optional<std::chrono::milliseconds>
default_retry_policy::decide(attempt const& failed, unsigned retries, double random) const
{
    if (retries >= numbers_.max_retries || failed.code == errc::quota_exhausted)
        return std::nullopt;
    if (!failed.should_retry.value_or(detail::is_transient(failed)))
        return std::nullopt;
    if (failed.retry_after && failed.retry_after->count() > 0)
        return *failed.retry_after <= numbers_.max_server_wait
                   ? std::optional(detail::spread(*failed.retry_after, random))
                   : std::nullopt;
    double const max_backoff = static_cast<double>(numbers_.max_backoff.count());
    double const doubled =
        std::ldexp(static_cast<double>(numbers_.backoff.count()), static_cast<int>(std::min(retries, 60U)));
    return std::chrono::milliseconds{
        static_cast<std::int64_t>(std::min(std::min(doubled, max_backoff) * (0.8 + 0.5 * random), max_backoff))};
}

} // namespace foundry::inline FOUNDRY_ABI
