// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// What each deployment admits in one window. 0: no limit.
class rate_limits
{
public:
    bool is_set() const { return requests != 0 || tokens != 0; }

    std::uint64_t requests = 0;
    std::uint64_t tokens = 0;
    std::chrono::milliseconds window = std::chrono::minutes(1);
};

/// Whether a request is admitted, and what its deployment still admits after it.
class rate_decision
{
public:
    enum class verdict
    {
        admitted,
        too_many_requests,
        too_many_tokens
    };

    bool is_admitted() const { return result == verdict::admitted; }
    bool exceeds_tokens() const { return result == verdict::too_many_tokens; }

    verdict result = verdict::admitted;
    std::uint64_t used_tokens = 0;
    std::uint64_t remaining_requests = 0;     ///< 0 if there is no such limit.
    std::uint64_t remaining_tokens = 0;       ///< 0 if there is no such limit.
    std::chrono::milliseconds reset{0};       ///< Time until the window ends, rounded up.
    std::chrono::milliseconds retry_after{0}; ///< For a request that is refused.
};

/// Counts the requests and the tokens of each deployment in fixed windows. A window begins with the first request after the end of the
/// last one, so that exactly the limit is admitted however fast the requests come. A request that is refused does not count.
class rate_limiter
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit rate_limiter(rate_limits const& limits) : limits_(limits) {}

    rate_decision admit(std::string const& deployment, std::uint64_t tokens, time_point now);

private:
    class window
    {
    public:
        time_point end = (time_point::min)();
        std::uint64_t requests = 0;
        std::uint64_t tokens = 0;
    };

    rate_decision::verdict judge(window const& current, std::uint64_t tokens) const;

    rate_limits limits_;
    std::map<std::string, window> windows_;
};

} // namespace foundry::inline FOUNDRY_ABI::testing::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/testing/impl/rate_limiter.ipp>
#endif
