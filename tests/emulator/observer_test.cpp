// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What a program is told of its calls while they run, and what a log makes of it.

#include "support/fixture.hpp"

#include <foundry/log_sink.hpp>
#include <foundry/telemetry.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

namespace foundry_test::observer_test {

using namespace std::chrono_literals;
using foundry::call_event;
using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;

/// Writes down what it is told.
class notes final : public foundry::observer
{
public:
    void on_event(call_event const& e) noexcept override
    {
        std::lock_guard const lock(mutex_);
        events.push_back(e);
        events.back().response = nullptr;
    }

    std::string steps() const
    {
        std::string all;
        for (call_event const& e : events)
            all += "arwe"[static_cast<int>(e.what)];
        return all;
    }

    std::vector<call_event> events;

private:
    std::mutex mutex_;
};

/// A client of the emulator that is observed.
struct observed
{
    explicit observed(asio::any_io_executor executor, emulator& service, char const* url = urls[1])
        : seen(std::make_shared<notes>()),
          client(make(std::move(executor), service, url, seen))
    {}

    static foundry::client<> make(asio::any_io_executor executor, emulator& service, char const* url,
                                  std::shared_ptr<foundry::observer> to)
    {
        foundry::options with = trusting(service);
        with.observer = std::move(to);
        with.retry.max_retries = 2;
        with.retry.backoff = 1ms;
        foundry::any_credential key = foundry::api_key{service.api_key()};
        return foundry::client<>(std::move(executor), at(service, url), std::move(key), std::move(with));
    }

    std::shared_ptr<notes> seen;
    foundry::client<> client;
};

foundry::chat_request question()
{
    foundry::chat_request request{"gpt-4o-mini"};
    request.user("How many feet are in a mile?");
    return request;
}

TEST_SUITE_BEGIN("observer");

TEST_CASE("observer: it is notified of each step of a call, with its outcome")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        observed o(co_await asio::this_coro::executor, s);
        foundry::chat_completion const reply = co_await o.client.complete(question());
        REQUIRE(o.seen->steps() == "are");
        call_event const& end = o.seen->events.back();
        CHECK(end.operation == "chat/completions");
        CHECK(end.model == "gpt-4o-mini");
        CHECK(end.provider == "azure.ai.openai");
        CHECK(end.server_address == "contoso.openai.azure.com");
        CHECK(end.server_port == 443);
        CHECK(end.attempt == 1);
        CHECK(end.status == 200);
        CHECK(!end.stream);
        CHECK(!end.code);
        CHECK(end.client_request_id == reply.info().client_request_id());
        CHECK(!end.client_request_id.empty());
        CHECK(end.response_id == reply.id);
        CHECK(end.response_model == reply.model);
        REQUIRE(end.finish_reasons.size() == 1);
        CHECK(end.finish_reasons[0] == "stop");
        CHECK(end.input_tokens == reply.usage->prompt_tokens);
        CHECK(end.output_tokens == reply.usage->completion_tokens);
        CHECK(end.elapsed > 0ns);
        CHECK(o.seen->events[0].elapsed <= o.seen->events[1].elapsed);
        CHECK(o.seen->events[1].elapsed <= end.elapsed);
    }(service));
}

TEST_CASE("observer: it is notified of failed attempts, of the wait after each, and of the one that succeeds")
{
    emulator service;
    service.queue(answer::raw("")); // the connection breaks
    service.queue(
        answer::json(429, R"({"error":{"code":"429","message":"Slow down."}})").header("retry-after-ms", "2"));
    run([](emulator& s) -> asio::awaitable<void> {
        observed o(co_await asio::this_coro::executor, s);
        static_cast<void>(co_await o.client.complete(question()));
        REQUIRE(o.seen->steps() == "awarware");
        CHECK(o.seen->events[1].code == errc::connection_lost);
        CHECK(o.seen->events[1].status == 0);
        CHECK(o.seen->events[3].status == 429);
        CHECK(o.seen->events[3].attempt == 2);
        CHECK(o.seen->events[4].code == errc::rate_limited);
        CHECK(o.seen->events[4].wait == 2ms);
        CHECK(o.seen->events.back().attempt == 3);
        CHECK(!o.seen->events.back().code);
    }(service));
}

TEST_CASE("observer: a call that fails ends with the code of its error")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        observed o(co_await asio::this_coro::executor, s);
        foundry::chat_request request = question();
        request.model = "no-such-deployment";
        static_cast<void>(co_await failure_of(o.client.complete(request)));
        CHECK(o.seen->steps() == "are");
        CHECK(o.seen->events.back().code == errc::model_not_found);
        CHECK(foundry::telemetry::error_type_of(o.seen->events.back()) == "model_not_found");

        o.seen->events.clear();
        answer other = answer::json(200, "{}");
        s.queue(std::move(other));
        static_cast<void>(co_await failure_of(o.client.complete(question())));
        CHECK(o.seen->steps() == "are");
        CHECK(o.seen->events.back().code == errc::unexpected_reply);
    }(service));
}

