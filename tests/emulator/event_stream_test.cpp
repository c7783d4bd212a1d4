// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Events of services that do it differently: errors among them, end markers, keep-alives and content types.

#include "support/queued_answers.hpp"

#include <foundry/call.hpp>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace foundry_test::event_stream_test {

using namespace foundry_test::queued;
using foundry::errc;

// ---- Errors in answers of status 200

char const* const empty_errors[] = {
    R"({"message":"","type":"","param":"","code":null})", "{}", "[]", "\"\"", "false", "0", "null"};

asio::awaitable<void> empty_error_beside_an_answer(emulator& service)
{
    for (char const* const nothing : empty_errors) {
        CAPTURE(nothing);
        std::string const member = R"("error":)" + std::string(nothing) + ",";
        std::string const whole = "{" + member + completion_text("good").substr(1);
        CHECK((co_await completed(service, answer::json(200, whole))).text() == "good");
        std::string const in_stream = "data: {" + member + event("good").substr(7) + end;
        CHECK((co_await streamed(service, in_stream)).text() == "good");

        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
        foundry::embedding_request const request{"text-embedding-3-small", "a"};
        service.queue(answer::json(200, "{" + member + R"("data":[{"index":0,"embedding":[1,2]}]})"));
        foundry::embeddings const vectors = co_await client.embed(request);
        CHECK(vectors[0].size() == 2);
        service.queue(answer::json(200, "{" + member + R"("text":"hi"})"));
        boost::json::value const any =
            co_await client.call<boost::json::value>(foundry::route{"POST", "audio/transcriptions"});
        CHECK(any.at("text") == "hi");
    }
    CHECK(service.requests() == 4 * std::size(empty_errors));

    for (char const* const nothing : empty_errors) {
        std::string const silent =
            R"(data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":null}],"error":)";
        CHECK((co_await streamed(service, silent + nothing + "}\n\n" + event("good") + end)).text() == "good");
    }
    // An error with words beside vectors, however many bytes they are.
    foundry::client<> reader = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
    foundry::embedding_request const one{"text-embedding-3-small", "a"};
    std::string numbers = "1";
    for (int i = 0; i != 40000; ++i)
        numbers += ",2";
    service.queue(answer::json(200, R"({"data":[{"index":0,"embedding":[)" + numbers +
                                        R"(]}],"error":{"message":"it was cut"}})"));
    CHECK(has((co_await failure_of(reader.embed(one))).what(), "it was cut"));

    // With words it stays an error, beside whatever answer.
    std::string const spoken = R"({"error":{"message":"it broke"},)" + completion_text("good").substr(1);
    CHECK(has((co_await completion_error(service, answer::json(200, spoken))).what(), "it broke"));
}

