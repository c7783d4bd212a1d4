// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The content filter's verdicts in all their spellings, on prompts and on answers.

#include "support/forms.hpp"
#include "support/queued_answers.hpp"

#include <foundry/call.hpp>
#include <foundry/content_filter.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::content_filter_test {

using namespace foundry_test::forms;
using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::emulator;
namespace asio = boost::asio;
using foundry_test::client_of;
using foundry_test::run;
namespace forms = foundry_test::forms;

std::string const verdicts =
    R"({"hate":{"filtered":true,"severity":"high"},"self_harm":{"filtered":false,"severity":"low"},)"
    R"("self-harm":{"filtered":false,"severity":"medium"},"sexual":{"filtered":false,"severity":"safe"},)"
    R"("jailbreak":{"filtered":true,"detected":true},)"
    R"("protected_material_code":{"filtered":false,"detected":true,"citation":{"URL":"u","license":"MIT"}},)"
    R"("custom_blocklists":{"filtered":true,"details":[{"filtered":true,"id":"list-1"}]},)"
    R"("purview":{"filtered":false,"detected":false},"violence":{"error":{"code":1,"message":"timed out"}},)"
    R"("error":{"code":2,"message":"no filter"}})";

/// What is not as `verdicts` says; nothing where all is.
std::string wrong_with(foundry::filter_results const& got)
{
    using foundry::filter_severity;
    std::string wrong;
    auto const expect = [&](std::string_view category, auto holds) {
        auto const* const verdict = got.find(category);
        if (!verdict || !holds(*verdict))
            wrong.append(category) += ", ";
    };
    expect("hate", [](auto& v) { return v.filtered && v.severity == filter_severity::high && !v.detected; });
    expect("self_harm", [](auto& v) { return !v.filtered && v.severity == filter_severity::low; });
    expect("self-harm", [](auto& v) { return !v.filtered && v.severity == filter_severity::medium; });
    expect("sexual", [](auto& v) { return !v.filtered && v.severity == filter_severity::safe; });
    expect("jailbreak", [](auto& v) { return v.filtered && v.detected == true && !v.severity; });
    expect("protected_material_code",
           [](auto& v) { return v.detected == true && v.extra.at("citation").at("license") == "MIT"; });
    expect("custom_blocklists",
           [](auto& v) { return v.filtered && v.extra.at("details").as_array().at(0).at("id") == "list-1"; });
    expect("purview", [](auto& v) { return !v.filtered && v.detected == false; });
    expect("violence", [](auto& v) { return !v.filtered && v.extra.at("error").at("message") == "timed out"; });
    expect("error", [](auto& v) { return !v.filtered && v.extra.at("message") == "no filter"; });
    if (got.size() != 10)
        wrong += "categories";
    return wrong;
}

void check_blocked(foundry::error const& failed)
{
    CHECK(failed.code() == errc::content_filter);
    CHECK(wrong_with(failed.content_filter()) == "");
    CHECK(forms::contains(failed.advice(), "blocked for hate, jailbreak, custom_blocklists"));
}

asio::awaitable<void> blocked_prompts(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url);
    for (std::string const inner : {"innererror", "inner_error"}) {
        for (std::string const result : {"content_filter_result", "content_filter_results"}) {
            CAPTURE(inner);
            CAPTURE(result);
            std::string const body = R"({"error":{"message":"The prompt was blocked.","type":null,"param":"prompt",)"
                                     R"("code":"content_filter","status":400,")" +
                                     inner + R"(":{"code":"ResponsibleAIPolicyViolation",")" + result +
                                     "\":" + verdicts + "}}}";
            for (unsigned const operation : {whole, streamed, embedded}) {
                answer next = answer::json(400, body);
                service.queue(std::move(next));
                foundry::error const failed = co_await failure_of(client, operation, 400);
                check_blocked(failed);
            }
            answer among_events = answer::events("data: " + body + "\n\n");
            service.queue(std::move(among_events));
            foundry::error const failed = co_await failure_of(client, streamed, 200);
            check_blocked(failed);
        }
    }
}

asio::awaitable<void> blocked_responses(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url);
    boost::json::object const body{{"model", "m"}, {"input", "x"}};
    answer next = answer::json(
        400, R"({"error":{"message":"Blocked.","type":"invalid_request_error","code":"content_filter","param":null,)"
             R"("content_filters":[{"blocked":true,"source_type":"prompt","content_filter_results":)" +
                 verdicts + "}]}}");
    service.queue(std::move(next));
    foundry::route const responses("POST", "responses");
    foundry::error const failed = co_await failure_of(client.call<boost::json::value>(responses, body));
    check_blocked(failed);
}

