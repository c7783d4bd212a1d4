// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/core/retry_budget.hpp>

#include <doctest/doctest.h>

namespace foundry_test::retry_budget_test {

using foundry::errc;
using foundry::detail::retry_budget;
using namespace std::chrono_literals;

using clock_point = retry_budget::clock::time_point;
clock_point const start{};

foundry::error busy() { return foundry::error(errc::connection_lost, "ask again"); }

TEST_CASE("retry budget: attempts, their waits and their times are recorded until the policy gives up")
{
    foundry::retry_options how;
    how.max_retries = 2;
    how.backoff = 1000ms;
    retry_budget requests(how, 0ms, start);
    CHECK(requests.end() == clock_point::max());
    CHECK(requests.attempt_begun() == start);

    CHECK(requests.wait_after(busy(), start + 5s, 0.4) == 1s); // 0.8 + 0.5 * 0.4
    CHECK(requests.waited() == 1s);
    CHECK(requests.attempt_begun() == start + 6s);
    CHECK(requests.wait_after(busy(), start + 7s, 0.4) == 2s);
    CHECK(requests.attempt_begun() == start + 9s);
    try {
        requests.wait_after(busy(), start + 12s, 0.4);
        FAIL("a third retry");
    } catch (foundry::error const& e) {
        CHECK(e.code() == errc::connection_lost);
        REQUIRE(e.attempts().size() == 3);
        CHECK(e.attempts()[0].waited == 0ms);
        CHECK(e.attempts()[0].elapsed == 5s);
        CHECK(e.attempts()[1].waited == 1s);
        CHECK(e.attempts()[1].elapsed == 1s);
        CHECK(e.attempts()[2].waited == 2s);
        CHECK(e.attempts()[2].elapsed == 3s);
    }
}

TEST_CASE("retry budget: a wait that would pass the limit of the whole call is not begun")
{
    foundry::retry_options how;
    how.backoff = 1000ms;
    retry_budget requests(how, 10s, start);
    CHECK(requests.end() == start + 10s);
    CHECK(requests.wait_after(busy(), start + 8s, 0.4) == 1s);
    CHECK_THROWS_AS(requests.wait_after(busy(), start + 9s, 0.4), foundry::error); // 2 s would end at 11 s
}

TEST_CASE("retry budget: an invalid argument is thrown at once and without attempts")
{
    foundry::retry_options how;
    retry_budget requests(how, 0ms, start);
    try {
        requests.wait_after(foundry::error(errc::invalid_argument, "set it"), start, 0.5);
        FAIL("a retry");
    } catch (foundry::error const& e) {
        CHECK(e.code() == errc::invalid_argument);
        CHECK(e.attempts().empty());
    }
}

TEST_CASE("retry budget: a policy's wait of any length is bounded, and on_retry is told before it")
{
    struct policy final : foundry::retry_policy
    {
        std::optional<std::chrono::milliseconds> decide(foundry::attempt const&, unsigned retries,
                                                        double) const override
        {
            return retries == 0 ? std::optional(-5s) : std::nullopt;
        }
    };
    foundry::retry_options how;
    how.policy = std::make_shared<policy>();
    int told = 0;
    how.on_retry = [&](foundry::attempt const& failed, std::chrono::milliseconds wait) {
        ++told;
        CHECK(failed.code == errc::connection_lost);
        CHECK(wait == 0ms);
    };
    retry_budget requests(how, 0ms, start);
    CHECK(requests.wait_after(busy(), start, 0.5) == 0ms);
    CHECK(told == 1);
    CHECK_THROWS_AS(requests.wait_after(busy(), start, 0.5), foundry::error);
    CHECK(told == 1);
}

TEST_CASE("retry budget: a request that cannot be sent again fails with its first error, which says so; one that only "
          "reads is noted as safe")
{
    foundry::retry_options how;
    retry_budget once(how, 0ms, start);
    try {
        once.wait_after(busy(), start + 1s, 0.4, false);
        FAIL("a retry");
    } catch (foundry::error const& e) {
        CHECK(e.code() == errc::connection_lost);
        CHECK(e.attempts().size() == 1);
        CHECK(e.advice() ==
              "ask again; it was not tried again, because the upload or download cannot go back to its beginning");
    }
    retry_budget reads(how, 0ms, start, true);
    CHECK(reads.wait_after(busy(), start + 1s, 0.4) > 0ms);
    CHECK(reads.failed().at(0).is_safe);
}

} // namespace foundry_test::retry_budget_test
