// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Responses in the background: waiting for them, and streams that outlive their connections.

#include "support/background_stream.hpp"
#include "support/report.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace foundry_test::responses_background_test {

using foundry::errc;
using foundry::response_status;
using foundry::testing::recorded_request;

/// A test with an emulator, a client of it and the recorded stream.
template <class Body>
void with_service(Body body)
{
    run([](Body test) -> asio::awaitable<void> {
        emulator service(unchecked());
        foundry::client<> const client =
            client_of(co_await asio::this_coro::executor, service, local_url, impatient(service));
        background_stream const recorded;
        co_await test(service, client, recorded);
    }(std::move(body)));
}

/// Lets what is ready run.
asio::awaitable<void> turns(int count)
{
    for (int i = 0; i != count; ++i)
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

template <class Condition>
asio::awaitable<void> until(Condition condition)
{
    while (!condition())
        co_await turns(1);
}

answer state(std::string const& status)
{
    return answer::json(200, R"({"id":"resp_1","object":"response","created_at":1,"status":")" + status +
                                 R"(","model":"gpt-4o-mini","output":[],"error":null,"incomplete_details":null})");
}

answer refused()
{
    return answer::json(400, R"({"error":{"message":"This response can no longer be streamed because it is more than )"
                             R"(5 minutes old.","type":"invalid_request_error","param":null,"code":null}})");
}

std::size_t count(emulator const& service, std::string const& method)
{
    auto const all = service.journal();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](recorded_request const& r) { return r.method == method; }));
}

/// The data of an event, with another number or type.
std::string changed(std::string event, std::string const& from, std::string const& to)
{
    std::size_t const at = event.find(from);
    REQUIRE(at != std::string::npos);
    return event.replace(at, from.size(), to);
}

TEST_CASE("background: wait() asks until the response has ended, and gives it whatever its status")
{
    for (std::string const ending : {"completed", "failed", "cancelled", "incomplete", "something_new"}) {
        CAPTURE(ending);
        with_service([ending](emulator& service, foundry::client<> const& client,
                              background_stream const&) -> asio::awaitable<void> {
            for (std::string const status : {"queued", "queued", "in_progress"})
                service.queue(state(status));
            service.queue(state(ending));
            foundry::wait_options how;
            how.interval = 1ms;
            foundry::response const reply = co_await foundry::responses{client}.wait("resp_1", how);
            CHECK(reply.status.name() == ending);
            CHECK(service.requests() == 4);
            CHECK(service.journal().front().target == "/v1/responses/resp_1");
        });
    }
}

TEST_CASE("background: wait() waits as long as the service asks, and longer each time")
{
    with_service(
        [](emulator& service, foundry::client<> const& client, background_stream const&) -> asio::awaitable<void> {
            service.queue(state("queued").header("retry-after-ms", "40"));
            for (int i = 0; i != 6; ++i)
                service.queue(state("in_progress"));
            service.queue(state("completed"));
            foundry::wait_options how;
            how.interval = 2ms;
            how.max_interval = 5ms;
            auto const begun = std::chrono::steady_clock::now();
            co_await foundry::responses{client}.wait("resp_1", how);
            // 40, then 3, 4, 5, 5, 5, 5
            CHECK(std::chrono::steady_clock::now() - begun >= 67ms);
        });
}

TEST_CASE("background: a wait that is cancelled ends at once, and the client goes on")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const&) -> asio::awaitable<void> {
        service.queue(state("queued"));
        foundry::wait_options how;
        how.interval = std::chrono::hours(1);
        asio::cancellation_signal signal;
        std::optional<std::exception_ptr> ended;
        asio::any_io_executor const executor = co_await asio::this_coro::executor;
        asio::co_spawn(executor, foundry::responses{client}.wait("resp_1", how),
                       asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr thrown,
                                                                       foundry::response const&) { ended = thrown; }));
        co_await until([&] { return service.wait_for_replies(1, 0ms); });
        co_await turns(1000); // until its answer has been read
        signal.emit(asio::cancellation_type::terminal);
        co_await until([&] { return ended.has_value(); });
        CHECK(is_cancellation(*ended));
        service.queue(state("completed"));
        CHECK((co_await foundry::responses{client}.get("resp_1")).status == response_status::completed);
    });
}

