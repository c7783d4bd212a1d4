// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The limits of the emulator's deployments, without a clock.

#include <foundry/testing/impl/rate_limiter.hpp>

#include <doctest/doctest.h>

#include <cstdint>

namespace foundry_test::rate_limiter_test {

using namespace std::chrono_literals;
using foundry::testing::detail::rate_decision;
using foundry::testing::detail::rate_limiter;
using foundry::testing::detail::rate_limits;
using verdict = rate_decision::verdict;

rate_limiter::time_point const start{1h};

rate_limits limits_of(std::uint64_t requests, std::uint64_t tokens)
{
    rate_limits made;
    made.requests = requests;
    made.tokens = tokens;
    return made;
}

TEST_CASE("rate_limiter: exactly the limit of requests is admitted, and a refused one is told when the window ends")
{
    rate_limiter limiter(limits_of(2, 0));
    auto const first = limiter.admit("a", 1000000, start);
    CHECK(first.is_admitted());
    CHECK(first.remaining_requests == 1);
    CHECK(first.remaining_tokens == 0);
    CHECK(first.reset == 60s);
    CHECK(limiter.admit("a", 0, start + 10s).remaining_requests == 0);
    auto const refused = limiter.admit("a", 0, start + 20s);
    CHECK(refused.result == verdict::too_many_requests);
    CHECK(refused.remaining_requests == 0);
    CHECK(refused.retry_after == 40s);
    CHECK(limiter.admit("a", 0, start + 59999999us).retry_after == 1ms); // never too early
}

TEST_CASE("rate_limiter: a window begins with the first request after the end of the last one")
{
    rate_limiter limiter(limits_of(1, 0));
    CHECK(limiter.admit("a", 0, start).is_admitted());
    CHECK(!limiter.admit("a", 0, start + 59s).is_admitted());
    auto const next = limiter.admit("a", 0, start + 100s);
    CHECK(next.is_admitted());
    CHECK(next.reset == 60s);
    CHECK(limiter.admit("a", 0, start + 101s).retry_after == 59s);
    CHECK(limiter.admit("a", 0, start + 160s).is_admitted());
}

TEST_CASE("rate_limiter: tokens are counted for the requests that are admitted only, so that a smaller one still is")
{
    rate_limiter limiter(limits_of(0, 100));
    CHECK(limiter.admit("a", 70, start).remaining_tokens == 30);
    auto const refused = limiter.admit("a", 31, start + 1s);
    CHECK(refused.result == verdict::too_many_tokens);
    CHECK(refused.used_tokens == 70);
    CHECK(refused.remaining_tokens == 30);
    CHECK(refused.retry_after == 59s);
    CHECK(limiter.admit("a", 30, start + 2s).remaining_tokens == 0);
    CHECK(limiter.admit("a", 0, start + 3s).is_admitted());
}

TEST_CASE("rate_limiter: a request with more tokens than the limit is told to wait a day")
{
    rate_limiter limiter(limits_of(0, 100));
    auto const refused = limiter.admit("a", UINT64_MAX, start);
    CHECK(refused.result == verdict::too_many_tokens);
    CHECK(refused.retry_after == 24h);
    CHECK(refused.remaining_tokens == 100);
}

TEST_CASE("rate_limiter: if both limits are set, either refuses, and requests are named first")
{
    rate_limiter limiter(limits_of(2, 100));
    CHECK(limiter.admit("a", 60, start).is_admitted());
    CHECK(limiter.admit("a", 60, start).result == verdict::too_many_tokens);
    CHECK(limiter.admit("a", 40, start).is_admitted());
    CHECK(limiter.admit("a", 40, start).result == verdict::too_many_requests);
    CHECK(limiter.admit("a", 500, start).retry_after == 60s);
}

TEST_CASE("rate_limiter: each deployment has limits of its own, and none without a number")
{
    rate_limiter limiter(limits_of(1, 0));
    CHECK(limiter.admit("a", 0, start).is_admitted());
    CHECK(limiter.admit("b", 0, start).is_admitted());
    CHECK(!limiter.admit("a", 0, start).is_admitted());
    CHECK(!rate_limits().is_set());
    rate_limiter unlimited{rate_limits()};
    for (int i = 0; i != 1000; ++i)
        CHECK(unlimited.admit("a", 1000000, start).is_admitted());
}

} // namespace foundry_test::rate_limiter_test
