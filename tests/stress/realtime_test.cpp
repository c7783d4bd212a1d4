// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Realtime sessions whose connection fails anywhere, and many sessions at once.

#include "support/connect_proxy.hpp"
#include "support/fault_proxy.hpp"
#include "support/plain_calls.hpp"
#include "support/process_memory.hpp"

#include <foundry/realtime.hpp>
#include <foundry/testing/realtime.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <numeric>
#include <random>
#include <string_view>
#include <vector>

using namespace foundry_test;

namespace {

using foundry::errc;
using foundry::realtime_event;
using foundry::realtime_event_type;
using foundry::realtime_session;
using foundry::realtime_settings;

bool const is_long = std::getenv("FOUNDRY_LONG") != nullptr;

enum class way
{
    plain,
    tls,
    proxy
};

struct session_outcome
{
    session_outcome() = default;

    std::size_t events = 0;
    std::string text;
    bool is_complete = false;
    std::optional<foundry::error> failed;
};

FOUNDRY_CORO asio::awaitable<void> converse(foundry::client<> client, session_outcome& outcome)
{
    foundry::realtime const realtime(client);
    foundry::realtime_options how;
    how.silence = 100ms;
    how.ping = 0ms;
    try {
        realtime_session session = co_await realtime.connect("gpt-realtime", how);
        try {
            realtime_settings settings;
            settings.answer_in("text");
            co_await session.update(settings);
            co_await session.say("How many feet are in a mile?");
            co_await session.respond();
        } catch (foundry::error const&) { // what has arrived can still be read, and then the reason
        }
        std::optional<realtime_event> event = co_await session.next();
        while (event && event->type != realtime_event_type::response_done) {
            ++outcome.events;
            outcome.text += event->text();
            event = co_await session.next();
        }
        outcome.is_complete = event.has_value();
    } catch (foundry::error const& e) {
        outcome.failed = e;
    }
}

foundry::client<> client_by(way which, asio::any_io_executor executor, emulator const& service,
                            fault_proxy const& faulty, connect_proxy const& proxy)
{
    foundry::options with = trusting(service);
    with.timeouts.first_byte = 200ms;
    with.timeouts.silence = 200ms;
    with.timeouts.tls = 200ms;
    with.timeouts.connect = 200ms;
    foundry::endpoint to(which == way::plain ? "http://127.0.0.1:" + std::to_string(faulty.port()) + "/v1"
                                             : std::string(v1_url));
    if (which == way::tls)
        to.connect_to("127.0.0.1", faulty.port());
    if (which == way::proxy)
        with.proxy = proxy.url();
    return foundry::client<>(std::move(executor), to, foundry::any_credential(foundry::api_key(service.api_key())),
                             with);
}

std::string name_of(way which) { return which == way::plain ? "plain" : which == way::tls ? "TLS" : "proxy"; }

struct fault_counts
{
    fault_counts() = default;

