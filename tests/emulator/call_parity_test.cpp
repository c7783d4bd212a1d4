// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// client::call() on a route of the operation table has what the functions of the client have.

#include "support/plain_calls.hpp"

#include <foundry/call.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

namespace foundry_test::call_parity_test {

namespace json = boost::json;

struct collecting_observer final : foundry::observer
{
    std::vector<foundry::call_event> events;
    void on_event(foundry::call_event const& e) noexcept override { events.push_back(e); }
    foundry::call_event const& last() const { return events.back(); }
};

struct observed
{
    std::shared_ptr<collecting_observer> seen = std::make_shared<collecting_observer>();
    foundry::options options;

    explicit observed(emulator const& service) : options(trusting(service)) { options.observer = seen; }
};

json::object chat_body()
{
    return {{"messages", {json::object{{"role", "user"}, {"content", "How many feet are in a mile?"}}}}};
}

asio::awaitable<void> use_default_model(emulator& service, std::string_view url)
{
    observed o(service);
    o.options.default_model = "gpt-4o-mini";
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, url, o.options);
    foundry::route const route{"POST", "chat/completions"};
    json::value const reply = co_await client.call<json::value>(route, chat_body());
    CHECK(reply.at("object") == "chat.completion");
    json::value const sent = json::parse(service.journal().back().body);
    CHECK(sent.at("model") == "gpt-4o-mini");
    CHECK(o.seen->last().model == "gpt-4o-mini");
    CHECK(o.seen->last().operation_name == "chat");

    json::object body = chat_body();
    body["model"] = "";
    foundry::error const empty = co_await failure_of(client.call<json::value>(route, body));
    CHECK(empty.code() == foundry::errc::invalid_argument);
}

asio::awaitable<void> detect_extra_parameters(emulator& service)
{
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, foundry_url);
    json::object body = chat_body();
    body["model"] = "gpt-4o-mini";
    static_cast<void>(co_await client.call<json::value>(foundry::route{"POST", "chat/completions"}, body));
    CHECK(service.journal().back().header("extra-parameters") == std::nullopt);
    body["top_k"] = 40;
    static_cast<void>(co_await client.call<json::value>(foundry::route{"POST", "chat/completions"}, body));
    CHECK(service.journal().back().header("extra-parameters") == "pass-through");
}

asio::awaitable<void> report_usage(emulator& service)
{
    observed o(service);
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, v1_url, o.options);
    json::object body = chat_body();
    body["model"] = "gpt-4o-mini";
    json::value const reply = co_await client.call<json::value>(foundry::route{"POST", "chat/completions"}, body);
    CHECK(o.seen->last().input_tokens == reply.at("usage").at("prompt_tokens").as_int64());
    CHECK(o.seen->last().output_tokens == reply.at("usage").at("completion_tokens").as_int64());
    CHECK(o.seen->last().response_id == reply.at("id").as_string());

    service.queue(
        answer::json(200, R"({"id":"resp_1","object":"response","model":"gpt-5","error":null,"usage":{"input_tokens":11,
        "input_tokens_details":{"cached_tokens":5},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":3}}})"));
    json::object const model{{"model", "gpt-5"}};
    static_cast<void>(co_await client.call<json::value>(foundry::route{"POST", "responses"}, model));
    foundry::call_event const& e = o.seen->last();
    CHECK(e.response_model == "gpt-5");
    CHECK(e.input_tokens == 11);
    CHECK(e.cached_input_tokens == 5);
    CHECK(e.output_tokens == 7);
    CHECK(e.reasoning_output_tokens == 3);

    service.queue(answer::events(
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_2\","
        "\"model\":\"gpt-5\",\"usage\":{\"input_tokens\":13,\"output_tokens\":1}}}\n\n"));
    foundry::event_stream events =
        co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"}, model);
    while (co_await events.read() != nullptr)
        continue;
    CHECK(o.seen->last().input_tokens == 13);
    CHECK(o.seen->last().response_id == "resp_2");
    CHECK(o.seen->last().time_to_first_chunk.count() > 0);
}