TEST_CASE("background: an empty id is refused before anything is sent")
{
    with_service(
        [](emulator& service, foundry::client<> const& client, background_stream const&) -> asio::awaitable<void> {
            foundry::responses const all{client};
            CHECK((co_await failure_of(all.get(""))).code() == errc::invalid_argument);
            CHECK((co_await failure_of(all.wait(""))).code() == errc::invalid_argument);
            CHECK((co_await failure_of(all.cancel(""))).code() == errc::invalid_argument);
            CHECK((co_await failure_of(all.resume("", 3))).code() == errc::invalid_argument);
            CHECK(service.requests() == 0);
        });
}

TEST_CASE("background: a stream that is cut after any byte delivers every event once")
{
    cut_counts counts;
    run(cut_everywhere(background_stream(), 29, counts));
    for (std::string const& wrong : counts.wrong)
        FAIL_CHECK(wrong);
    CHECK(counts.cuts == counts.complete + counts.early);
    CHECK(counts.early < counts.cuts / 5);
    report("cuts of a background stream, sanitized", counts.cuts);
}

TEST_CASE("background: connections that break after each event, in any way, deliver every event once")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        foundry::options quick = impatient(service);
        quick.timeouts.silence = 20ms;
        foundry::client<> const other = client_of(co_await asio::this_coro::executor, service, local_url, quick);
        for (std::size_t i = 0; i != recorded.size(); ++i) {
            std::string const one = recorded.from(i, i + 1);
            answer next = answer::events(one);
            if (i + 1 == recorded.size())
                next = answer::events(one);
            else if (i % 3 == 0)
                next =
                    answer::raw(stream_head + http_chunk(one)).cut_after(stream_head.size() + http_chunk(one).size());
            else if (i % 3 == 1)
                next = answer::events(one).hang();
            if (i == 0)
                service.queue(next);
            else
                service.reply_when(background_stream::after(static_cast<std::int64_t>(i) - 1), next);
        }
        delivered all;
        co_await read_response(other, background_request(), all);
        CHECK_MESSAGE(all.is_complete(recorded.size()), (all.failed ? all.failed->what() : "no error"));
        CHECK(all.text == all.last.text());
        CHECK(service.requests() == recorded.size());
        for (recorded_request const& r : service.journal())
            CHECK((r.method == "POST" || r.header("accept") == "text/event-stream"));
        static_cast<void>(client);
    });
}

TEST_CASE("background: a foreground stream that breaks is not asked for again")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        std::string const part = recorded.from(0, 5);
        service.queue(answer::events(part));
        foundry::response_request const request{"gpt-4o-mini", "Tell me a joke"};
        delivered all;
        co_await read_response(client, request, all);
        CHECK(all.numbers.size() == 5);
        REQUIRE(all.failed);
        CHECK(all.failed->code() == errc::stream_truncated);
        CHECK(all.failed->info().status() == 200);
        CHECK(service.requests() == 1);
    });
}

TEST_CASE("background: a stream that cannot be resumed any more gives the response when it has ended")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        service.queue(answer::events(recorded.from(0, 6)));
        service.queue(refused());
        service.queue(state("in_progress"));
        service.queue(answer::json(200,
                                   R"({"id":"resp_1","object":"response","status":"completed","output":[{"id":"m",)"
                                   R"("type":"message","role":"assistant","content":[{"type":"output_text",)"
                                   R"("text":"All of it"}]}]})"));
        delivered all;
        co_await read_response(client, background_request(), all);
        CHECK_MESSAGE(!all.failed, (all.failed ? all.failed->what() : ""));
        CHECK(all.numbers.size() == 7);
        CHECK(all.last.text() == "All of it");
        CHECK(all.last.status == response_status::completed);
        CHECK(all.last.info().status() == 200);
        CHECK(service.queued() == 0);
    });
}