asio::awaitable<void> errors_of_any_shape(emulator& service)
{
    struct
    {
        char const* data;
        char const* words;
        errc code = errc::service_error;
    } const shapes[] = {
        {R"({"detail":"model is loading"})", "model is loading"},
        {R"({"detail":[{"loc":["body","n"],"msg":"too many"}]})", "too many"},
        {R"({"message":"no capacity","code":"overloaded"})", "no capacity"},
        {R"({"success":false,"message":"no credit"})", "no credit"},
        {R"({"success":false,"errors":[{"code":7003,"message":"could not route"}]})", "could not route"},
        {R"({"errors":[{"message":"bad key"}]})", "bad key"},
        {R"({"text":"the backend is gone","error_code":50001})", "the backend is gone"},
        {R"({"base_resp":{"status_code":1004,"status_msg":"login fail"}})", "login fail"},
        {R"({"status":"error","message":"crashed"})", "crashed"},
        {R"({"object":"error","message":"too long","code":40303})", "too long"},
        {R"*({"error":"Unexpected endpoint or method. (POST /chat/completions)"})*", "/v1", errc::route_not_found},
        {R"({"error":{"message":"slow down","type":"too_many_requests"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","code":"RateLimitReached"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","code":"rate_limited"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","code":"Throttling"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","type":"throttling_error"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","type":"rate_limit_error"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"slow down","status":"RESOURCE_EXHAUSTED"}})", "slow down", errc::rate_limited},
        {R"({"error":{"message":"busy","type":"overloaded_error"}})", "busy", errc::service_error},
        {R"({"error":{"message":"cut it","code":"too_many_tokens"}})", "cut it", errc::too_large},
        {R"({"error":{"message":"cut it","type":"tokens_exceeded"}})", "cut it", errc::too_large},
        {R"({"note":"strange"})", "", errc::unexpected_reply},
    };
    std::string const done = "data: [DONE]\n\n";
    for (auto const& shape : shapes) {
        CAPTURE(shape.data);
        std::string const data = "data: " + std::string(shape.data) + "\n\n";
        foundry::error const alone = co_await stream_error(service, data + done);
        CHECK(alone.code() == shape.code);
        CHECK(has(alone.what(), shape.words));
        CHECK(alone.body() == shape.data);
        CHECK(alone.attempts().size() == 1);
        if (*shape.words == '\0')
            continue;
        foundry::error const later = co_await stream_error(service, event("a") + data + done);
        CHECK(later.code() == shape.code);
        foundry::error const whole = co_await completion_error(service, answer::json(200, shape.data));
        CHECK(whole.code() == shape.code);
        CHECK(has(whole.what(), shape.words));
    }
    // What a model has written elsewhere is no message of an error.
    foundry::error const foreign = co_await stream_error(
        service, "data: {\"event_type\":\"stream-end\",\"response\":{\"text\":\"a secret\"}}\n\n" + done);
    CHECK(foreign.code() == errc::unexpected_reply);
    CHECK_FALSE(has(foreign.what(), "a secret"));
    // A stream that breaks off is told as such.
    foundry::error const broken = co_await stream_error(service, "data: {\"id\":\"x\",\"choices\":[]}\n\n");
    CHECK(broken.code() == errc::stream_truncated);
    for (std::string const& nothing : {done, std::string(": ping\n\n") + done}) {
        foundry::error const failed = co_await stream_error(service, nothing);
        CHECK(failed.code() == errc::unexpected_reply);
        CHECK(failed.status() == 200);
    }
    // Not retried: asking a wrong path again does not help.
    foundry::client<> client =
        client_of(co_await asio::this_coro::executor, service, local_url, foundry_test::trusting(service));
    service.clear_journal();
    service.queue(answer::json(200, R"*({"error":"Unexpected endpoint or method. (POST /chat/completions)"})*"));
    foundry::call_options often;
    often.retry.max_retries = 3;
    foundry::chat_request const request = question();
    static_cast<void>(co_await failure_of(client.complete(request, often)));
    CHECK(service.journal().size() == 1);
}

asio::awaitable<void> reason_in_the_next_event(emulator& service)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url, limited(service));
    std::string const failed =
        "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"id\":\"r\",\"error\":null}}\n\n";
    std::string const reason =
        "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow down\"}\n\n";
    struct
    {
        std::string body;
        errc code;
        char const* words;
    } const cases[] = {{failed + reason, errc::rate_limited, "slow down"},
                       {failed, errc::service_error, "without saying which"},
                       {failed + "data: [DONE]\n\n", errc::service_error, "without saying which"},
                       {failed + "event: other\ndata: {}\n\n", errc::service_error, "without saying which"}};
    for (auto const& one : cases) {
        service.queue(answer::events(one.body));
        foundry::event_stream events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"});
        foundry::error const error = co_await failure_of(events.next());
        CHECK(error.code() == one.code);
        CHECK(has(error.what(), one.words));
    }
}

TEST_CASE("in-band errors: an empty error beside a good answer is ignored") { play(&empty_error_beside_an_answer); }

TEST_CASE("in-band errors: one of any shape keeps its message, and a stream without content is no success")
{
    play(&errors_of_any_shape);
}

TEST_CASE("in-band errors: a reason that comes one event later is in the error") { play(&reason_in_the_next_event); }

// ---- Events

asio::awaitable<void> end_markers(emulator& service)
{
    for (char const* const marker :
         {"data:  [DONE]", "data: [DONE] ", "data: [DONE]\t", "data: \"[DONE]\"", "data: DONE", "data: [done]"}) {
        CAPTURE(marker);
        std::string const body = event("a") + chunk("{}", "\"stop\"") + marker + "\n\ndata: after the end\n\n";
        CHECK((co_await streamed(service, body, foundry_url)).text() == "a");
    }
}