/// The name of the prompt's verdicts is `prompts`.
asio::awaitable<void> annotated_answers(emulator& service, char const* url, std::string prompts)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url);
    foundry::chat_request const request = forms::question();
    std::string const of_prompt =
        "\"" + prompts + R"(":[{"prompt_index":0,"content_filter_results":)" + verdicts + "}]";
    std::string const of_choice = R"("content_filter_results":)" + verdicts;

    answer next = answer::json(200, R"({"id":"x","choices":[{"index":0,"finish_reason":"content_filter","message":)"
                                    R"({"role":"assistant","content":""},)" +
                                        of_choice + "}]," + of_prompt + "}");
    service.queue(std::move(next));
    foundry::chat_completion const reply = co_await client.complete(request);
    CHECK(reply.finish_reason() == foundry::finish_reason::content_filter);
    REQUIRE(reply.prompt_filter_results.size() == 1);
    CHECK(wrong_with(reply.prompt_filter_results[0].content_filter_results) == "");
    CHECK(wrong_with(reply.choices.at(0).content_filter_results) == "");
    CHECK(reply.extra.empty());

    answer events = answer::events(
        R"(data: {"id":"","object":"","created":0,"model":"","choices":[],)" + of_prompt + "}\n\n" +
        R"(data: {"id":"x","choices":[{"index":0,"delta":{"content":"a"},"content_filter_results":{}}]})" + "\n\n" +
        R"(data: {"id":"","choices":[{"index":0,"finish_reason":"content_filter",)" + of_choice +
        R"(,"content_filter_offsets":{"check_offset":1,"start_offset":2,"end_offset":3}}]})" + "\n\ndata: [DONE]\n\n");
    service.queue(std::move(events));
    foundry::chat_stream chunks = co_await client.stream(request);
    std::optional<foundry::chat_chunk> const first = co_await chunks.next();
    REQUIRE(first);
    REQUIRE(first->prompt_filter_results.size() == 1);
    CHECK(wrong_with(first->prompt_filter_results[0].content_filter_results) == "");
    foundry::chat_chunk const* chunk = co_await chunks.read();
    REQUIRE(chunk != nullptr);
    CHECK(chunk->text() == "a");
    CHECK(chunk->prompt_filter_results.empty());
    chunk = co_await chunks.read();
    REQUIRE(chunk != nullptr);
    CHECK(chunk->text().empty());
    REQUIRE(chunk->choices.size() == 1);
    CHECK(wrong_with(chunk->choices[0].content_filter_results) == "");
    CHECK(chunk->choices[0].finish_reason == foundry::finish_reason::content_filter);
    CHECK(chunk->choices[0].content_filter_offsets.end_offset == 3);
    chunk = co_await chunks.read();
    CHECK(chunk == nullptr);
}

asio::awaitable<void> strange_blocklists(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service);
    answer next = answer::json(
        400,
        R"({"error":{"code":"content_filter","innererror":{"content_filter_result":)"
        R"({"custom_blocklists":[{"filtered":true,"id":"list-1"}],"hate":{"filtered":true,"severity":"severe"}}}}})");
    service.queue(std::move(next));
    foundry::error const failed = co_await failure_of(client, whole, 400);
    CHECK(failed.code() == errc::content_filter);
    auto const* const lists = failed.content_filter().find("custom_blocklists");
    REQUIRE(lists);
    CHECK(lists->extra.at("").as_array().at(0).at("id") == "list-1");
    auto const* const hate = failed.content_filter().find("hate");
    REQUIRE(hate);
    CHECK(hate->severity.name() == "severe");
    CHECK(!hate->severity.known());
}

TEST_CASE("content filter: a blocked prompt tells its verdicts in each spelling, whole and among events, on every form "
          "of Azure")
{
    emulator service;
    for (form const& where : forms::all) {
        CAPTURE(std::string(where.url));
        if ((where.bit & (azure | github)) != 0)
            run(blocked_prompts(service, where.url));
        if ((where.bit & openai) != 0)
            run(blocked_responses(service, where.url));
    }
}

TEST_CASE("content filter: the verdicts on prompts and answers are typed under their new name and their old one, on "
          "every form of Azure")
{
    emulator service;
    for (form const& where : forms::all) {
        CAPTURE(std::string(where.url));
        if ((where.bit & (azure | github)) == 0)
            continue;
        run(annotated_answers(service, where.url, "prompt_filter_results"));
        run(annotated_answers(service, where.url, "prompt_annotations"));
    }
}

TEST_CASE("content filter: a verdict of another shape, or with a severity that is new, is kept as it came")
{
    emulator service;
    run(strange_blocklists(service));
}

// ---- Answers that are blocked

asio::awaitable<void> blocked_output(emulator& service)
{
    std::string const own_words =
        R"({"object":"chat.completion","choices":[{"index":0,"finish_reason":"content_filter","message":{"role":"assistant",)"
        R"("content":""},"content_filter_results":{"error":{"code":"content_filter","message":"The output was held back."}}}]})";
    std::string const one_verdict =
        R"({"object":"chat.completion","choices":[{"index":0,"finish_reason":"content_filter","message":{"role":"assistant",)"
        R"("content":""},"content_filter_results":{"violence":{"filtered":true,"severity":"high"}}}]})";
    for (char const* const url : foundry_test::urls) {
        CAPTURE(url);
        foundry::client<> client =
            client_of(co_await asio::this_coro::executor, service, url, foundry_test::limited(service));
        foundry::chat_request const request = forms::question();
        for (bool const as_stream : {false, true}) {
            for (std::string const& body : {own_words, one_verdict}) {
                answer next = answer::json(400, body);
                service.queue(std::move(next));
                std::optional<foundry::error> failed;
                try {
                    if (as_stream)
                        static_cast<void>(co_await client.stream(request));
                    else
                        static_cast<void>(co_await client.complete(request));
                } catch (foundry::error const& e) {
                    failed = e;
                }
                REQUIRE(failed.has_value());
                CHECK(failed->code() == errc::content_filter);
                CHECK(failed->service_code() == "content_filter");
                if (&body == &own_words || body == own_words)
                    CHECK(failed->message() == "The output was held back.");
                else
                    CHECK(failed->content_filter().find("violence")->severity == foundry::filter_severity::high);
            }
        }
    }
}

TEST_CASE("content filter: an output that is blocked with status 400 says what blocked it, on every form")
{
    foundry_test::queued::play(&blocked_output);
}

} // namespace foundry_test::content_filter_test