TEST_CASE("background: a response that fails or is cancelled while its stream is broken is an error with the reason")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        service.queue(answer::events(recorded.from(0, 6)));
        service.queue(refused());
        service.queue(answer::json(200, R"({"id":"resp_1","object":"response","status":"failed","output":[],)"
                                        R"("error":{"code":"server_error","message":"The model fell over."}})"));
        delivered failed;
        co_await read_response(client, background_request(), failed);
        REQUIRE(failed.failed);
        CHECK(failed.failed->code() == errc::service_error);
        CHECK(failed.failed->service_code() == "server_error");
        CHECK(failed.failed->message() == "The model fell over.");

        service.queue(answer::events(recorded.from(0, 6)));
        service.queue(refused());
        service.queue(state("cancelled"));
        delivered cancelled;
        co_await read_response(client, background_request(), cancelled);
        REQUIRE(cancelled.failed);
        CHECK(cancelled.failed->code() == errc::service_error);
    });
}

TEST_CASE("background: a response that is deleted while it streams is a 404")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        service.queue(answer::events(recorded.from(0, 6)));
        service.queue(answer::json(404, R"({"error":{"message":"Response with id 'resp_1' not found.",)"
                                        R"("type":"invalid_request_error","param":null,"code":null}})"));
        delivered all;
        co_await read_response(client, background_request(), all);
        REQUIRE(all.failed);
        CHECK(all.failed->status() == 404);
        CHECK(all.numbers.size() == 6);
    });
}

TEST_CASE("background: a stream is asked for as often as set, and its error says how to go on")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        service.queue(answer::events(recorded.from(0, 6)));
        for (int i = 0; i != 3; ++i)
            service.queue(answer::json(503, "{}"));
        foundry::call_options with;
        with.resumes = 3;
        foundry::response_stream events = co_await foundry::responses{client}.stream(background_request(), with);
        delivered all;
        co_await read_to_end(events, all);
        REQUIRE(all.failed);
        CHECK(all.failed->status() == 503);
        std::string const wanted = "responses::resume(\"" + recorded.id() + "\", 5)";
        CHECK_MESSAGE(all.failed->advice().find(wanted) != std::string::npos, all.failed->advice());
        CHECK(service.requests() == 4);
        CHECK((co_await events.read()) == nullptr);
        recorded.serve(service);
        foundry::response_stream rest = co_await foundry::responses{client}.resume(recorded.id(), 5);
        co_await read_to_end(rest, all);
        all.failed.reset();
        CHECK(all.is_complete(recorded.size()));
    });
}

TEST_CASE("background: with no resumes a broken stream is an error at once")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        service.queue(answer::events(recorded.from(0, 6)));
        foundry::call_options with;
        with.resumes = 0;
        foundry::response_stream events = co_await foundry::responses{client}.stream(background_request(), with);
        delivered all;
        co_await read_to_end(events, all);
        REQUIRE(all.failed);
        CHECK(all.failed->code() == errc::stream_truncated);
        CHECK(service.requests() == 1);
    });
}

TEST_CASE("background: resume() gives all events, or those after one, or the end of a response that is too old")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        recorded.serve(service);
        foundry::responses const all{client};
        service.reply_when(background_stream::after(-1), answer::events(recorded.from(0)));
        delivered whole;
        foundry::response_stream first = co_await all.resume(recorded.id(), -1);
        co_await read_to_end(first, whole);
        CHECK(whole.is_complete(recorded.size()));

        delivered rest;
        foundry::response_stream second = co_await all.resume(recorded.id(), 9);
        co_await read_to_end(second, rest);
        CHECK(rest.numbers.front() == 10);
        CHECK(rest.numbers.size() == recorded.size() - 10);

        service.reply_when(background_stream::after(9), refused());
        service.queue(state("in_progress"));
        service.queue(state("completed"));
        foundry::response_stream third = co_await all.resume("resp_1", 9);
        foundry::response const ended = co_await third.collect();
        CHECK(ended.status == response_status::completed);
        CHECK((co_await third.read()) == nullptr);
    });
}