asio::awaitable<void> refuse_errors_alike(emulator& service)
{
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, v1_url);
    json::object body = chat_body();
    body["model"] = "gpt-4o-mini";
    auto const failed_answer = [] {
        return answer::json(200,
                            R"({"id":"c-1","choices":[],"error":{"code":"overloaded_error","message":"too busy"}})");
    };
    service.queue(failed_answer());
    foundry::error const typed = co_await failure_of(client.complete(question()));
    service.queue(failed_answer());
    foundry::error const raw =
        co_await failure_of(client.call<json::value>(foundry::route{"POST", "chat/completions"}, body));
    CHECK(raw.code() == typed.code());
    CHECK(raw.message() == typed.message());
    CHECK(raw.message() == "too busy");

    // A batch has a member error of its own, which is no failure of the call.
    service.queue(
        answer::json(200, R"({"id":"batch_1","object":"batch","status":"failed","error":{"message":"bad file"}})"));
    json::value const batch = co_await client.call<json::value>(foundry::route{"GET", "batches"}.segment("batch_1"));
    CHECK(batch.at("status") == "failed");
}

asio::awaitable<void> time_steps(emulator& service)
{
    observed o(service);
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, v1_url, o.options);
    static_cast<void>(co_await client.complete(question()));
    foundry::call_event const cold = o.seen->last();
    CHECK(cold.connect_time.count() > 0);
    CHECK(cold.tls_time.count() > 0);
    CHECK(cold.first_byte_time.count() > 0);
    CHECK(cold.queue_time.count() == 0);
    CHECK(cold.connect_time + cold.tls_time + cold.first_byte_time <= cold.elapsed);
    CHECK(cold.endpoint == v1_url);
    CHECK(cold.cached_input_tokens.has_value());

    static_cast<void>(co_await client.complete(question()));
    CHECK(o.seen->last().connect_time.count() == 0); // on the same connection
    CHECK(o.seen->last().tls_time.count() == 0);
    CHECK(o.seen->last().first_byte_time.count() > 0);
}

asio::awaitable<void> wait_in_queue(emulator& service)
{
    observed o(service);
    o.options.pool.max_connections = 1;
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> const client = client_of(executor, service, v1_url, o.options);
    foundry::chat_stream held = co_await client.stream(question());
    bool is_done = false;
    asio::co_spawn(executor, client.complete(question()),
                   [&](std::exception_ptr e, foundry::chat_completion const&) { is_done = !e; });
    for (int i = 0; i != 5; ++i) // until it waits
        co_await asio::post(executor, asio::use_awaitable);
    static_cast<void>(co_await held.collect());
    while (!is_done)
        co_await asio::post(executor, asio::use_awaitable);
    foundry::call_event const& e = o.seen->last();
    CHECK(e.queue_time.count() > 0);
    CHECK(e.connect_time.count() == 0);
}

asio::awaitable<void> tell_the_head(emulator& service)
{
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, v1_url);
    answer busy = answer::json(429, R"({"error":{"code":"429","message":"slow down"}})");
    busy.header("x-ms-region", "Sweden Central").header("x-ratelimit-remaining-tokens", "0").header("retry-after", "7");
    service.queue(busy);
    foundry::error const e = co_await failure_of(client.complete(question()));
    CHECK(e.info().status() == 429);
    CHECK(e.info().header("x-ms-region") == "Sweden Central");
    CHECK(e.info().rate_limits().remaining_tokens == 0);
    CHECK(e.info().retry_after() == 7s);
    foundry::error const none(foundry::errc::invalid_argument, "set it");
    CHECK(none.info().status() == 0);
}

TEST_CASE("call: a chat without a model has the client's default, on each form")
{
    emulator service;
    for (char const* const url : urls)
        run(use_default_model(service, url));
}

TEST_CASE("call: extra parameters of a chat are announced to a Foundry Models endpoint")
{
    emulator service;
    run(detect_extra_parameters(service));
}

TEST_CASE("call: the observer is told the usage of chats and responses, whole and streamed")
{
    emulator service(unchecked());
    run(report_usage(service));
}

TEST_CASE("call: an error with a status of 200 is one by the same rule as for complete()")
{
    emulator service(unchecked());
    run(refuse_errors_alike(service));
}

TEST_CASE("observer: the steps of a call have their times, and the endpoint is named")
{
    emulator service;
    run(time_steps(service));
}

TEST_CASE("observer: the wait for a free connection has its time")
{
    emulator service;
    run(wait_in_queue(service));
}

TEST_CASE("error: info() is the head of the response: region and rate limits")
{
    emulator service;
    run(tell_the_head(service));
}

} // namespace foundry_test::call_parity_test
