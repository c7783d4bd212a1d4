// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Realtime sessions with the emulator: text, speech, functions, keys, and the ways to it.

#include "support/interrupted_call.hpp"
#include "support/proxied_calls.hpp"

#include <foundry/realtime.hpp>
#include <foundry/realtime_accumulator.hpp>
#include <foundry/testing/realtime.hpp>
#include <foundry/tools.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace foundry_test::realtime_test {

using foundry::errc;
using foundry::realtime_event;
using foundry::realtime_event_type;
using foundry::realtime_item;
using foundry::realtime_session;
using foundry::realtime_settings;
namespace testing = foundry::testing;

std::string const deployment = "gpt-realtime";

testing::emulator_options speaking(testing::realtime const& sessions)
{
    testing::emulator_options with = unchecked();
    with.realtime = sessions;
    return with;
}

/// A test with an emulator and a client of it.
template <class Body>
void with_service(Body body, char const* url = v1_url,
                  testing::realtime_options const& how = testing::realtime_options())
{
    run([](Body test, char const* where, testing::realtime_options of) -> asio::awaitable<void> {
        testing::realtime sessions(of);
        emulator service(speaking(sessions));
        foundry::endpoint to = at(service, where);
        if (std::string_view(where) == dated_url)
            to.set_api_version("2025-04-01-preview");
        foundry::options const with = trusting(service);
        foundry::client<> const client(co_await asio::this_coro::executor, to,
                                       foundry::any_credential(foundry::api_key(service.api_key())), with);
        co_await test(client, service, sessions);
    }(std::move(body), url, how));
}

/// Reads until the next answer is complete; returns it.
asio::awaitable<foundry::realtime_response> answer_of(realtime_session& session, foundry::realtime_accumulator& items)
{
    for (;;) {
        std::optional<realtime_event> event = co_await session.next();
        REQUIRE(event);
        if (event->type == realtime_event_type::error)
            FAIL(event->error->message);
        (void)items.add(*event);
        if (event->type == realtime_event_type::response_done)
            co_return std::move(*event->response);
    }
}

realtime_item const* last_of(foundry::realtime_accumulator const& items, foundry::chat_role who)
{
    realtime_item const* last = nullptr;
    for (realtime_item const& each : items.items())
        last = each.role == who ? &each : last;
    return last;
}

TEST_CASE("realtime with the emulator: a conversation in text, on every form that has sessions")
{
    for (char const* const url : {v1_url, dated_url, local_url}) {
        CAPTURE(url);
        with_service(
            [](foundry::client<> const& client, emulator&, testing::realtime& sessions) -> asio::awaitable<void> {
                foundry::realtime const realtime(client);
                realtime_session session = co_await realtime.connect(deployment);
                CHECK(session.settings().id.has_value());
                realtime_settings settings;
                settings.instructions = "Be brief.";
                settings.answer_in("text");
                co_await session.update(settings);
                foundry::realtime_accumulator items;
                for (int i = 0; i != 2; ++i) {
                    co_await session.say("How many feet are in a mile?");
                    co_await session.respond();
                    foundry::realtime_response const answer = co_await answer_of(session, items);
                    CHECK(answer.status == "completed");
                    CHECK(answer.text().find("5,280") != std::string::npos);
                    CHECK(answer.usage.has_value());
                }
                CHECK(session.settings().instructions == "Be brief.");
                CHECK(session.settings().output_modalities == std::vector<std::string>{"text"});
                CHECK(last_of(items, foundry::chat_role::assistant)->text.find("5,280") != std::string::npos);
                co_await session.close();
                CHECK(sessions.sessions().size() == 1);
                CHECK(sessions.wait_for_open_at_most(0, long_enough));
                CHECK(sessions.sessions()[0].close_code == 1000);
            },
            url);
    }
}