TEST_CASE("background: events that come twice are skipped, and missing ones are asked for")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        recorded.serve(service);
        service.queue(answer::events(recorded.from(0, 6) + recorded.from(2, 8) + recorded.event(7) + recorded.from(8)));
        delivered twice;
        co_await read_response(client, background_request(), twice);
        CHECK(twice.is_complete(recorded.size()));
        CHECK(service.requests() == 1);

        service.queue(answer::events(recorded.from(0, 6) + recorded.from(9)));
        delivered missing;
        co_await read_response(client, background_request(), missing);
        CHECK(missing.is_complete(recorded.size()));
        CHECK(service.requests() == 3);

        service.queue(answer::events(recorded.from(0, 6) + recorded.event(recorded.size() - 1)));
        delivered before_the_last;
        co_await read_response(client, background_request(), before_the_last);
        CHECK(before_the_last.is_complete(recorded.size()));
        CHECK(service.requests() == 5);

        // The service does not have them: what it has is delivered.
        service.reply_when(background_stream::after(5), answer::events("event: ping\ndata: {}\n\n" + recorded.from(9)));
        service.queue(answer::events(recorded.from(0, 6) + recorded.from(9)));
        delivered never;
        co_await read_response(client, background_request(), never);
        CHECK(!never.failed);
        CHECK(never.numbers.size() == recorded.size() - 3 + 1); // and the ping
        CHECK(service.requests() == 7);
    });
}

TEST_CASE("background: a service that ignores where to begin sends nothing twice to the reader")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        service.queue(answer::events(recorded.from(0, 6)));
        service.queue(answer::events(recorded.from(0)));
        delivered all;
        co_await read_response(client, background_request(), all);
        CHECK(all.is_complete(recorded.size()));
    });
}

TEST_CASE("background: a service without numbers is waited for when the connection breaks")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        std::string unnumbered;
        for (std::size_t i = 0; i != 6; ++i)
            unnumbered += changed(recorded.event(i), "\"sequence_number\":" + std::to_string(i), "\"n\":0");
        service.queue(answer::events(unnumbered));
        service.queue(state("completed"));
        delivered all;
        co_await read_response(client, background_request(), all);
        CHECK_MESSAGE(!all.failed, (all.failed ? all.failed->what() : ""));
        CHECK(all.numbers.size() == 7);
        CHECK(all.last.status == response_status::completed);
        CHECK(count(service, "GET") == 1);
        CHECK(service.journal().back().target.find("stream") == std::string::npos);
    });
}

TEST_CASE("background: an end marker before the last event is no end")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        recorded.serve(service);
        service.queue(answer::events(recorded.from(0, 6) + "data: [DONE]\n\n"));
        delivered all;
        co_await read_response(client, background_request(), all);
        CHECK(all.is_complete(recorded.size()));

        service.queue(answer::events(recorded.from(0, 6) + "data: [DONE]\n\n"));
        foundry::response_request const request{"gpt-4o-mini", "Tell me a joke"};
        delivered foreground;
        co_await read_response(client, request, foreground);
        REQUIRE(foreground.failed);
        CHECK(foreground.failed->code() == errc::stream_truncated);
    });
}

TEST_CASE("background: close() ends a read that waits between two connections")
{
    with_service(
        [](emulator& service, foundry::client<> const&, background_stream const& recorded) -> asio::awaitable<void> {
            foundry::options slow = limited(service);
            slow.retry.backoff = std::chrono::hours(1);
            slow.retry.max_backoff = std::chrono::hours(1);
            slow.timeouts.stream_total = 0ms;
            asio::any_io_executor const executor = co_await asio::this_coro::executor;
            foundry::client<> const client = client_of(executor, service, local_url, slow);
            service.queue(answer::events(recorded.from(0, 2)));
            service.queue(answer::json(503, "{}"));
            foundry::response_stream events = co_await foundry::responses{client}.stream(background_request());
            bool is_over = false;
            asio::co_spawn(
                executor,
                [](foundry::response_stream& s) -> asio::awaitable<void> {
                    while (auto const* event = co_await s.read())
                        static_cast<void>(event);
                }(events),
                [&](std::exception_ptr thrown) {
                    CHECK(thrown == nullptr);
                    is_over = true;
                });
            co_await until([&] { return service.wait_for_replies(2, 0ms); });
            co_await turns(1000); // until the refusal has been read
            CHECK(!is_over);
            events.close();
            co_await until([&] { return is_over; });
        });
}

