// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/response_info.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace foundry_test::response_info_test {

using foundry::response_headers;
using foundry::response_info;
using std::chrono::milliseconds;

constexpr std::int64_t year = 365LL * 24 * 3600 * 1000;

/// A wait in milliseconds; -1 where it is not set.
std::int64_t count(std::optional<milliseconds> wait) { return wait ? wait->count() : -1; }

response_info answer(response_headers headers) { return {200, std::move(headers), {}}; }

std::int64_t retry_after(response_headers headers) { return count(answer(std::move(headers)).retry_after()); }

std::int64_t reset(std::string value)
{
    return count(answer({{"x-ratelimit-reset-tokens", std::move(value)}}).rate_limits().reset_tokens);
}

std::optional<std::int64_t> remaining(std::string value)
{
    return answer({{"x-ratelimit-remaining-tokens", std::move(value)}}).rate_limits().remaining_tokens;
}

TEST_CASE("response_info: a default response_info has nothing")
{
    response_info const none;
    CHECK(none.status() == 0);
    CHECK(none.headers().empty());
    CHECK(none.header("any").empty());
    CHECK(none.request_id().empty());
    CHECK(none.apim_request_id().empty());
    CHECK(none.client_request_id().empty());
    CHECK(!none.retry_after());
    CHECK(!none.rate_limits().limit_requests);
}

TEST_CASE("response_info: a header is found whatever its case, and the first of several counts")
{
    response_info const info{201, {{"X-Ms-Region", "East US"}, {"x-ms-region", "West US"}, {"Empty", ""}}, "mine"};
    CHECK(info.status() == 201);
    CHECK(info.header("x-ms-REGION") == "East US");
    CHECK(info.header("empty") == "");
    CHECK(info.header("x-ms-regio") == "");
    CHECK(info.header("") == "");
    CHECK(info.headers().size() == 3);
    CHECK(info.client_request_id() == "mine");
}

TEST_CASE("response_info: fields keep their order and spelling, whatever they hold, and however many there are")
{
    response_headers fields;
    CHECK(fields.begin() == fields.end());
    for (int i = 0; i != 300; ++i)
        fields.add("Name-" + std::to_string(i), std::string(static_cast<std::size_t>(i), ':') + "\r\n");
    fields.add("", "");
    REQUIRE(fields.size() == 301);
    int i = 0;
    for (auto const& [name, value] : fields) {
        if (i == 300)
            CHECK((name.empty() && value.empty()));
        else
            CHECK((name == "Name-" + std::to_string(i) && value.size() == static_cast<std::size_t>(i) + 2));
        ++i;
    }
    CHECK(i == 301);
    fields.clear();
    CHECK(fields.empty());
    fields.add("A", "b");
    CHECK(fields[0].name == "A");
    CHECK(fields[0].value == "b");
    response_headers const moved = std::move(fields);
    CHECK(moved[0].value == "b");
}

TEST_CASE("response_info: the request id is x-request-id, or else x-ms-request-id; the gateway's is kept apart")
{
    auto const both = answer({{"x-ms-request-id", "b"}, {"X-Request-Id", "a"}, {"apim-request-id", "c"}});
    CHECK(both.request_id() == "a");
    CHECK(both.apim_request_id() == "c");
    CHECK(answer({{"x-ms-request-id", "b"}}).request_id() == "b");
    CHECK(answer({{"x-request-id", ""}, {"x-ms-request-id", "b"}}).request_id() == "b");
    CHECK(answer({{"apim-request-id", "c"}}).request_id() == "");
}