TEST_CASE("observer: a stream ends for the observer when its last chunk is read, with the usage and the time to its "
          "first chunk")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        observed o(co_await asio::this_coro::executor, s);
        foundry::chat_request request = question();
        request.stream_options.emplace().include_usage = true;
        foundry::chat_stream chunks = co_await o.client.stream(request);
        CHECK(o.seen->steps() == "ar");
        while (auto chunk = co_await chunks.next())
            CHECK(o.seen->steps() == "ar");
        REQUIRE(o.seen->steps() == "are");
        call_event const& end = o.seen->events.back();
        CHECK(end.stream);
        CHECK(!end.code);
        REQUIRE(end.finish_reasons.size() == 1);
        CHECK(end.finish_reasons[0] == "stop");
        CHECK(!end.response_id.empty());
        CHECK(end.response_model.starts_with("gpt-4o-mini"));
        CHECK(end.output_tokens.value_or(0) > 0);
        CHECK(end.time_to_first_chunk > 0ns);
        CHECK(end.time_to_first_chunk <= end.elapsed);
    }(service));
}

TEST_CASE("observer: a stream that is dropped or truncated has an end, too")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        observed o(co_await asio::this_coro::executor, s);
        {
            foundry::chat_stream chunks = co_await o.client.stream(question());
            CHECK((co_await chunks.next()).has_value());
        }
        REQUIRE(o.seen->steps() == "are");
        CHECK(o.seen->events.back().code == boost::asio::error::operation_aborted);
        CHECK(foundry::telemetry::error_type_of(o.seen->events.back()) == "cancelled");

        o.seen->events.clear();
        answer broken =
            answer::raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
                        "\r\n5\r\ndata:");
        s.queue(std::move(broken));
        foundry::chat_stream chunks = co_await o.client.stream(question());
        static_cast<void>(co_await failure_of(chunks.next()));
        REQUIRE(o.seen->steps() == "are");
        CHECK(o.seen->events.back().code == errc::stream_truncated);
    }(service));
}

TEST_CASE("observer: a stream whose body is wrong from its first byte on ends with the code of its error")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        observed o(co_await asio::this_coro::executor, s);
        answer wrong = answer::raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                                   "transfer-encoding: chunked\r\n\r\nno size\r\n");
        s.queue(std::move(wrong));
        foundry::chat_stream chunks = co_await o.client.stream(question());
        foundry::error const failed = co_await failure_of(chunks.next());
        CHECK(failed.code() == errc::unexpected_reply);
        REQUIRE(o.seen->steps() == "are");
        CHECK(o.seen->events.back().code == errc::unexpected_reply);
    }(service));
}

TEST_CASE("observer: a call whose context is destroyed has an end")
{
    emulator service;
    service.queue(answer::raw("").hang());
    std::shared_ptr<notes> seen;
    {
        asio::io_context context;
        observed o(context.get_executor(), service);
        seen = o.seen;
        bool asked = false;
        asio::co_spawn(context, o.client.complete(question()), [](std::exception_ptr, foundry::chat_completion) {});
        asio::steady_timer poll(context);
        while (!asked) {
            context.run_one_for(1ms);
            asked = !service.journal().empty();
        }
        CHECK(seen->steps() == "a");
    }
    CHECK(seen->steps() == "ae");
    CHECK(seen->events.back().code == boost::asio::error::operation_aborted);
}

TEST_CASE("observer: embeddings and other routes are named by their paths")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        observed o(co_await asio::this_coro::executor, s, urls[0]);
        std::vector<std::string> lines{"a mile"};
        foundry::embedding_request request{"text-embedding-3-small", lines};
        static_cast<void>(co_await o.client.embed(request));
        REQUIRE(o.seen->steps() == "are");
        CHECK(o.seen->events.back().operation == "embeddings");
        CHECK(o.seen->events.back().provider == "azure.ai.inference");
        CHECK(o.seen->events.back().input_tokens.value_or(0) > 0);
        CHECK(foundry::telemetry::span_name(o.seen->events.back()) == "embeddings text-embedding-3-small");
    }(service));
}