asio::awaitable<void> keep_alives(emulator& service)
{
    for (char const* const event_text :
         {"data: null", "data: \"\"", "data: []", "data: {}", "data: ping", "data:", "event: ping\ndata: {\"x\":1}",
          "event: keepalive\ndata: anything", "event: heartbeat\ndata: 17", "data: {\"type\":\"ping\"}",
          "data: { \"cost\":1, \"type\" : \"keepalive\" }"}) {
        CAPTURE(event_text);
        std::string const alive = std::string(event_text) + "\n\n";
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
        foundry::chat_request const request = question();
        service.queue(answer::events(alive + event("a") + alive + end));
        foundry::chat_stream chunks = co_await client.stream(request);
        std::size_t count = 0;
        while (co_await chunks.next())
            ++count;
        CHECK(count == 2);
    }
    // They are no content: the stall limit passes.
    foundry::options with = limited(service);
    with.timeouts.silence = 200ms;
    with.timeouts.stall = 200ms;
    foundry::client<> hasty = client_of(co_await asio::this_coro::executor, service, local_url, with);
    std::string many;
    for (int i = 0; i != 400; ++i)
        many += "event: ping\ndata: {\"x\":1}\n\n";
    service.queue(answer::events(many).pace(20ms));
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await hasty.stream(request);
    foundry::error const failed = co_await failure_of(chunks.next());
    CHECK(failed.code() == errc::stall_timeout);
}

asio::awaitable<void> types_found_as_json_finds_them(emulator& service)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url, limited(service));
    for (char const* const last :
         {R"(data: {"type":"response.completed"})", R"(data: { "type" : "response.completed" })",
          R"(data: {"response":{"type":"x"},"type":"response.completed"})"}) {
        CAPTURE(last);
        service.queue(answer::events(std::string(last) + "\n\ndata: {\"never\":1}\n\n"));
        foundry::event_stream events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"});
        CHECK((co_await events.next()).has_value());
        CHECK_FALSE((co_await events.next()).has_value());
    }
}

asio::awaitable<void> events_without_data(emulator& service)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url, limited(service));
    service.queue(answer::events("event: start\ndata:\n\nevent: x\ndata: 1\n\ndata: [DONE]\n\n"));
    foundry::event_stream events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"});
    auto const first = co_await events.next();
    REQUIRE(first.has_value());
    CHECK(first->event == "start");
    CHECK(first->data.empty());
    auto const second = co_await events.next();
    CHECK(second->data == "1");
    CHECK_FALSE((co_await events.next()).has_value());
}

asio::awaitable<void> content_types(emulator& service)
{
    for (char const* const type :
         {"Text/Event-Stream", "TEXT/EVENT-STREAM; charset=utf-8", "text/plain", "application/x-ndjson",
          "application/octet-stream", "text/html", "application/json", "application/stream+json"}) {
        for (char const* const begin : {"", ": hello\n\n", "\n\n", "\xef\xbb\xbf", "event: message\n", "id: 1\n"}) {
            for (std::size_t const size : {std::size_t{1}, std::size_t{100000}}) {
                CAPTURE(type);
                CAPTURE(begin);
                foundry::client<> client =
                    client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
                foundry::chat_request const request = question();
                answer next = answer::events(begin + event("a") + end).header("Content-Type", type).chunking({size});
                service.queue(std::move(next));
                foundry::chat_stream chunks = co_await client.stream(request);
                foundry::chat_completion const reply = co_await chunks.collect();
                CHECK(reply.text() == "a");
            }
        }
    }
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, local_url, limited(service));
    foundry::chat_request const request = question();
    service.queue(answer::json(200, R"({"error":{"message":"slow down","code":"429"}})")
                      .header("Content-Type", "text/event-stream"));
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::error const failed = co_await failure_of(chunks.next());
    CHECK(failed.code() == errc::rate_limited);
    CHECK(has(failed.body(), "slow down"));
}

TEST_CASE("events: an end marker may have blanks or quotes around it, and any case") { play(&end_markers); }

asio::awaitable<void> words_that_are_no_end(emulator& service)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url, limited(service));
    service.queue(answer::events("data: \"done\"\n\ndata: \"and more\"\n\ndata: [DONE]\n\n"));
    foundry::event_stream events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"});
    std::size_t count = 0;
    while (co_await events.next())
        ++count;
    CHECK(count == 2);

    // A body that begins with blanks only, byte by byte, is searched once.
    service.queue(answer::events(std::string(200000, '\n') + event("a") + end));
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_completion const reply = co_await chunks.collect();
    CHECK(reply.text() == "a");
}

TEST_CASE("events: the word done ends no raw stream, and blank lines before the first event are skipped")
{
    play(&words_that_are_no_end);
}

TEST_CASE("events: keep-alives are skipped, and are no content") { play(&keep_alives); }

TEST_CASE("events: the type of one without a name is found as JSON finds it") { play(&types_found_as_json_finds_them); }

TEST_CASE("events: one without data is delivered by a raw stream") { play(&events_without_data); }

TEST_CASE("events: the first bytes say what a body is if its type does not") { play(&content_types); }

} // namespace foundry_test::event_stream_test
