// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// How fast a deployment may be asked, with times and answers alone.

#include <foundry/detail/core/rate_control.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

namespace foundry_test::rate_control_test {

using namespace std::chrono_literals;
using foundry::errc;
using foundry::rate_limits;
using foundry::detail::rate_control;
using clock = rate_control::clock;
using request = rate_control::request;

constexpr auto until_another_ends = rate_control::until_another_ends;
constexpr std::chrono::milliseconds max_pause = 120s;

/// A control at a time that the test moves.
class controlled
{
public:
    auto wait(std::int64_t tokens = 10) const { return control.wait(tokens, now); }
    request begin(std::int64_t tokens = 10, bool is_bulk = true)
    {
        request made;
        made.tokens = tokens;
        made.is_bulk = is_bulk;
        control.begin(made, now);
        now += 1ms;
        return made;
    }
    void succeed(request const& r, rate_limits const& limits = rate_limits()) { control.succeed(r, limits, now); }
    void refuse(request const& r, std::optional<std::chrono::milliseconds> retry_after = {},
                errc code = errc::rate_limited)
    {
        foundry::failure why;
        why.status = 429;
        why.retry_after = retry_after;
        control.fail(r, foundry::error(make_error_code(code), why), max_pause, now);
    }

    clock::time_point now = clock::now();
    rate_control control;
};

rate_limits remaining(std::int64_t requests, std::optional<std::chrono::milliseconds> reset = {})
{
    rate_limits made;
    made.remaining_requests = requests;
    made.reset_requests = reset;
    return made;
}

rate_limits remaining_tokens(std::int64_t tokens, std::optional<std::chrono::milliseconds> reset = {})
{
    rate_limits made;
    made.remaining_tokens = tokens;
    made.reset_tokens = reset;
    return made;
}

TEST_CASE("rate control: without limits nothing waits")
{
    controlled c;
    std::vector<request> all;
    for (int i = 0; i != 1000; ++i) {
        CHECK(c.wait() == 0ms);
        all.push_back(c.begin());
    }
    for (request const& each : all)
        c.succeed(each);
    CHECK(c.wait() == 0ms);
}

TEST_CASE("rate control: no more requests begin than the service says are left, those under way among them")
{
    controlled c;
    request const first = c.begin();
    request const second = c.begin();
    request const third = c.begin();
    c.succeed(first, remaining(4)); // it may have counted the other two before or after
    CHECK(c.wait() == 0ms);
    request const fourth = c.begin();
    CHECK(c.wait() == 0ms);
    c.begin();
    CHECK(c.wait() == until_another_ends);
    c.succeed(second, remaining(3)); // it had counted them, but not the three that are under way
    CHECK(c.wait() == until_another_ends);
    c.succeed(third, remaining(2));
    c.succeed(fourth, remaining(1));
    CHECK(c.wait() == until_another_ends);
}

TEST_CASE("rate control: if nothing is left, work waits until the limit is renewed, and then asks once")
{
    controlled c;
    c.succeed(c.begin(), remaining(0, 700ms));
    CHECK(c.wait() == 700ms);
    c.now += 699ms;
    CHECK(c.wait() == 1ms);
    c.now += 1ms;
    CHECK(c.wait() == 0ms);
    request const probe = c.begin();
    CHECK(c.wait() == until_another_ends);
    c.succeed(probe, remaining(9, 900ms));
    for (int i = 0; i != 9; ++i) {
        CHECK(c.wait() == 0ms);
        c.begin();
    }
    CHECK(c.wait() > 0ms);
}

TEST_CASE("rate control: whole seconds are rounded, so a second more is waited")
{
    controlled c;
    c.succeed(c.begin(), remaining(0, 7s));
    CHECK(c.wait() == 8s);
}

TEST_CASE("rate control: a reset that is missing, 0 or beyond a minute makes nobody wait longer than that")
{
    for (std::optional<std::chrono::milliseconds> const reset :
         std::vector<std::optional<std::chrono::milliseconds>>{std::nullopt, 0ms}) {
        controlled c;
        c.succeed(c.begin(), remaining(0, reset));
        CHECK(c.wait() == 0ms); // one at a time
        request const one = c.begin();
        CHECK(c.wait() == until_another_ends);
        c.succeed(one, remaining(0, reset));
        CHECK(c.wait() == 0ms);
    }
    controlled c;
    c.succeed(c.begin(), remaining(0, 500h));
    CHECK(c.wait() == 60s);
}

TEST_CASE("rate control: a request waits for its tokens, and a smaller one does not")
{
    controlled c;
    c.succeed(c.begin(), remaining_tokens(50, 300ms));
    CHECK(c.wait(50) == 0ms);
    CHECK(c.wait(51) == 300ms);
    c.begin(30);
    CHECK(c.wait(21) > 0ms);
    CHECK(c.wait(20) == 0ms);
}

TEST_CASE("rate control: a request that is larger than every limit is sent when nothing else is")
{
    controlled c;
    c.succeed(c.begin(), remaining_tokens(100));
    CHECK(c.wait(1'000'000) == 0ms);
    request const large = c.begin(1'000'000);
    c.refuse(large, 24h);
    CHECK(c.wait(100) == 0ms); // that day concerns the large one alone
}

TEST_CASE("rate control: other clients of a deployment are noticed")
{
    controlled c;
    c.succeed(c.begin(), remaining(100));
    c.succeed(c.begin(), remaining(2));
    c.begin();
    c.begin();
    CHECK(c.wait() == until_another_ends);
}

TEST_CASE("rate control: a service that stops to tell its limits has none")
{
    controlled c;
    c.succeed(c.begin(), remaining(0, 10s));
    c.now += 11s;
    c.succeed(c.begin());
    for (int i = 0; i != 20; ++i) {
        CHECK(c.wait() == 0ms);
        c.begin();
    }
}

TEST_CASE("rate control: after a refusal all wait as long as the service asks, and then half as many begin as before")
{
    controlled c;
    std::deque<request> all;
    for (int i = 0; i != 8; ++i)
        all.push_back(c.begin());
    for (int i = 0; i != 8; ++i) { // refused together: that is one refusal
        c.refuse(all.front(), 5s);
        all.pop_front();
    }
    CHECK(c.wait() == 5s);
    c.now += 5s;
    for (int i = 0; i != 4; ++i) {
        CHECK(c.wait() == 0ms);
        all.push_back(c.begin());
    }
    CHECK(c.wait() == until_another_ends);
    for (int round = 4; round != 8; ++round) { // one more after each round
        for (int i = 0; i != round; ++i) {
            c.succeed(all.front());
            all.pop_front();
            all.push_back(c.begin());
        }
        CHECK(c.wait() == 0ms);
        all.push_back(c.begin());
        CHECK(c.wait() == until_another_ends);
    }
}

TEST_CASE("rate control: without a wait of the service's the pause grows with each refusal, and a success ends that")
{
    controlled c;
    for (std::chrono::milliseconds const pause : {800ms, 1600ms, 3200ms}) {
        c.refuse(c.begin());
        CHECK(c.wait() == pause);
        c.now += pause;
        CHECK(c.wait() == 0ms);
    }
    for (int i = 0; i != 20; ++i)
        c.refuse(c.begin());
    CHECK(c.wait() <= 60s);
    c.now += 60s;
    c.succeed(c.begin());
    c.refuse(c.begin());
    CHECK(c.wait() == 800ms);
}

TEST_CASE("rate control: another error is no refusal")
{
    controlled c;
    request const a = c.begin();
    request const b = c.begin();
    request const kept = c.begin();
    c.refuse(a, 5s, errc::service_error);
    c.refuse(b, {}, errc::quota_exhausted);
    c.control.release(kept);
    CHECK(c.wait() == 0ms);
}

TEST_CASE("rate control: calls beside bulk work go first, and one request of bulk work runs in any case")
{
    controlled c;
    c.refuse(c.begin(), 1s);
    c.now += 1s;
    request const single = c.begin(10, false);
    c.begin(10, false);
    CHECK(c.wait() == 0ms);
    request const bulk = c.begin();
    CHECK(c.wait() == until_another_ends);
    c.succeed(bulk);
    CHECK(c.wait() == 0ms);
    c.succeed(single);
}

/// A service with limits in fixed windows, as seen by a control: in each step a request begins, one is counted, or one is answered.
std::size_t refused_requests(unsigned seed, std::int64_t limit, std::int64_t token_limit, std::size_t at_a_time)
{
    struct sent_request
    {
        request made;
        bool is_counted = false;
        bool is_refused = false;
        rate_limits said;
    };
    std::mt19937 random(seed);
    controlled c;
    std::vector<sent_request> sent;
    std::int64_t left = limit;
    std::int64_t tokens_left = token_limit;
    clock::time_point end = c.now + 1s;
    std::size_t refused = 0;
    std::size_t done = 0;
    for (int step = 0; step != 20000; ++step) {
        c.now += std::chrono::microseconds(random() % 2000);
        if (c.now >= end) {
            left = limit;
            tokens_left = token_limit;
            end = c.now + 1s;
        }
        if (sent.size() < at_a_time && c.wait(10) == 0ms) {
            sent.emplace_back();
            sent.back().made = c.begin();
        }
        if (sent.empty())
            continue;
        sent_request& one = sent[random() % sent.size()];
        if (!one.is_counted) {
            one.is_counted = true;
            one.is_refused = left == 0 || tokens_left < 10;
            if (!one.is_refused) {
                --left;
                tokens_left -= 10;
            }
            one.said = remaining(left, std::chrono::ceil<std::chrono::milliseconds>(end - c.now));
            one.said.remaining_tokens = tokens_left;
            one.said.reset_tokens = one.said.reset_requests;
            continue;
        }
        refused += one.is_refused ? 1 : 0;
        if (one.is_refused)
            c.refuse(one.made, one.said.reset_requests);
        else
            c.succeed(one.made, one.said);
        done += one.is_refused ? 0 : 1;
        one = sent.back();
        sent.pop_back();
    }
    auto const per_window = static_cast<std::size_t>((std::min)(limit, token_limit / 10));
    CHECK(done >= 15 * per_window); // of about 20
    return refused;
}

TEST_CASE("rate control: a service that tells its limits does not refuse a request")
{
    std::size_t runs = 0;
    for (std::size_t const at_a_time : {1U, 2U, 8U, 32U}) {
        for (std::int64_t const limit : {40, 60, 100}) {
            for (unsigned seed = 0; seed != 10; ++seed) {
                CAPTURE(at_a_time);
                CAPTURE(limit);
                CAPTURE(seed);
                CHECK(refused_requests(seed, limit, 100'000, at_a_time) == 0);
                CHECK(refused_requests(seed, 1000, 10 * limit + 5, at_a_time) == 0);
                runs += 2;
            }
        }
    }
    MESSAGE("report: " << runs << " runs with random times, 0 refused");
}

} // namespace foundry_test::rate_control_test
