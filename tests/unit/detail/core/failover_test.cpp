// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/core/failover.hpp>

#include <doctest/doctest.h>

namespace foundry_test::failover_test {

using foundry::errc;
using foundry::detail::failover;
using foundry::detail::failover_step;
using namespace std::chrono_literals;

using clock_point = failover::clock::time_point;
clock_point const start{100h};
std::vector<bool> const both(2, true);

foundry::failover_options how()
{
    foundry::failover_options options;
    options.cooling = 1s;
    options.max_cooling = 10s;
    return options;
}

/// A failure, after which the service asks for a wait, if any.
foundry::error busy(std::optional<std::chrono::milliseconds> retry_after = std::nullopt)
{
    foundry::failure details;
    details.retry_after = retry_after;
    return foundry::error(make_error_code(errc::rate_limited), std::move(details));
}

/// The endpoint that takes a call, which then succeeds; -1: all cool.
int taken(failover& all, clock_point now, std::vector<bool> const& usable = both)
{
    failover::choice const next = all.choose(usable, now);
    if (next.wait.count() > 0)
        return -1;
    all.succeed(next.index, now);
    return static_cast<int>(next.index);
}

TEST_CASE("failover: the first endpoint takes every call until it fails, and again after its time")
{
    failover all(2, how(), 20s);
    CHECK(taken(all, start) == 0);
    CHECK(taken(all, start) == 0);
    REQUIRE(all.choose(both, start).index == 0);
    all.fail(0, busy(), start, start);
    CHECK(taken(all, start) == 1);
    CHECK(taken(all, start + 999ms) == 1);
    CHECK(taken(all, start + 1s) == 0);
}

TEST_CASE("failover: an endpoint whose time is over takes one call before it takes many")
{
    failover all(2, how(), 20s);
    all.choose(both, start);
    all.fail(0, busy(), start, start);
    CHECK(all.choose(both, start + 1s).index == 0);
    CHECK(all.choose(both, start + 1s).index == 1); // the call is still under way
    CHECK(all.choose(both, start + 1s).index == 1);
    all.succeed(0, start + 1s);
    CHECK(all.choose(both, start + 1s).index == 0);
    CHECK(all.choose(both, start + 1s).index == 0);
}

TEST_CASE("failover: a first call that never ends, or tells nothing, does not keep an endpoint away")
{
    failover all(2, how(), 20s);
    all.choose(both, start);
    all.fail(0, busy(), start, start);
    CHECK(all.choose(both, start + 1s).index == 0);
    CHECK(all.choose(both, start + 1999ms).index == 1);
    CHECK(all.choose(both, start + 2s).index == 0); // as long as it cooled
    all.release(0);
    CHECK(all.choose(both, start + 2s).index == 0);
}

TEST_CASE("failover: each further failure doubles the time, up to the longest; a success begins anew")
{
    failover all(1, how(), 20s);
    std::vector<bool> const only(1, true);
    clock_point now = start;
    for (auto const expected : {1s, 2s, 4s, 8s, 10s, 10s}) {
        failover::choice const next = all.choose(only, now);
        CHECK(next.wait.count() == 0);
        all.fail(0, busy(), now, now);
        CHECK(all.choose(only, now).wait == expected);
        now += expected;
    }
    CHECK(taken(all, now, only) == 0);
    all.choose(only, now);
    all.fail(0, busy(), now, now);
    CHECK(all.choose(only, now).wait == 1s);
}

TEST_CASE("failover: of the calls that were in progress together one failure counts")
{
    failover all(1, how(), 20s);
    std::vector<bool> const only(1, true);
    for (int i = 0; i != 50; ++i)
        all.fail(0, busy(), start, start + 10ms);
    CHECK(all.choose(only, start + 10ms).wait == 1s);
}

TEST_CASE("failover: the wait that the service asks for counts, up to a bound, and never shortens")
{
    failover all(2, how(), 20s);
    std::vector<bool> const first{true, false};
    all.fail(0, busy(5s), start, start);
    CHECK(all.choose(first, start).wait == 5s);
    all.fail(0, busy(7s), start, start); // a call that was in progress
    CHECK(all.choose(first, start).wait == 7s);
    all.fail(0, busy(1ms), start, start);
    CHECK(all.choose(first, start).wait == 7s);
    all.fail(0, busy(std::chrono::milliseconds::max()), start, start);
    CHECK(all.choose(first, start).wait == 20s);
    all.fail(1, busy(-5s), start, start);
    CHECK(all.choose({false, true}, start).wait == 1s);
}

TEST_CASE("failover: if all cool, the one that is ready first is told with its wait; unusable ones do not count")
{
    failover all(3, how(), 20s);
    std::vector<bool> const three(3, true);
    all.fail(0, busy(5s), start, start);
    all.fail(1, busy(3s), start, start);
    CHECK(taken(all, start, three) == 2);
    all.fail(2, busy(4s), start, start);
    failover::choice const next = all.choose(three, start);
    CHECK(next.index == 1);
    CHECK(next.wait == 3s);
    CHECK(all.choose({true, false, true}, start).wait == 4s);
}

TEST_CASE("failover: a call knows whether another endpoint would take it")
{
    failover all(2, how(), 20s);
    CHECK(all.choose(both, start).has_other);
    CHECK(!all.choose({true, false}, start).has_other);
    all.fail(1, busy(), start, start);
    CHECK(!all.choose(both, start).has_other);
}

TEST_CASE("failover: times without sense become sensible ones")
{
    foundry::failover_options odd;
    odd.cooling = -1s;
    odd.max_cooling = std::chrono::milliseconds::max();
    failover all(1, odd, -1s);
    std::vector<bool> const only(1, true);
    clock_point now = start;
    for (int i = 0; i != 100; ++i) {
        all.choose(only, now);
        all.fail(0, busy(), now, now);
        auto const wait = all.choose(only, now).wait;
        CHECK(wait >= 1ms);
        CHECK(wait <= std::chrono::milliseconds(1 << 20));
        now += wait;
    }
}

TEST_CASE("failover: what an error means for a call")
{
    auto const step = [](errc code) { return foundry::detail::step_after(foundry::error(code, "")); };
    for (errc const code : {errc::invalid_argument, errc::bad_request, errc::content_filter, errc::unprocessable,
                            errc::too_large, errc::unexpected_reply, errc::limit_exceeded, errc::stream_truncated,
                            errc::client_closed, errc::source_failed})
        CHECK(step(code) == failover_step::stop);
    CHECK(step(errc::total_timeout) == failover_step::stop_and_cool); // nothing has come
    for (errc const code : {errc::unauthorized, errc::forbidden, errc::model_not_found, errc::route_not_found,
                            errc::pool_timeout, errc::authentication_failed})
        CHECK(step(code) == failover_step::move);
    for (errc const code :
         {errc::rate_limited, errc::quota_exhausted, errc::service_error, errc::connect_failed, errc::tls_failed,
          errc::first_byte_timeout, errc::silence_timeout, errc::connection_lost, errc::token_timeout})
        CHECK(step(code) == failover_step::cool);
}

TEST_CASE("failover: a success of an attempt that began before the failure does not end the cooling")
{
    failover all(1, how(), 20s);
    std::vector<bool> const only(1, true);
    all.choose(only, start);
    all.choose(only, start + 1s);
    all.fail(0, busy(), start + 1s, start + 2s);
    all.succeed(0, start); // a long answer that was under way
    CHECK(all.choose(only, start + 2s).wait == 1s);
    CHECK(all.choose(only, start + 2s).last_failure == errc::rate_limited);
    CHECK(all.choose(only, start + 3s).wait.count() == 0);
    all.succeed(0, start + 3s);
    CHECK(all.choose(only, start + 3s).wait.count() == 0);
}

} // namespace foundry_test::failover_test
