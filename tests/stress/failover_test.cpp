// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Two endpoints under a steady load, of which the first fails in one way after the other: how long the calls take, and where they go.

#include "support/fixture.hpp"

#include <foundry/endpoints.hpp>
#include <foundry/testing/emulator.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <memory>

using namespace foundry_test;
using namespace std::chrono_literals;
using foundry::testing::answer;
using foundry::testing::emulator;
using foundry::testing::outage;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto answer_time = 60ms; // of a healthy endpoint
constexpr auto first_byte = 200ms; // after which the other one is asked

enum phase : std::size_t
{
    healthy,
    refusing,
    hanging,
    resetting,
    recovered,
    phase_count
};
constexpr char const* phase_names[] = {"healthy", "429", "hanging", "resetting", "recovered"};

struct finished_call
{
    phase begun = healthy;
    steady::duration second{}; // since the beginning
    steady::duration took{};
    bool is_of_first = false;
};

/// Notes where the last attempt of each call went.
struct load
{
    explicit load(std::chrono::milliseconds each) : length(each) {}

    std::chrono::milliseconds length; // of a phase
    std::vector<finished_call> calls;
    std::size_t lost = 0;
    std::size_t running = 0;
    std::chrono::milliseconds back_after{-1}; // until the first endpoint answers again
};

foundry::testing::emulator_options plain_only()
{
    foundry::testing::emulator_options how = unchecked();
    how.tls = false;
    how.journal_limit = 0;
    return how;
}

asio::awaitable<void> call(foundry::client<> client, load& all, phase now, steady::time_point start)
{
    steady::time_point const begun = steady::now();
    finished_call made;
    made.begun = now;
    made.second = begun - start;
    try {
        foundry::chat_completion const reply = co_await client.complete("m", "Hi");
        made.took = steady::now() - begun;
        made.is_of_first = reply.text() == "first";
        if (now == recovered && made.is_of_first && all.back_after.count() < 0)
            all.back_after =
                std::chrono::duration_cast<std::chrono::milliseconds>(begun - start - all.length * recovered);
        all.calls.push_back(made);
    } catch (foundry::error const& e) {
        std::cout << phase_names[now] << ": " << e.what() << std::endl;
        ++all.lost;
    }
    --all.running;
}

void begin_phase(emulator& first, phase now)
{
    if (now == refusing)
        first.fail_with(outage::status(429));
    else if (now == hanging)
        first.fail_with(outage::hang());
    else if (now == resetting)
        first.fail_with(outage::reset());
    else
        first.recover();
}

asio::awaitable<void> run_load(emulator& first, foundry::client<> client, load& all, unsigned per_second)
{
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    steady::time_point const start = steady::now();
    asio::steady_timer tick(executor);
    std::size_t made = 0;
    for (std::size_t now = 0; now != phase_count; ++now) {
        begin_phase(first, static_cast<phase>(now));
        while (steady::now() < start + all.length * static_cast<int>(now + 1)) {
            ++all.running;
            asio::co_spawn(executor, call(client, all, static_cast<phase>(now), start), asio::detached);
            tick.expires_at(start + ++made * 1000ms / per_second);
            co_await tick.async_wait(asio::use_awaitable);
        }
    }
    while (all.running != 0) {
        tick.expires_after(10ms);
        co_await tick.async_wait(asio::use_awaitable);
    }
}

double percentile(std::vector<double> times, double which)
{
    if (times.empty())
        return 0;
    std::sort(times.begin(), times.end());
    return times[std::min(times.size() - 1, static_cast<std::size_t>(which * static_cast<double>(times.size())))];
}

template <class Wanted>
std::vector<double> times_of(load const& all, Wanted is_wanted)
{
    std::vector<double> times;
    for (finished_call const& each : all.calls) {
        if (is_wanted(each))
            times.push_back(std::chrono::duration<double, std::milli>(each.took).count());
    }
    return times;
}

double share_of_first(load const& all, phase which)
{
    auto const is_in = [&](finished_call const& each) { return each.begun == which; };
    auto const count = std::count_if(all.calls.begin(), all.calls.end(), is_in);
    auto const at_first = std::count_if(all.calls.begin(), all.calls.end(),
                                        [&](finished_call const& each) { return is_in(each) && each.is_of_first; });
    return static_cast<double>(at_first) / static_cast<double>(std::max<std::ptrdiff_t>(count, 1));
}

} // namespace

TEST_SUITE_BEGIN("failover");

TEST_CASE("several endpoints: a steady load is answered in time while one refuses, hangs and resets, and comes back")
{
    bool const is_long = std::getenv("FOUNDRY_LONG") != nullptr;
    unsigned const per_second = is_long ? 200 : 100;
    load all(is_long ? 30s : 2s);
    emulator first(plain_only());
    emulator second(plain_only());
    for (auto const& [service, text] : {std::pair(&first, "first"), std::pair(&second, "second")})
        service->reply_when([](foundry::testing::recorded_request const&) { return true; },
                            answer::chat(text).delay(answer_time));
    foundry::endpoints list;
    for (emulator const* service : {&first, &second})
        list.add("http://127.0.0.1:" + std::to_string(service->plain_port()) + "/v1", foundry::no_credential());
    foundry::options how;
    how.failover.first_byte = first_byte;
    how.failover.cooling = is_long ? 1s : 200ms;
    how.failover.max_cooling = is_long ? 8s : 500ms;
    asio::io_context context;
    foundry::client const client(context, list, how);
    std::exception_ptr failure;
    asio::co_spawn(context, run_load(first, client, all, per_second), [&](std::exception_ptr e) { failure = e; });
    context.run();
    if (failure)
        std::rethrow_exception(failure);

    if (is_long) {
        for (auto at = 0s; at < all.length * phase_count; at += 1s) {
            auto const times =
                times_of(all, [&](finished_call const& each) { return each.second >= at && each.second < at + 1s; });
            std::cout << "second " << at.count() << ": " << times.size() << " calls, p50 " << std::fixed
                      << std::setprecision(1) << percentile(times, 0.5) << " ms, p99 " << percentile(times, 0.99)
                      << " ms\n";
        }
    }
    double p99[phase_count];
    for (std::size_t i = 0; i != phase_count; ++i) {
        auto const times = times_of(all, [&](finished_call const& each) { return each.begun == i; });
        p99[i] = percentile(times, 0.99);
        std::cout << "report: failover, " << phase_names[i] << ": " << times.size() << " calls, p50 " << std::fixed
                  << std::setprecision(1) << percentile(times, 0.5) << " ms, p99 " << p99[i]
                  << " ms, share of the first " << std::setprecision(3) << share_of_first(all, static_cast<phase>(i))
                  << std::endl;
    }
    std::cout << "report: failover: " << all.lost << " calls lost, the first endpoint is back after "
              << all.back_after.count() << " ms" << std::endl;
    CHECK(all.lost == 0);
    CHECK(share_of_first(all, healthy) == 1);
    for (phase const out : {refusing, hanging, resetting})
        CHECK(share_of_first(all, out) == 0);
    CHECK(p99[refusing] <= 1.5 * p99[healthy]);
    double const hung = std::chrono::duration<double, std::milli>(first_byte).count();
    CHECK(p99[hanging] <= hung + 1.5 * p99[healthy]);
    CHECK(p99[recovered] <= 1.5 * p99[healthy]);
    CHECK(all.back_after >= 0ms);
    CHECK(all.back_after <= how.failover.max_cooling + 2s);
}

TEST_SUITE_END();