TEST_CASE("background: the time for a stream holds for all of its connections")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        service.queue(answer::events(recorded.from(0, 2)));
        for (std::size_t i = 1; i != 17; ++i)
            service.reply_when(background_stream::after(static_cast<std::int64_t>(i)),
                               answer::events(recorded.from(i + 1, i + 2)).delay(30ms));
        foundry::call_options with;
        with.timeouts.stream_total = 100ms;
        foundry::response_stream events = co_await foundry::responses{client}.stream(background_request(), with);
        delivered all;
        co_await read_to_end(events, all);
        REQUIRE(all.failed);
        CHECK(all.numbers.size() < 10);
    });
}

TEST_CASE("background: a client that is closed ends waits and streams between two connections")
{
    with_service(
        [](emulator& service, foundry::client<> const&, background_stream const& recorded) -> asio::awaitable<void> {
            foundry::options slow = limited(service);
            slow.retry.backoff = std::chrono::hours(1);
            slow.retry.max_backoff = std::chrono::hours(1);
            slow.timeouts.stream_total = 0ms;
            asio::any_io_executor const executor = co_await asio::this_coro::executor;
            foundry::client<> const client = client_of(executor, service, local_url, slow);
            service.queue(answer::events(recorded.from(0, 2)));
            service.queue(answer::json(503, "{}"));
            delivered all;
            int ended = 0;
            asio::co_spawn(executor, read_response(client, background_request(), all),
                           [&](std::exception_ptr thrown) { ended += thrown == nullptr ? 1 : 0; });
            service.wait_for_replies(2, 0ms);
            co_await until([&] { return service.wait_for_replies(2, 0ms); });
            service.queue(state("queued"));
            foundry::wait_options how;
            how.interval = std::chrono::hours(1);
            std::optional<boost::system::error_code> code;
            asio::co_spawn(
                executor,
                [](foundry::responses from, foundry::wait_options with,
                   std::optional<boost::system::error_code>& got) -> asio::awaitable<void> {
                    foundry::error const thrown = co_await failure_of(from.wait("resp_1", with));
                    got = thrown.code();
                }(foundry::responses{client}, how, code),
                foundry::rethrow);
            co_await until([&] { return service.wait_for_replies(3, 0ms); });
            co_await turns(1000); // until the answers have been read
            client.close();
            co_await until([&] { return ended != 0 && code.has_value(); });
            CHECK(*code == errc::client_closed);
            REQUIRE(all.failed);
            CHECK(all.failed->code() == errc::client_closed);
        });
}

TEST_CASE("background: drain() waits for a stream between two connections, which still gets its next one")
{
    with_service(
        [](emulator& service, foundry::client<> const&, background_stream const& recorded) -> asio::awaitable<void> {
            foundry::options slow = limited(service);
            slow.retry.backoff = 50ms;
            asio::any_io_executor const executor = co_await asio::this_coro::executor;
            foundry::client<> const client = client_of(executor, service, local_url, slow);
            service.queue(answer::events(recorded.from(0, 2)));
            service.queue(answer::json(503, "{}"));
            recorded.serve(service);
            service.reply_when([](recorded_request const& r) { return r.method == "POST"; },
                               answer::events(recorded.from(0, 2)));
            delivered all;
            bool is_over = false;
            asio::co_spawn(executor, read_response(client, background_request(), all),
                           [&](std::exception_ptr) { is_over = true; });
            co_await until([&] { return service.wait_for_replies(1, 0ms); });
            co_await client.drain(20s);
            CHECK(is_over);
            CHECK_MESSAGE(all.is_complete(recorded.size()), (all.failed ? all.failed->what() : "no error"));
        });
}

