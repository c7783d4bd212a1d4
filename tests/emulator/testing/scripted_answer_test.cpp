// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Answers that a test has queued or described by a rule, broken and slow ones included.

#include "support/raw_client.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace foundry_test::scripted_answer_test {

using namespace std::chrono_literals;
using foundry::testing::answer;
using foundry::testing::emulator_options;
using foundry::testing::recorded_request;

std::string const embeddings = "/openai/v1/embeddings";

TEST_CASE("emulator: queued answers come in order and as they were built")
{
    emulator service;
    for (bool const tls : {false, true}) {
        CAPTURE(tls);
        service.clear_journal();
        raw_client client(service, "localhost", tls);
        service.queue(answer::json(429, "{}").header("Retry-After", "7").header("x-ms-region", "Mars"));
        service.queue(answer::events("data: 1\n\ndata: 2\n\n").chunking({3, 1}));
        service.queue(answer::json(200, "[]").remove_default_headers().chunked(true));
        service.queue(answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").keep_open());
        service.queue(answer::json(503, "").close());
        CHECK(service.queued() == 5);

        auto const limited = client.call("PUT", "/anything", "", "not even JSON");
        CHECK(limited.status == 429);
        CHECK(limited.header("Retry-After") == "7");
        CHECK(limited.header("x-ms-region") == "Mars");
        CHECK(limited.header("apim-request-id").size() == 36);
        CHECK(service.journal().back().body == "not even JSON");

        auto const events = client.post(v1, "{}");
        CHECK(events.body == "data: 1\n\ndata: 2\n\n");
        CHECK(events.chunks == 2);
        CHECK(client.post(v1, "{}").head == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        CHECK(client.post(v1, "{}").body == "ok");
        CHECK(client.post(v1, "{}").header("connection") == "close");
        CHECK(client.read_to_end().empty());
        CHECK(client.ended_well);
        CHECK(service.queued() == 0);
        CHECK(service.journal().size() == 5);
        CHECK(service.wait_for_open_at_most(0, 5s)); // It does not wait for the client to close too.
    }
}

TEST_CASE("emulator: answers of chat are written from their text, their functions or their pieces")
{
    emulator service;
    raw_client client(service);
    service.queue(answer::chat("Hello \"you\"."));
    service.queue(answer::tool_calls({{"get_weather", R"({"city":"Paris"})"}, {"get_time", "{}"}}));
    service.queue(answer::pieces({"Hel", "lo", " you"}));
    auto const whole = client.post(v1, ask("a"));
    CHECK(whole.status == 200);
    CHECK(content_of(whole) == "Hello \"you\".");
    CHECK(whole.parsed().at_pointer("/choices/0/finish_reason") == "stop");
    auto const calls = client.post(v1, ask("a")).parsed().at_pointer("/choices/0");
    CHECK(calls.at("finish_reason") == "tool_calls");
    CHECK(calls.at_pointer("/message/tool_calls/0/function/arguments") == R"({"city":"Paris"})");
    CHECK(calls.at_pointer("/message/tool_calls/1/id") == "call_2");
    CHECK(calls.at_pointer("/message/content").is_null());
    auto const stream = client.post(v1, ask("a"));
    CHECK(stream.header("content-type") == "text/event-stream; charset=utf-8");
    CHECK(stream.body.ends_with("data: [DONE]\n\n"));
    auto const events = stream.events();
    REQUIRE(events.size() == 5);
    CHECK(events[0].at_pointer("/choices/0/delta/role") == "assistant");
    CHECK(events[1].at_pointer("/choices/0/delta/content") == "Hel");
    CHECK(events[3].at_pointer("/choices/0/delta/content") == " you");
    CHECK(events[4].at_pointer("/choices/0/finish_reason") == "stop");
}

TEST_CASE("emulator: an answer is cut after an event, and a cut past its end is an error")
{
    emulator service;
    std::string const request = "POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    auto const bytes_of = [&](answer cut) {
        service.queue(std::move(cut));
        raw_client client(service);
        client.send(request);
        return client.read_to_end();
    };
    std::string const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    auto const stream = [] {
        answer made = answer::events("data: 1\n\ndata: 2\n\n");
        return made.remove_default_headers();
    };
    CHECK(bytes_of(stream().cut_after_event(0)) == head);
    CHECK(bytes_of(stream().cut_after_event(1)) == head + "9\r\ndata: 1\n\n\r\n");
    CHECK(bytes_of(stream().cut_after_event(2)) == head + "9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n");
    CHECK(bytes_of(stream().cut_after_event(1).chunking({1})) == head + "9\r\ndata: 1\n\n\r\n");
    CHECK(bytes_of(stream().chunked(false).cut_after_event(1)) ==
          "HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\ndata: 1\n\n");
    CHECK_THROWS_AS(stream().cut_after_event(3), std::invalid_argument);
    CHECK_THROWS_AS(answer::json(200, "{}").cut_after_event(0), std::invalid_argument);
    CHECK_THROWS_AS(answer::raw("abc").cut_after(4), std::invalid_argument);
    CHECK(bytes_of(answer::raw("abc").cut_after(3)) == "abc");

    service.queue(answer::json(200, "{}").cut_after(5000));
    raw_client client(service);
    auto const refused = client.call("POST", "/v1/x", "", "");
    CHECK(refused.status == 500);
    CHECK(refused.has("cut_after(5000): the message has only "));
    CHECK(client.post(v1, ask("a")).status == 200);
}

TEST_CASE("emulator: a predicate decides what is answered, and such a request takes no queued answer")
{
    emulator service;
    raw_client client(service);
    service.reply_when([](recorded_request const& r) { return r.target.starts_with("/openai/v1/embeddings"); },
                       answer::json(503, "{}"));
    service.queue(answer::chat("queued"));
    CHECK(client.post(embeddings, "{}").status == 503);
    CHECK(client.post(embeddings, "{}").status == 503);
    CHECK(content_of(client.post(v1, ask("a"))) == "queued");
    CHECK(content_of(client.post(v1, ask("a story"))).starts_with("Once"));

    service.reply_when(
        [&service](recorded_request const& r) { return r.body.find("last") != r.body.npos && service.requests() > 0; },
        answer::chat("the latest rule decides"));
    CHECK(content_of(client.post(embeddings, ask("last"))) == "the latest rule decides");
    CHECK(service.queued() == 0);

    service.reply_when([](recorded_request const&) -> bool { throw std::runtime_error("a broken predicate"); },
                       answer::json(200, "{}"));
    auto const broken = client.post(v1, ask("a"));
    CHECK(broken.status == 500);
    CHECK(broken.has("a broken predicate"));
}

TEST_CASE("emulator: broken answers break where they should")
{
    emulator service;
    std::string const request = "POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    for (bool const tls : {false, true}) {
        CAPTURE(tls);
        service.queue(answer::raw("abcdef").cut_after(4));
        raw_client cut(service, "localhost", tls);
        cut.send(request);
        CHECK(cut.read_to_end() == "abcd");
        CHECK(cut.ended_well == !tls);

        service.queue(answer::raw("abcdef").hang());
        raw_client hung(service, "localhost", tls);
        hung.send(request);
        CHECK(hung.take(6) == "abcdef");
        CHECK_FALSE(service.wait_for_open_at_most(0, 20ms));
        hung.close();
        CHECK(service.wait_for_open_at_most(0, 5s));

        service.queue(answer::json(200, "{}").delay(1h));
        raw_client impatient(service, "localhost", tls);
        auto const seen = service.journal().size();
        impatient.send(request);
        CHECK(service.wait_for_requests(seen + 1, 5s));
        impatient.close();
        CHECK(service.wait_for_open_at_most(0, 5s));

        service.queue(answer::json(200, "{}").delay(30ms));
        raw_client patient(service, "localhost", tls);
        auto const begin = std::chrono::steady_clock::now();
        patient.send(request);
        CHECK(patient.read_response().status == 200);
        CHECK(std::chrono::steady_clock::now() - begin >= 30ms);
    }
}