TEST_CASE("response_info: all six rate limits are read")
{
    auto const limits = answer({{"X-RateLimit-Limit-Requests", "60"},
                                {"x-ratelimit-limit-tokens", "60000"},
                                {"x-ratelimit-remaining-requests", "9"},
                                {"x-ratelimit-remaining-tokens", "6031"},
                                {"x-ratelimit-reset-requests", "17ms"},
                                {"x-ratelimit-reset-tokens", "300"}})
                            .rate_limits();
    CHECK(limits.limit_requests == 60);
    CHECK(limits.limit_tokens == 60000);
    CHECK(limits.remaining_requests == 9);
    CHECK(limits.remaining_tokens == 6031);
    CHECK(limits.reset_requests == milliseconds{17});
    CHECK(limits.reset_tokens == milliseconds{300'000});
}

TEST_CASE("response_info: a count that is negative, not whole or out of range is not set")
{
    CHECK(remaining("0") == 0);
    CHECK(remaining("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
    for (auto const* const text :
         {"-1", "", "9223372036854775808", "1.5", "10 ", " 10", "+10", "ten", "10, 10", "0x10"})
        CHECK_MESSAGE(!remaining(text), text);
}

TEST_CASE("response_info: a reset is a duration with units, or a plain number of seconds")
{
    CHECK(reset("0") == 0);
    CHECK(reset("10") == 10'000);
    CHECK(reset("0.25") == 250);
    CHECK(reset("17ms") == 17);
    CHECK(reset("1.5s") == 1'500);
    CHECK(reset("6m0s") == 360'000);
    CHECK(reset("1h2m") == 3'720'000);
    CHECK(reset("1m30.951s") == 90'951);
    CHECK(reset("2d1s") == 172'801'000);
    CHECK(reset("0s") == 0);
    CHECK(reset("0.4ms") == 0);
}

TEST_CASE("response_info: a reset that is negative or garbage is not set")
{
    for (auto const* const text : {"", "-1", "-5s", "s", "ms", "5 s", " 5", "5x", "1h2", "6m-1s", "1e3", ".5s", "nan",
                                   "inf", "1,5s", "5S", "--"})
        CHECK_MESSAGE(reset(text) == -1, text);
}

TEST_CASE("response_info: a reset beyond all measure is cut to a year")
{
    CHECK(reset("1000000000") == year);
    CHECK(reset("99999999999999999999h") == year);
    CHECK(reset(std::string(500, '9')) == year);
    CHECK(reset(std::string(500, '9') + "h" + std::string(500, '9') + "m") == year);
    CHECK(reset("0." + std::string(500, '0') + "1") == 0);
}

TEST_CASE("response_info: the misspelt reset of the tokens counts where the right one is missing or unreadable")
{
    CHECK(answer({{"x-rate-limit-reset-tokens", "55"}}).rate_limits().reset_tokens == milliseconds{55'000});
    CHECK(
        answer({{"x-rate-limit-reset-tokens", "55"}, {"x-ratelimit-reset-tokens", "1s"}}).rate_limits().reset_tokens ==
        milliseconds{1'000});
    CHECK(
        answer({{"x-ratelimit-reset-tokens", "-1"}, {"x-rate-limit-reset-tokens", "55"}}).rate_limits().reset_tokens ==
        milliseconds{55'000});
}

TEST_CASE("response_info: the longest of the retry fields counts")
{
    CHECK(retry_after({{"Retry-After", "2"}}) == 2'000);
    CHECK(retry_after({{"Retry-After", "2"}, {"x-ms-retry-after-ms", "1900"}}) == 2'000);
    CHECK(retry_after({{"Retry-After", "2"}, {"x-ms-retry-after-ms", "1900"}, {"Retry-After-Ms", "2850.4"}}) == 2'850);
    CHECK(retry_after({{"retry-after-ms", "soon"}, {"Retry-After", "2"}}) == 2'000);
    CHECK(retry_after({{"retry-after-ms", "0"}, {"Retry-After", "2"}}) == 2'000);
    CHECK(retry_after({{"x-ratelimit-reset-tokens", "2"}}) == -1);
}

TEST_CASE("response_info: a retry-after in seconds may have a fraction and is cut to a year")
{
    CHECK(retry_after({{"retry-after", "0"}}) == 0);
    CHECK(retry_after({{"retry-after", "0.75"}}) == 750);
    CHECK(retry_after({{"retry-after", "86400"}}) == 86'400'000);
    CHECK(retry_after({{"retry-after", "1000000000"}}) == year);
    CHECK(retry_after({{"retry-after", std::string(400, '9')}}) == year);
    CHECK(retry_after({{"retry-after-ms", "99999999999999999999999"}}) == year);
}

TEST_CASE("response_info: a retry-after that says nothing is not set")
{
    for (auto const* const text : {"", "-1", "soon", "1e9", "5s", "5 ", "1, 2", "NaN", "+3", "0x10"})
        CHECK_MESSAGE(retry_after({{"retry-after", text}}) == -1, text);
}

TEST_CASE("response_info: a retry-after that is a date counts from the answer's own date")
{
    std::string const now = "Sun, 06 Nov 1994 08:49:37 GMT";
    auto const until = [&](std::string then) { return retry_after({{"Retry-After", std::move(then)}, {"Date", now}}); };
    CHECK(until("Sun, 06 Nov 1994 08:50:07 GMT") == 30'000);
    CHECK(until("Mon, 07 Nov 1994 08:49:37 GMT") == 86'400'000);
    CHECK(until("Tue, 29 Feb 1996 08:49:37 GMT") == year);
    CHECK(until(now) == 0);
    CHECK(until("Sun, 06 Nov 1994 08:49:36 GMT") == 0);
    CHECK(until("Sat, 01 Jan 0000 00:00:00 GMT") == 0);
    CHECK(until("Fri, 31 Dec 9999 23:59:60 GMT") == year);
}

TEST_CASE("response_info: a retry-after that is a date counts from this machine's clock where the answer has no date")
{
    CHECK(retry_after({{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"}}) == 0);
    CHECK(retry_after({{"retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"}}) == year);
    CHECK(retry_after({{"retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"}, {"date", "today"}}) == year);
}

TEST_CASE("response_info: a date that does not exist or has another form is not set")
{
    for (auto const* const text :
         {"Sun, 31 Nov 2094 08:49:37 GMT", "Sun, 29 Feb 2095 08:49:37 GMT", "Sun, 06 Nov 2094 24:00:00 GMT",
          "Sun, 06 Nov 2094 08:60:00 GMT", "Sun, 06 Nov 2094 08:49:61 GMT", "Sun, 00 Nov 2094 08:49:37 GMT",
          "Sun, 06 Foo 2094 08:49:37 GMT", "Sun, 06 anF 2094 08:49:37 GMT", "Sun, 06 Nov 2094 08:49:37 CET",
          "Sun, 06 Nov 2094 08:49:37", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 2094",
          "2094-11-06T08:49:37Z", "Sun, 6 Nov 2094 08:49:37 GMT"})
        CHECK_MESSAGE(retry_after({{"retry-after", text}}) == -1, text);
}

} // namespace foundry_test::response_info_test