TEST_CASE("background: keep-alives of any shape are no events, no gaps and no progress")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        recorded.serve(service);
        std::string const odd = "data:\n\nevent: ping\ndata: {}\n\nevent: keepalive\ndata: null\n\n: comment\n\n";
        service.queue(answer::events(recorded.from(0, 6) + odd));
        foundry::response_stream events = co_await foundry::responses{client}.stream(background_request());
        delivered all;
        std::size_t pings = 0;
        while (auto const* event = co_await events.read()) {
            if (event->sequence_number)
                all.numbers.push_back(*event->sequence_number);
            else
                ++pings;
        }
        CHECK(all.is_complete(recorded.size()));
        CHECK(pings <= 3); // delivered if they are JSON objects

        // Each connection brings a keep-alive with the next number, and nothing else.
        for (int i = 0; i != 20; ++i)
            service.reply_when(background_stream::after(16 + i),
                               answer::events("data: {\"type\":\"keepalive\",\"sequence_number\":" +
                                              std::to_string(17 + i) + "}\n\n"));
        service.reply_when([](recorded_request const& r) { return r.target.find("stream") == std::string::npos; },
                           state("in_progress"));
        foundry::response_stream alive = co_await foundry::responses{client}.resume(recorded.id(), 16);
        delivered only;
        service.clear_journal();
        co_await read_to_end(alive, only);
        REQUIRE(only.failed);
        CHECK(only.failed->code() == errc::stream_truncated);
        CHECK(service.requests() <= 10);
    });
}

TEST_CASE("background: close() ends a read whose connection is being replaced, or whose response is asked for, at once")
{
    for (bool const is_polled : {false, true}) {
        with_service([is_polled](emulator& service, foundry::client<> const& client,
                                 background_stream const& recorded) -> asio::awaitable<void> {
            service.queue(answer::events(recorded.from(0, 2)));
            if (is_polled)
                service.queue(refused());
            service.queue(state("completed").delay(std::chrono::hours(1)));
            asio::any_io_executor const executor = co_await asio::this_coro::executor;
            foundry::response_stream events = co_await foundry::responses{client}.stream(background_request());
            delivered all;
            bool is_over = false;
            asio::co_spawn(executor, read_to_end(events, all), [&](std::exception_ptr) { is_over = true; });
            co_await until([&] { return service.wait_for_requests(is_polled ? 3 : 2, 0ms); });
            events.close();
            co_await until([&] { return is_over; });
            CHECK(!all.failed);
            CHECK(all.numbers.size() == 2);
        });
    }
}

TEST_CASE("background: after the client is closed the stream is at its end, and nothing is waited for")
{
    with_service(
        [](emulator& service, foundry::client<> const&, background_stream const& recorded) -> asio::awaitable<void> {
            foundry::options slow = limited(service);
            slow.retry.backoff = std::chrono::hours(1);
            slow.retry.max_backoff = std::chrono::hours(1);
            slow.timeouts.stream_total = 0ms;
            asio::any_io_executor const executor = co_await asio::this_coro::executor;
            foundry::client<> const client = client_of(executor, service, local_url, slow);
            service.queue(answer::events(recorded.from(0, 2)));
            service.queue(answer::json(503, "{}"));
            foundry::response_stream events = co_await foundry::responses{client}.stream(background_request());
            delivered all;
            bool is_over = false;
            asio::co_spawn(executor, read_to_end(events, all), [&](std::exception_ptr) { is_over = true; });
            co_await until([&] { return service.wait_for_replies(2, 0ms); });
            co_await turns(1000); // until the refusal has been read
            client.close();
            co_await until([&] { return is_over; });
            REQUIRE(all.failed);
            CHECK(all.failed->code() == errc::client_closed);
            CHECK((co_await events.read()) == nullptr);
            co_await client.drain(std::chrono::hours(1));
        });
}