    std::size_t sessions = 0;
    std::size_t complete = 0;
};

FOUNDRY_CORO asio::awaitable<void> fail_anywhere(way which, std::size_t positions, fault_counts& counts)
{
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    foundry::testing::realtime const sessions;
    foundry::testing::emulator_options of;
    of.realtime = sessions;
    emulator service(of);
    fault_proxy faulty(executor, which == way::plain ? service.plain_port() : service.tls_port());
    connect_proxy const proxy(executor, faulty.port());
    foundry::client<> const client = client_by(which, executor, service, faulty, proxy);

    fault none;
    faulty.arm(none);
    session_outcome whole;
    co_await converse(client, whole);
    REQUIRE(whole.is_complete);
    std::size_t const size = faulty.faulty()->forwarded;

    std::mt19937 random(7);
    for (fault::kind const kind :
         {fault::kind::cut, fault::kind::reset, fault::kind::stall, fault::kind::pause, fault::kind::garble}) {
        for (std::size_t i = 0; i != positions; ++i) {
            fault f;
            f.what = kind;
            f.at = random() % size;
            f.at_once = false; // the two talk in turns
            f.flip = static_cast<char>(1 + random() % 255);
            CAPTURE(static_cast<int>(which));
            CAPTURE(static_cast<int>(kind));
            CAPTURE(f.at);
            faulty.arm(f);
            session_outcome outcome;
            co_await converse(client, outcome);
            ++counts.sessions;
            counts.complete += outcome.is_complete ? 1 : 0;
            bool const is_changed = kind == fault::kind::garble && which == way::plain;
            if (!is_changed)
                CHECK(whole.text.starts_with(outcome.text)); // nothing lost, nothing twice
            if (outcome.is_complete && !is_changed)
                CHECK(outcome.text == whole.text);
            if (kind == fault::kind::pause)
                CHECK(outcome.is_complete);
            if (!outcome.is_complete && !outcome.failed)
                CHECK(is_changed); // such as the code of the close frame
        }
    }
    session_outcome after;
    co_await converse(client, after);
    CHECK(after.is_complete);
    CHECK(client.connections().open == 0);
}

/// A session for each fault at each boundary of frames of one side: before and after it, and within the head of the next frame.
FOUNDRY_CORO asio::awaitable<void> fail_between_frames(way which, bool of_client, fault_counts& counts)
{
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    foundry::testing::realtime const sessions;
    foundry::testing::emulator_options of;
    of.realtime = sessions;
    emulator service(of);
    bool const is_tls = which != way::plain;
    fault_proxy faulty(executor, is_tls ? service.tls_port() : service.plain_port());
    connect_proxy const proxy(executor, faulty.port());
    foundry::client<> const client = client_by(which, executor, service, faulty, proxy);

    session_outcome whole;
    std::vector<std::size_t> units; // their lengths, about
    for (int i = 0; i != 2; ++i) {  // of the second session, as of those with a fault, the handshake is a short one
        fault none;
        none.frames = !is_tls;
        none.of_client = of_client;
        faulty.arm(none);
        whole = session_outcome();
        co_await converse(client, whole);
        REQUIRE(whole.is_complete);
        std::shared_ptr<fault_proxy::link> const link = faulty.faulty();
        units = (of_client ? link->client_records : link->records).ends();
        std::adjacent_difference(units.begin(), units.end(), units.begin());
    }
    for (std::size_t unit = 0; unit != units.size(); ++unit) {
        for (std::size_t const offset : {std::size_t{0}, std::size_t{1}, std::size_t{2}, units[unit] - 1}) {
            for (fault::kind const kind : {fault::kind::cut, fault::kind::stall, fault::kind::garble}) {
                bool const is_quick =
                    kind == fault::kind::cut ? offset == 0 || offset > 2 : offset == 0 && unit % 4 == 0;
                if (!is_long && !is_quick)
                    continue;
                fault f;
                f.what = kind;
                f.of_client = of_client;
                f.frames = !is_tls;
                f.records = unit;
                f.at = offset;
                f.at_once = false;
                f.flip = 1;
                CAPTURE(name_of(which));
                CAPTURE(of_client);
                CAPTURE(static_cast<int>(kind));
                CAPTURE(unit);
                CAPTURE(offset);
                faulty.arm(f);
                session_outcome outcome;
                co_await converse(client, outcome);
                ++counts.sessions;
                counts.complete += outcome.is_complete ? 1 : 0;
                bool const is_changed = kind == fault::kind::garble && !is_tls;
                CHECK((outcome.is_complete || outcome.failed || is_changed));
                if (!is_changed)
                    CHECK(whole.text.starts_with(outcome.text));
                std::shared_ptr<fault_proxy::link> const link = faulty.faulty(); // null: it took too long to connect
                std::size_t const came = link ? link->whole_records() : 0;       // the head and session.created first
                if (!is_tls && !is_changed && came >= 2 && !outcome.is_complete)
                    CHECK(outcome.events == came - 2);
            }
        }
    }
    session_outcome after;
    co_await converse(client, after);
    CHECK(after.is_complete);
    CHECK(client.connections().open == 0);
}

/// Processor time of this thread in seconds.
double thread_time()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Speaks and listens at the pace of speech.
FOUNDRY_CORO asio::awaitable<void> listen(realtime_session& from, std::size_t& heard)
{
    std::optional<realtime_event> event = co_await from.next();
    while (event) {
        heard += event->samples().size();
        event = co_await from.next();
    }
}

FOUNDRY_CORO asio::awaitable<void> speak(realtime_session& to, int tenths)
{
    std::vector<std::int16_t> const words = foundry::testing::to_tones("0123456789"); // 100 ms
    asio::steady_timer timer(co_await asio::this_coro::executor);
    auto next = std::chrono::steady_clock::now();
    for (int i = 0; i != tenths; ++i) {
        co_await to.append(words);
        if (i == 5) {
            co_await to.commit();
            co_await to.respond();
        }
        timer.expires_at(next += 100ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_await to.close();
}

FOUNDRY_CORO asio::awaitable<void> talk(foundry::client<> client, int tenths, std::size_t& heard)
{
    using asio::experimental::awaitable_operators::operator&&;
    foundry::realtime const realtime(client);
    realtime_session session = co_await realtime.connect("gpt-realtime");
    realtime_settings settings;
    settings.answer_in("audio").push_to_talk();
    co_await session.update(settings);
    co_await (listen(session, heard) && speak(session, tenths));
}

} // namespace

TEST_SUITE_BEGIN("realtime");

TEST_CASE("realtime: a connection that is cut, reset, stalled, paused or garbled anywhere gives a typed end and loses "
          "nothing before it")
{
    for (way const which : {way::plain, way::tls, way::proxy}) {
        fault_counts counts;
        run(fail_anywhere(which, is_long ? 1000 : 25, counts));
        std::cout << "report: realtime sessions with a fault, " << name_of(which) << ": " << counts.sessions
                  << ", complete " << counts.complete << std::endl;
    }
}

TEST_CASE("realtime: a connection that is cut, stalled or garbled at the boundary of any frame gives a typed end and "
          "loses nothing before it")
{
    for (way const which : {way::plain, way::tls, way::proxy}) {
        for (bool const of_client : {false, true}) {
            fault_counts counts;
            run(fail_between_frames(which, of_client, counts));
            std::cout << "report: realtime sessions with a fault between frames of the "
                      << (of_client ? "client, " : "service, ") << name_of(which) << ": " << counts.sessions
                      << ", complete " << counts.complete << std::endl;
        }
    }
}

TEST_CASE("realtime: many sessions with audio at the pace of speech on one thread")
{
    int const count = is_long ? 200 : 20;
    int const tenths = is_long ? 100 : 15;
    foundry::testing::realtime_options paced;
    paced.speed = 1;
    foundry::testing::realtime const sessions(paced);
    foundry::testing::emulator_options of;
    of.realtime = sessions;
    emulator service(of);
    foundry::options with = trusting(service);
    with.pool.max_connections = static_cast<std::size_t>(count);
    asio::io_context context(1);
    foundry::client<> const client = client_of(context.get_executor(), service, v1_url, with);
    std::vector<std::size_t> heard(static_cast<std::size_t>(count));
    int ended = 0;
    std::size_t const before = begin_measuring();
    for (std::size_t& each : heard) {
        asio::co_spawn(context, talk(client, tenths, each), [&](std::exception_ptr thrown) {
            if (thrown)
                std::rethrow_exception(thrown);
            ++ended;
        });
    }
    auto const begun = std::chrono::steady_clock::now();
    double const started = thread_time();
    double longest = 0;
    for (double last = started; context.run_one() != 0;) { // its waits take no processor time
        double const now = thread_time();
        longest = std::max(longest, now - last);
        last = now;
    }
    CHECK(ended == count);
    for (std::size_t const each : heard)
        CHECK(each > 0);
    double const wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    double const used = thread_time() - started;
    std::cout << "report: " << count << " realtime sessions with audio on one thread: " << 100 * used / wall
              << " % of a processor for the client, longest handler " << longest * 1e6 << " us, "
              << (peak_memory() - before) / static_cast<std::size_t>(count)
              << " KiB a session, the emulator's part included" << std::endl;
}

TEST_SUITE_END();