TEST_CASE("emulator: a paced stream takes its time and ends with its client or its emulator")
{
    emulator_options options;
    options.words_per_second = 200;
    auto service = std::make_unique<emulator>(options);
    raw_client client(*service, "localhost", true);
    auto const begin = std::chrono::steady_clock::now();
    client.post(v1, ask("a joke", R"(,"stream":true,"max_tokens":10)"));
    CHECK(std::chrono::steady_clock::now() - begin >= 50ms);

    auto const request = ask("a story", R"(,"stream":true)");
    auto const message = "POST " + v1 + " HTTP/1.1\r\nHost: x\r\n" + raw_client::key + raw_client::type +
                         "Content-Length: " + std::to_string(request.size()) + "\r\n\r\n" + request;
    client.send(message);
    client.take_until("Once");
    client.close();
    CHECK(service->wait_for_open_at_most(0, 5s));

    raw_client idle(*service);
    raw_client mute(*service, "localhost", true);
    raw_client streaming(*service, "localhost", true);
    streaming.send(message);
    streaming.take_until("Once");
    service->queue(answer::json(200, "{}").delay(1h));
    raw_client waiting(*service);
    waiting.send(message);
    CHECK(service->wait_for_requests(4, 5s));
    auto const end = std::chrono::steady_clock::now();
    service.reset();
    CHECK(std::chrono::steady_clock::now() - end < 2s);
    streaming.read_to_end();
    CHECK(idle.read_to_end().empty());
}

} // namespace foundry_test::scripted_answer_test