TEST_CASE("background: a response that has been cancelled is found out if its stream has no more events")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        service.queue(answer::events(recorded.from(0, 6)));
        service.queue(answer::events(": nothing\n\n"));
        service.queue(state("cancelled"));
        delivered all;
        co_await read_response(client, background_request(), all);
        REQUIRE(all.failed);
        CHECK(all.failed->code() == errc::service_error);
        CHECK(all.failed->message().find("cancelled") + all.failed->advice().find("cancelled") !=
              2 * std::string::npos);
        CHECK(service.queued() == 0);

        service.queue(answer::events(recorded.from(0, 6)));
        service.queue(refused());
        service.queue(state("failed"));
        delivered failed;
        co_await read_response(client, background_request(), failed);
        REQUIRE(failed.failed);
        CHECK(failed.failed->code() == errc::service_error);
        co_await client.drain(std::chrono::hours(1));
    });
}

TEST_CASE("background: resume() tries again, too, and closing the client ends it with its own code")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        service.queue(answer::json(503, "{}"));
        recorded.serve(service);
        service.reply_when(background_stream::after(5), answer::json(503, "{}"));
        foundry::response_stream events = co_await foundry::responses{client}.resume(recorded.id(), 6);
        delivered all;
        co_await read_to_end(events, all);
        CHECK(!all.failed);
        CHECK(all.numbers.front() == 7);
        CHECK((co_await failure_of(foundry::responses{client}.resume(recorded.id(), 5))).status() == 503);

        service.reply_when(background_stream::after(6), refused());
        service.reply_when([](recorded_request const& r) { return r.target.find("stream") == std::string::npos; },
                           state("queued"));
        std::optional<boost::system::error_code> code;
        asio::any_io_executor const executor = co_await asio::this_coro::executor;
        service.clear_journal();
        asio::co_spawn(
            executor,
            [](foundry::responses from, std::string id,
               std::optional<boost::system::error_code>& got) -> asio::awaitable<void> {
                foundry::error const thrown = co_await failure_of(from.resume(id, 6));
                got = thrown.code();
            }(foundry::responses{client}, recorded.id(), code),
            foundry::rethrow);
        co_await until([&] { return service.wait_for_requests(2, 0ms); });
        client.close();
        co_await until([&] { return code.has_value(); });
        CHECK(*code == errc::client_closed);
    });
}

TEST_CASE("background: a service that begins again at the first event sends it once to the reader")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        service.queue(answer::events(recorded.from(0, 1)));
        service.queue(answer::events(recorded.from(0)));
        delivered all;
        co_await read_response(client, background_request(), all);
        CHECK(all.is_complete(recorded.size()));
    });
}

TEST_CASE("background: a second gap is asked for, too, and a gap that cannot be asked for is no end")
{
    with_service([](emulator& service, foundry::client<> const& client,
                    background_stream const& recorded) -> asio::awaitable<void> {
        recorded.serve(service);
        service.reply_when(background_stream::after(5), answer::events(recorded.event(9) + recorded.from(11)));
        service.queue(answer::events(recorded.from(0, 6) + recorded.event(9)));
        delivered all;
        co_await read_response(client, background_request(), all);
        CHECK(!all.failed);
        CHECK(all.numbers.size() == recorded.size() - 3); // 6, 7 and 8 are nowhere

        foundry::call_options with;
        with.resumes = 0;
        service.queue(answer::events(recorded.from(0, 6) + recorded.from(9)));
        foundry::response_stream events = co_await foundry::responses{client}.stream(background_request(), with);
        delivered rest;
        co_await read_to_end(events, rest);
        CHECK(!rest.failed);
        CHECK(rest.numbers.size() == recorded.size() - 3);
    });
}

TEST_CASE("background: the time for a stream holds while it is opened again, and while its response is asked for")
{
    for (bool const is_polled : {false, true}) {
        with_service([is_polled](emulator& service, foundry::client<> const& client,
                                 background_stream const& recorded) -> asio::awaitable<void> {
            service.queue(answer::events(recorded.from(0, 2)));
            if (is_polled)
                service.queue(refused());
            service.queue(state("completed").delay(std::chrono::hours(1)));
            foundry::call_options with;
            with.timeouts.stream_total = 200ms;
            foundry::response_stream events = co_await foundry::responses{client}.stream(background_request(), with);
            delivered all;
            co_await read_to_end(events, all);
            REQUIRE(all.failed);
            CHECK(all.failed->code() == errc::total_timeout);
        });
    }
}

} // namespace foundry_test::responses_background_test
