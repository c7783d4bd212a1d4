// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/error.hpp>
#include <foundry/retry.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// Whether the same request may succeed later.
inline bool is_retryable_status(unsigned status) noexcept
{
    static constexpr unsigned retryable[] = {408, 409, 429, 500, 502, 503, 504};
    bool const is_gateway = status >= 520 && status <= 530;
    return is_gateway || std::find(std::begin(retryable), std::end(retryable), status) != std::end(retryable);
}

/// Whether the connection failed before the service answered.
inline bool is_retryable_transport(boost::system::error_code code) noexcept
{
    return code == errc::connect_failed || code == errc::connect_timeout || code == errc::tls_timeout ||
           code == errc::connection_lost;
}

inline bool is_transient(attempt const& failed) noexcept
{
    if (failed.code == errc::stream_truncated)
        return failed.is_safe;
    if (failed.status == 0)
        return is_retryable_transport(failed.code);
    if (failed.status == 200) // an error in the body
        return failed.code == errc::rate_limited || failed.code == errc::service_error;
    return is_retryable_status(failed.status);
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