TEST_CASE("realtime with the emulator: a spoken question is heard, and the spoken answer arrives sample for sample")
{
    with_service([](foundry::client<> const& client, emulator&, testing::realtime&) -> asio::awaitable<void> {
        foundry::realtime const realtime(client);
        realtime_session session = co_await realtime.connect(deployment);
        realtime_settings settings;
        settings.answer_in("audio").transcribe_with("whisper");
        settings.audio->input->turn_detection.emplace().silence_duration_ms = 200;
        co_await session.update(settings);
        std::vector<std::int16_t> speech = testing::to_tones("How many feet are in a mile?");
        speech.resize(speech.size() + 24'000); // a second of silence
        co_await session.append(speech);
        foundry::realtime_accumulator items;
        foundry::realtime_response const answer = co_await answer_of(session, items);
        CHECK(answer.text().find("5,280") != std::string::npos);
        realtime_item const* const said = last_of(items, foundry::chat_role::assistant);
        REQUIRE(said != nullptr);
        CHECK(said->text == answer.text());
        CHECK(testing::from_tones(said->samples) == said->text);
        realtime_item const* const asked = last_of(items, foundry::chat_role::user);
        REQUIRE(asked != nullptr);
        CHECK(asked->text == "How many feet are in a mile?");
        MESSAGE("report: realtime: " << said->samples.size() << " samples of speech decoded to the transcript");
    });
}

TEST_CASE("realtime with the emulator: push to talk, interruption and truncation")
{
    testing::realtime_options paced;
    paced.speed = 20;
    paced.audio_delta = 50ms;
    with_service(
        [](foundry::client<> const& client, emulator&, testing::realtime&) -> asio::awaitable<void> {
            foundry::realtime const realtime(client);
            realtime_session session = co_await realtime.connect(deployment);
            realtime_settings settings;
            settings.answer_in("audio").push_to_talk();
            co_await session.update(settings);
            co_await session.append(testing::to_tones("Tell me a story."));
            co_await session.commit();
            co_await session.respond();
            foundry::realtime_accumulator items;
            std::string item_id;
            while (item_id.empty()) {
                std::optional<realtime_event> const event = co_await session.next();
                REQUIRE(event);
                (void)items.add(*event);
                if (event->type == realtime_event_type::output_audio_delta)
                    item_id = event->item_id;
            }
            co_await session.cancel_response();
            foundry::realtime_response const answer = co_await answer_of(session, items);
            CHECK(answer.status == "cancelled");
            co_await session.truncate(item_id, 10ms);
            for (bool is_truncated = false; !is_truncated;) {
                std::optional<realtime_event> const event = co_await session.next();
                REQUIRE(event);
                is_truncated = event->type == realtime_event_type::item_truncated;
                if (is_truncated)
                    CHECK(event->audio_end_ms == 10);
            }
        },
        v1_url, paced);
}

struct place
{
    std::string city;
};
BOOST_DESCRIBE_STRUCT(place, (), (city))

TEST_CASE("realtime with the emulator: a function is called, and the answer knows its result")
{
    with_service([](foundry::client<> const& client, emulator&, testing::realtime& sessions) -> asio::awaitable<void> {
        foundry::toolbox tools;
        tools.add("get_weather", "The weather now", [](place const& where) { return "12 degrees in " + where.city; });
        sessions.queue(answer::tool_calls({{"get_weather", R"({"city":"London"})"}}));
        foundry::realtime const realtime(client);
        realtime_session session = co_await realtime.connect(deployment);
        realtime_settings settings;
        settings.answer_in("text");
        settings.tools = foundry::functions_of(tools);
        co_await session.update(settings);
        co_await session.say("What is the weather in London?");
        co_await session.respond();
        std::size_t calls = 0;
        std::string text;
        for (std::size_t answers = 0; answers != 2;) {
            std::optional<realtime_event> const event = co_await session.next();
            REQUIRE(event);
            REQUIRE(event->type != realtime_event_type::error);
            answers += event->type == realtime_event_type::response_done ? 1 : 0;
            text += event->text();
            calls += co_await session.answer_calls(*event, tools);
        }
        CHECK(calls == 1);
        CHECK(!text.empty());
        bool has_result = false;
        std::vector<testing::recorded_session> const recorded = sessions.sessions();
        for (std::string const& each : recorded[0].events)
            has_result = has_result || each.find("12 degrees in London") != std::string::npos;
        CHECK(has_result);
    });
}

TEST_CASE("realtime with the emulator: a key for one session opens one")
{
    with_service([](foundry::client<> const& client, emulator& service, testing::realtime&) -> asio::awaitable<void> {
        foundry::realtime const realtime(client);
        realtime_settings settings;
        settings.model = deployment;
        settings.instructions = "Be brief.";
        foundry::realtime_secret const secret = co_await realtime.make_secret(settings, 1min);
        CHECK(secret.value.starts_with("ek_"));
        CHECK(secret.expires_at > 0);
        foundry::client<> const game(co_await asio::this_coro::executor, at(service, v1_url),
                                     foundry::any_credential(foundry::api_key(secret.value)), trusting(service));
        foundry::realtime const shipped(game);
        realtime_session session = co_await shipped.connect(deployment);
        CHECK(session.settings().id.has_value());
    });
}

TEST_CASE("realtime with the emulator: a wrong key and an unknown deployment are refused by connect()")
{
    testing::realtime_options late;
    late.accept_wrong_key = true;
    for (testing::realtime_options const& how : {testing::realtime_options(), late}) {
        CAPTURE(how.accept_wrong_key);
        with_service(
            [](foundry::client<> const& client, emulator& service, testing::realtime&) -> asio::awaitable<void> {
                foundry::client<> const wrong(co_await asio::this_coro::executor, at(service, v1_url),
                                              foundry::any_credential(foundry::api_key("wrong")), trusting(service));
                foundry::realtime const refused(wrong);
                std::optional<foundry::error> failed;
                try {
                    (void)co_await refused.connect(deployment);
                } catch (foundry::error const& e) {
                    failed = e;
                }
                REQUIRE(failed);
                CHECK(failed->code() == errc::unauthorized);
                foundry::realtime const realtime(client);
                realtime_session session = co_await realtime.connect(deployment); // the other is as before
                co_await session.close();
            },
            v1_url, how);
    }
}

TEST_CASE("realtime with the emulator: a session ends when its time is over, and says so")
{
    testing::realtime_options brief;
    brief.session_lifetime = 100ms;
    with_service(
        [](foundry::client<> const& client, emulator&, testing::realtime&) -> asio::awaitable<void> {
            foundry::realtime const realtime(client);
            realtime_session session = co_await realtime.connect(deployment);
            std::optional<realtime_event> event = co_await session.next();
            while (event) {
                CHECK(event->type == realtime_event_type::session_expiring);
                event = co_await session.next();
            }
            CHECK(session.close_code() == 1001);
            CHECK(session.close_reason().find("maximum duration") != std::string::npos);
        },
        v1_url, brief);
}

TEST_CASE("realtime with the emulator: through a proxy, fragmented, with pings of the service")
{
    testing::realtime_options how;
    how.fragment_bytes = 8;
    how.ping_interval = 2ms;
    run([](testing::realtime_options of) -> asio::awaitable<void> {
        testing::realtime sessions(of);
        emulator service(speaking(sessions));
        connect_proxy const proxy(co_await asio::this_coro::executor, service.tls_port());
        foundry::client<> const client(co_await asio::this_coro::executor, foundry::endpoint(v1_url),
                                       foundry::any_credential(foundry::api_key(service.api_key())),
                                       through(service, proxy));
        foundry::realtime const realtime(client);
        realtime_session session = co_await realtime.connect(deployment);
        realtime_settings settings;
        settings.answer_in("text");
        co_await session.update(settings);
        co_await session.say("How many feet are in a mile?");
        co_await session.respond();
        foundry::realtime_accumulator items;
        foundry::realtime_response const answer = co_await answer_of(session, items);
        CHECK(answer.text().find("5,280") != std::string::npos);
        asio::steady_timer timer(co_await asio::this_coro::executor, 20ms);
        co_await timer.async_wait(asio::use_awaitable);
        co_await session.close();
        CHECK(sessions.sessions()[0].pongs != 0);
    }(how));
}

asio::awaitable<void> converse(foundry::client<> client)
{
    foundry::realtime const realtime(client);
    realtime_session session = co_await realtime.connect(deployment);
    realtime_settings settings;
    settings.answer_in("text");
    co_await session.update(settings);
    co_await session.say("Hello");
    co_await session.respond();
    for (bool is_over = false; !is_over;) {
        std::optional<realtime_event> const event = co_await session.next();
        is_over = !event || event->type == realtime_event_type::response_done;
    }
    co_await session.close();
}

TEST_CASE("realtime with the emulator: a session may be interrupted after any handler")
{
    testing::realtime sessions;
    emulator service(speaking(sessions));
    int const moments =
        interrupt_after_each_handler(service, [](foundry::client<> const& client) { return converse(client); });
    MESSAGE("report: realtime sessions interrupted at " << moments << " moments");
    CHECK(sessions.wait_for_open_at_most(0, long_enough));
}

/// Speaks and listens at the pace of speech, for some seconds and until something was heard.
asio::awaitable<void> talk(foundry::client<> client, int tenths, std::size_t& samples)
{
    using asio::experimental::awaitable_operators::operator&&;
    foundry::realtime const realtime(client);
    realtime_session session = co_await realtime.connect(deployment);
    realtime_settings settings;
    settings.answer_in("audio").push_to_talk();
    co_await session.update(settings);
    bool said = false;
    auto const hear = [](realtime_session& from, std::size_t& heard, bool const& all_said) -> asio::awaitable<void> {
        std::optional<realtime_event> event = co_await from.next();
        while (event) {
            bool const first = heard == 0;
            heard += event->samples().size();
            if (first && heard != 0 && all_said)
                co_await from.close();
            event = co_await from.next();
        }
    };
    auto const say = [](realtime_session& to, int count, std::size_t const& heard,
                        bool& all_said) -> asio::awaitable<void> {
        std::vector<std::int16_t> const words = testing::to_tones("0123456789"); // 100 ms
        asio::steady_timer timer(co_await asio::this_coro::executor);
        auto next = std::chrono::steady_clock::now();
        for (int i = 0; i != count; ++i) {
            co_await to.append(words);
            if (i == count / 4) {
                co_await to.commit();
                co_await to.respond();
            }
            timer.expires_at(next += 100ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        all_said = true;
        if (heard != 0) // otherwise the listener closes
            co_await to.close();
    };
    co_await (hear(session, samples, said) && say(session, tenths, samples, said));
}

TEST_CASE("realtime with the emulator: many sessions at once on one thread, with audio at the pace of speech")
{
    constexpr int count = 50;
    testing::realtime_options paced;
    paced.speed = 1;
    testing::realtime sessions(paced);
    emulator service(speaking(sessions));
    foundry::options with = trusting(service);
    with.pool.max_connections = count;
    asio::io_context context;
    foundry::client<> const client = client_of(context.get_executor(), service, v1_url, with);
    std::vector<std::size_t> samples(count);
    int ended = 0;
    for (std::size_t& each : samples) {
        asio::co_spawn(context, talk(client, 20, each), [&](std::exception_ptr thrown) {
            if (thrown)
                std::rethrow_exception(thrown);
            ++ended;
        });
    }
    context.run();
    CHECK(ended == count);
    for (std::size_t const each : samples)
        CHECK(each > 0);
}

} // namespace foundry_test::realtime_test