TEST_CASE("telemetry: the attributes of a span have the names of OpenTelemetry's conventions")
{
    call_event e;
    e.what = call_event::kind::end;
    e.operation = "chat/completions";
    e.operation_name = "chat";
    e.model = "gpt-4o-mini";
    e.provider = "azure.ai.openai";
    e.server_address = "contoso.openai.azure.com";
    e.server_port = 443;
    e.response_id = "chatcmpl-1";
    e.response_model = "gpt-4o-mini-2024-07-18";
    e.finish_reasons = {"stop", "length"};
    e.input_tokens = 9;
    e.output_tokens = 12;
    e.code = errc::silence_timeout;
    std::map<std::string, std::string> all;
    foundry::telemetry::for_each_attribute(e, [&](std::string_view name, auto const& value) {
        std::string text;
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::int64_t>)
            text = std::to_string(value);
        else if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::vector<std::string>>)
            text = value[0] + "," + value[1];
        else
            text = value;
        all.emplace(name, text);
    });
    std::map<std::string, std::string> const wanted{{"gen_ai.operation.name", "chat"},
                                                    {"gen_ai.provider.name", "azure.ai.openai"},
                                                    {"gen_ai.request.model", "gpt-4o-mini"},
                                                    {"gen_ai.response.id", "chatcmpl-1"},
                                                    {"gen_ai.response.model", "gpt-4o-mini-2024-07-18"},
                                                    {"gen_ai.response.finish_reasons", "stop,length"},
                                                    {"gen_ai.usage.input_tokens", "9"},
                                                    {"gen_ai.usage.output_tokens", "12"},
                                                    {"server.address", "contoso.openai.azure.com"},
                                                    {"server.port", "443"},
                                                    {"error.type", "silence_timeout"}};
    CHECK(all == wanted);
    CHECK(foundry::telemetry::span_name(e) == "chat gpt-4o-mini");
    CHECK(foundry::telemetry::operation_duration == "gen_ai.client.operation.duration");
    CHECK(foundry::telemetry::time_to_first_chunk == "gen_ai.client.operation.time_to_first_chunk");
    CHECK(foundry::telemetry::token_usage == "gen_ai.client.token.usage");
}

TEST_CASE("telemetry: a traceparent is sent and reported, and an invalid one is rejected")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        observed o(co_await asio::this_coro::executor, s);
        foundry::call_options with;
        with.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        static_cast<void>(co_await o.client.complete(question(), with));
        CHECK(s.journal().back().header("traceparent") == with.traceparent);
        CHECK(o.seen->events.back().traceparent == with.traceparent);
        for (char const* wrong : {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", "x",
                                  "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                                  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\r"}) {
            with.traceparent = wrong;
            foundry::error const refused = co_await failure_of(o.client.complete(question(), with));
            CHECK(refused.code() == errc::invalid_argument);
        }
        CHECK(s.journal().size() == 1);
    }(service));
}

TEST_CASE("log_sink: a log has a line for each step up to its level")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        std::vector<std::string> lines;
        std::shared_ptr<foundry::observer> log = std::make_shared<foundry::log_sink>(
            foundry::log_level::warning, [&](foundry::log_level, std::string_view line) { lines.emplace_back(line); });
        foundry::client<> client = observed::make(co_await asio::this_coro::executor, s, urls[1], log);
        answer slow = answer::json(503, "{}").header("retry-after-ms", "2");
        s.queue(std::move(slow));
        static_cast<void>(co_await client.complete(question()));
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].starts_with("foundry wait operation=chat model=gpt-4o-mini server=contoso.openai.azure.com "
                                   "attempt=1 ms="));
        CHECK(lines[0].find(" status=503 error=service_error wait_ms=2 ") != std::string::npos);
    }(service));
}

TEST_CASE("log_sink: the most verbose log shows the header fields that are safe, and hides the others")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        std::string all;
        std::shared_ptr<foundry::observer> log = std::make_shared<foundry::log_sink>(
            foundry::log_level::verbose, [&](foundry::log_level, std::string_view line) { (all += line) += '\n'; });
        foundry::client<> client = observed::make(co_await asio::this_coro::executor, s, urls[1], log);
        answer odd = answer::json(200, R"({"id":"1","choices":[{"message":{"content":"A completion."}}]})")
                         .header("x-request-id", "for \"support\" \x80")
                         .header("set-cookie", "session=hunter2")
                         .header("X-RateLimit-Remaining-Tokens", "17")
                         .header("www-authenticate", "Bearer claims=hunter2");
        s.queue(std::move(odd));
        static_cast<void>(co_await client.complete(question()));
        CHECK(all.find(" x-request-id=\"for \\\"support\\\" \\x80\"") != std::string::npos);
        CHECK(all.find(" set-cookie=REDACTED") != std::string::npos);
        CHECK(all.find(" www-authenticate=REDACTED") != std::string::npos);
        CHECK(all.find(" X-RateLimit-Remaining-Tokens=17") != std::string::npos);
        for (char const* hidden : {"hunter2", "feet", "A completion", "emulator-key"})
            CHECK(all.find(hidden) == std::string::npos);
        CHECK(std::count(all.begin(), all.end(), '\n') == 3);
    }(service));
}

TEST_SUITE_END();

} // namespace foundry_test::observer_test
