// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/rate_limiter.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

FOUNDRY_DECL rate_decision::verdict rate_limiter::judge(window const& current, std::uint64_t tokens) const
{
    if (limits_.requests != 0 && current.requests >= limits_.requests)
        return rate_decision::verdict::too_many_requests;
    if (limits_.tokens != 0 && tokens > limits_.tokens - current.tokens)
        return rate_decision::verdict::too_many_tokens;
    return rate_decision::verdict::admitted;
}

/// A request that no window can admit is told to wait a day, as by Azure.
FOUNDRY_DECL rate_decision rate_limiter::admit(std::string const& deployment, std::uint64_t tokens, time_point now)
{
    auto& current = windows_[deployment];
    if (now >= current.end) {
        current = window();
        current.end = now + limits_.window;
    }
    rate_decision made;
    made.result = judge(current, tokens);
    if (made.is_admitted()) {
        ++current.requests;
        current.tokens += limits_.tokens != 0 ? tokens : 0;
    }
    made.used_tokens = current.tokens;
    made.remaining_requests = limits_.requests != 0 ? limits_.requests - current.requests : 0;
    made.remaining_tokens = limits_.tokens - current.tokens;
    made.reset = std::chrono::ceil<std::chrono::milliseconds>(current.end - now);
    bool const is_too_large = made.exceeds_tokens() && tokens > limits_.tokens;
    made.retry_after = is_too_large ? std::chrono::hours(24) : made.reset;
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
