// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/error.hpp>
#include <foundry/retry.hpp>

#include <doctest/doctest.h>

namespace foundry_test::retry_test {

using namespace foundry;
using namespace std::chrono_literals;

attempt failed_with(unsigned status, errc code)
{
    attempt failed;
    failed.status = status;
    failed.code = make_error_code(code);
    return failed;
}

std::optional<std::chrono::milliseconds> decide(attempt const& failed, unsigned retries = 0, double random = 0.4,
                                                retry_options const& numbers = {})
{
    return default_retry_policy(numbers).decide(failed, retries, random);
}

TEST_CASE("retry policy: transient errors are retried, permanent ones are not")
{
    for (unsigned const status : {408U, 409U, 429U, 500U, 502U, 503U, 504U})
        CHECK(decide(failed_with(status, errc::service_error)));
    for (unsigned const status : {400U, 401U, 403U, 404U, 413U, 422U, 501U, 505U})
        CHECK(!decide(failed_with(status, errc::bad_request)));
    for (errc const code : {errc::connect_failed, errc::connect_timeout, errc::tls_timeout, errc::connection_lost})
        CHECK(decide(failed_with(0, code)));
    for (errc const code : {errc::resolve_failed, errc::tls_failed, errc::pool_timeout, errc::write_timeout,
                            errc::first_byte_timeout, errc::total_timeout, errc::unexpected_reply})
        CHECK(!decide(failed_with(0, code)));
    for (errc const code : {errc::stall_timeout, errc::silence_timeout, errc::stream_truncated, errc::unexpected_reply})
        CHECK(!decide(failed_with(200, code)));
    CHECK(decide(failed_with(200, errc::rate_limited)));
    CHECK(!decide(failed_with(429, errc::quota_exhausted)));
}

TEST_CASE("retry policy: an answer that broke off is asked for again if the request only reads")
{
    for (unsigned const status : {0U, 200U}) {
        attempt failed = failed_with(status, errc::stream_truncated);
        CHECK(!decide(failed));
        failed.is_safe = true;
        CHECK(decide(failed));
    }
}

TEST_CASE("retry policy: x-should-retry decides, except for an exhausted quota")
{
    attempt failed = failed_with(400, errc::bad_request);
    failed.should_retry = true;
    CHECK(decide(failed));
    failed = failed_with(503, errc::service_error);
    failed.should_retry = false;
    CHECK(!decide(failed));
    failed = failed_with(429, errc::quota_exhausted);
    failed.should_retry = true;
    CHECK(!decide(failed));
}

TEST_CASE("retry policy: the backoff doubles from 0.8 s to a minute, with jitter")
{
    attempt const failed = failed_with(503, errc::service_error);
    retry_options many;
    many.max_retries = 1000;
    CHECK(decide(failed, 0, 0.4, many) == 800ms);
    CHECK(decide(failed, 1, 0.4, many) == 1600ms);
    CHECK(decide(failed, 2, 0.4, many) == 3200ms);
    CHECK(decide(failed, 0, 0.0, many) == 640ms);
    CHECK(decide(failed, 0, 0.999, many) < 1040ms);
    CHECK(decide(failed, 20, 0.999, many) == 60s);
    CHECK(decide(failed, 999, 0.4, many) == 60s);
}

TEST_CASE("retry policy: three retries at most, or max_retries")
{
    attempt const failed = failed_with(503, errc::service_error);
    CHECK(decide(failed, 2));
    CHECK(!decide(failed, 3));
    retry_options none;
    none.max_retries = 0;
    CHECK(!decide(failed, 0, 0.4, none));
}

TEST_CASE("retry policy: Retry-After is kept, up to a tenth longer, or the call gives up at once; zero leaves it to "
          "the backoff")
{
    attempt failed = failed_with(429, errc::rate_limited);
    failed.retry_after = 0ms;
    CHECK(decide(failed) == decide(failed_with(429, errc::rate_limited)));
    for (auto const wait : {1ms, 45000ms, 120000ms}) {
        failed.retry_after = wait;
        CHECK(decide(failed, 0, 0) == wait);
        CHECK(decide(failed, 0, 1) <= wait + wait / 10);
        CHECK((wait < 100ms || decide(failed, 0, 1) > wait));
    }
    failed.retry_after = 120001ms;
    CHECK(!decide(failed));
    failed.retry_after = 86400s;
    CHECK(!decide(failed));
    retry_options patient;
    patient.max_server_wait = 24h;
    CHECK(decide(failed, 0, 0, patient) == 86400s);
}

TEST_CASE("retry policy: waits of any length fit a timer")
{
    constexpr auto longest = std::chrono::milliseconds::max();
    retry_options without_end;
    without_end.backoff = without_end.max_backoff = without_end.max_server_wait = longest;
    attempt failed = failed_with(503, errc::service_error);
    for (unsigned const retries : {0U, 1U, 2U}) {
        CHECK(decide(failed, retries, 0.999, without_end).value() > 24h * 365 * 50);
        CHECK(decide(failed, retries, 0.999, without_end).value() < 24h * 365 * 200);
    }
    failed.retry_after = longest;
    CHECK(decide(failed, 0, 0.999, without_end) == std::nullopt);
    retry_options negative;
    negative.backoff = -1h;
    negative.max_backoff = negative.max_server_wait = std::chrono::milliseconds::min();
    failed.retry_after.reset();
    CHECK(decide(failed, 0, 0.999, negative) == 0ms);
    failed.retry_after = 1s;
    CHECK(!decide(failed, 0, 0.999, negative));
}

} // namespace foundry_test::retry_test
