// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Limits of requests and tokens a minute, and what a request beyond them gets on each form.

#include "support/batch_jobs.hpp"
#include "support/plain_calls.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

namespace foundry_test::rate_limits_test {

using namespace std::chrono_literals;
using foundry::testing::emulator_options;

emulator_options limited_to(std::uint64_t requests, std::uint64_t tokens)
{
    emulator_options made;
    made.requests_per_minute = requests;
    made.tokens_per_minute = tokens;
    return made;
}

/// The second of two requests to a deployment that admits one a minute.
response beyond_one(std::string const& host, std::string const& target, emulator_options const& how = limited_to(1, 0))
{
    emulator const service(how);
    raw_client client(service, host);
    auto const headers = raw_client::bearer + raw_client::key + raw_client::type;
    CHECK(client.call("POST", target, headers, ask("hello", "", "gpt-4o")).status == 200);
    return client.call("POST", target, headers, ask("hello", "", "gpt-4o"));
}

bool is_nearly_a_minute(std::string const& seconds) { return std::stoi(seconds) > 30 && std::stoi(seconds) <= 60; }

/// A 429 soon after a window has begun. Returns the seconds to wait.
std::string check_wait(response const& refused)
{
    CHECK(refused.status == 429);
    auto const seconds = refused.header("retry-after");
    CHECK(is_nearly_a_minute(seconds));
    CHECK((std::stoi(refused.header("retry-after-ms")) + 999) / 1000 == std::stoi(seconds));
    return seconds;
}

TEST_CASE("emulator: a request beyond the limit gets a 429 of Azure OpenAI on its forms")
{
    for (auto const& [target, under] :
         {std::pair(dated, "Azure OpenAI API version 2024-10-21"), std::pair(v1, "OpenAI Language Model Instance API"),
          std::pair(std::string("/api/projects/p/openai/v1/chat/completions"), "OpenAI Language Model Instance API")}) {
        CAPTURE(target);
        auto const refused = beyond_one("localhost", target);
        auto const seconds = check_wait(refused);
        CHECK(refused.body == R"({"error":{"code":"RateLimitReached","message":"Your requests to gpt-4o for gpt-4o in )"
                              R"(East US 2 have exceeded the call rate limit for your current OpenAI S0 pricing tier. )"
                              R"(This request was for ChatCompletions_Create under )" +
                                  std::string(under) + ". Please retry after " + seconds +
                                  R"( seconds. To increase your default rate limit, visit: )"
                                  R"(https://aka.ms/oai/quotaincrease."}})");
        CHECK(refused.header("x-ratelimit-limit-requests") == "1");
        CHECK(refused.header("x-ratelimit-remaining-requests") == "0");
        CHECK(is_nearly_a_minute(refused.header("x-ratelimit-reset-requests")));
        CHECK(refused.header("x-ratelimit-limit-tokens").empty());
        CHECK(refused.header("apim-request-id").size() == 36);
    }
}

TEST_CASE("emulator: a 429 of Foundry Models has the recorded words and no x-ratelimit headers")
{
    auto options = limited_to(1, 0);
    options.serverless_model = "gpt-4o";
    for (std::string const host : {"localhost", "llama.eastus2.models.ai.azure.com"}) {
        CAPTURE(host);
        auto const chat = host == "localhost" ? models : "/chat/completions?api-version=2024-05-01-preview";
        auto const refused = beyond_one(host, chat, options);
        check_wait(refused);
        CHECK(refused.body ==
              R"({"error":{"code":"RateLimitReached","message":"Your requests to gpt-4o for gpt-4o in eastus2 have )"
              R"(exceeded rate limit.","details":"Your requests to gpt-4o for gpt-4o in eastus2 have exceeded rate )"
              R"(limit."}})");
        CHECK(refused.head.find("x-ratelimit-") == std::string::npos);
    }
}

TEST_CASE("emulator: a 429 of GitHub Models names the limit of the user")
{
    auto const refused = beyond_one("models.github.ai", "/inference/chat/completions");
    auto const seconds = check_wait(refused);
    std::string const words = "Rate limit of 1 per 60s exceeded for UserByModelByMinute. Please wait " + seconds +
                              " seconds before retrying.";
    CHECK(refused.body ==
          R"({"error":{"code":"RateLimitReached","message":")" + words + R"(","details":")" + words + "\"}}");
}

TEST_CASE("emulator: a 429 of a compatible server is OpenAI's, or that of the local server")
{
    std::string const target = "/v1/chat/completions";
    auto const refused = beyond_one("localhost", target);
    check_wait(refused);
    auto const error = refused.parsed().at("error");
    CHECK(error.at("type") == "requests");
    CHECK(error.at("param").is_null());
    CHECK(error.at("code") == "rate_limit_exceeded");
    CHECK(refused.has("Rate limit reached for gpt-4o in organization org-emulator on requests per min (RPM): "
                      "Limit 1, Used 1, Requested 1. Please try again in " +
                      refused.header("x-ratelimit-reset-requests") + ". Visit"));
    CHECK(refused.header("x-ratelimit-reset-requests").back() == 's');
    CHECK(refused.header("apim-request-id").empty());

    auto local = limited_to(1, 0);
    local.local = foundry::testing::local_server::vllm();
    auto const bare = beyond_one("localhost", target, local).parsed();
    CHECK(bare.at("object") == "error");
    CHECK(bare.at("type") == "RateLimitError");
    CHECK(bare.at("code") == 429);
}

TEST_CASE("emulator: responses under a limit say what is left of it, and of each deployment by itself")
{
    emulator const service(limited_to(3, 1000));
    raw_client client(service);
    auto const first = client.post(v1, ask("12345678", R"(,"max_tokens":90)"));
    CHECK(first.status == 200);
    CHECK(first.header("x-ratelimit-limit-requests") == "3");
    CHECK(first.header("x-ratelimit-remaining-requests") == "2");
    CHECK(first.header("x-ratelimit-limit-tokens") == "1000");
    CHECK(first.header("x-ratelimit-remaining-tokens") == "908");
    CHECK(is_nearly_a_minute(first.header("x-ratelimit-reset-tokens")));
    CHECK(first.header("retry-after").empty());
    CHECK(client.post(v1, ask("123456789", R"(,"stream":true)")).header("x-ratelimit-remaining-tokens") == "905");
    CHECK(client.post(v1, ask("a", R"(,"temperature":9)")).header("x-ratelimit-remaining-requests") == "0");
    CHECK(client.post(v1, ask("a")).status == 429);
    CHECK(client.post(models, ask("a", "", "GPT-4O")).header("x-ratelimit-remaining-requests") == "2");
    CHECK(client.post(dated, ask("a")).header("x-ratelimit-remaining-requests") == "1");
    CHECK(client.call("GET", "/openai/v1/models", raw_client::key, "").head.find("x-ratelimit-") == std::string::npos);
}

TEST_CASE("emulator: the tokens of a request are a quarter of its text, and those that it asks for")
{
    struct sample
    {
        std::string operation;
        std::string body;
        int tokens;
    };
    std::string const embedding = R"({"model":"text-embedding-3-small","input":)";
    std::vector<sample> const samples = {
        {"chat/completions", ask("12345678", R"(,"max_completion_tokens":20)", "gpt-4o"), 22},
        {"chat/completions",
         R"({"model":"gpt-4o","messages":[{"role":"system","content":"1234"},{"role":"user","content":[)"
         R"({"type":"text","text":"12345678"},{"type":"image_url","image_url":{"url":"https://a.com/b.png"}}]}]})",
         3},
        {"completions", R"({"model":"gpt-35-turbo-instruct","prompt":["1234","1234"],"max_tokens":5})", 7},
        {"embeddings", embedding + R"(["1234","12345"]})", 3},
        {"embeddings", embedding + "[11,12,13]}", 3},
        {"responses", R"({"model":"gpt-4o","input":"1234","instructions":"1234","max_output_tokens":16})", 18},
        {"responses",
         R"({"model":"gpt-4o","input":[{"role":"user","content":[{"type":"input_text","text":"12345"}]}]})", 2}};
    for (auto const& one : samples) {
        CAPTURE(one.body);
        emulator const service(limited_to(0, 1000));
        raw_client client(service);
        auto const made = client.post("/openai/v1/" + one.operation, one.body);
        CAPTURE(made.body);
        CHECK(made.status == 200);
        CHECK(made.header("x-ratelimit-remaining-tokens") == std::to_string(1000 - one.tokens));
    }
}

TEST_CASE("emulator: a request beyond the limit of tokens is refused as such, and a smaller one is served")
{
    emulator const service(limited_to(0, 100));
    raw_client client(service);
    CHECK(client.post(v1, ask("1234", R"(,"max_tokens":69)")).status == 200);
    auto const refused = client.post(v1, ask("1234", R"(,"max_tokens":30)"));
    check_wait(refused);
    CHECK(refused.has("have exceeded the token rate limit for"));
    CHECK(refused.header("x-ratelimit-remaining-tokens") == "30");
    CHECK(client.post(v1, ask("1234", R"(,"max_tokens":29)")).status == 200);

    auto const too_large = client.post("/v1/chat/completions", ask("a", R"(,"max_tokens":100)", "gpt-4o"));
    CHECK(too_large.status == 429);
    CHECK(too_large.header("retry-after") == "86400");
    CHECK(too_large.parsed().at_pointer("/error/type") == "tokens");
    CHECK(too_large.has("on tokens per min (TPM): Limit 100, Used 0, Requested 101."));
}

TEST_CASE("emulator: responses of the dated form count for the deployment in the body, and name the version")
{
    emulator const service(limited_to(1, 0));
    raw_client client(service);
    auto const target = "/openai/responses?api-version=2025-04-01-preview";
    std::string const body = R"({"model":"gpt-4o","input":"hello"})";
    CHECK(client.post(target, body).status == 200);
    CHECK(client.post(target, body).has("Responses_Create under Azure OpenAI API version 2025-04-01-preview."));
}

TEST_CASE("emulator: without limits responses have no x-ratelimit-limit, and no request is refused")
{
    emulator const service;
    raw_client client(service);
    for (int i = 0; i != 20; ++i) {
        auto const made = client.post(v1, ask("a", R"(,"max_tokens":2000000000)"));
        CHECK(made.status == 200);
        CHECK(made.header("x-ratelimit-limit-requests").empty());
        CHECK(!made.header("x-ratelimit-remaining-requests").empty());
    }
}

TEST_CASE("emulator: defined answers and the rows of batches do not count")
{
    emulator service(limited_to(1, 0));
    raw_client client(service);
    service.queue(answer::chat("mine"));
    auto const defined = client.post(v1, ask("a"));
    CHECK(content_of(defined) == "mine");
    CHECK(defined.head.find("x-ratelimit-") == std::string::npos);
    auto const job = run_rows(client, v1_jobs, row("1", ask("a")) + row("2", ask("a")) + row("3", ask("a")));
    CHECK(job.at_pointer("/request_counts/completed") == 3);
    CHECK(client.post(v1, ask("a")).status == 200);
    CHECK(client.post(v1, ask("a")).status == 429);
}

TEST_CASE("emulator: after a short window the limit is whole again, and the wait is in milliseconds only")
{
    auto options = limited_to(1, 0);
    options.rate_window = 300ms;
    emulator const service(options);
    raw_client client(service);
    CHECK(client.post(v1, ask("a")).status == 200);
    auto const refused = client.post(v1, ask("a"));
    REQUIRE(refused.status == 429);
    CHECK(refused.header("retry-after").empty());
    CHECK(refused.header("x-ratelimit-reset-requests") == "0");
    CHECK(refused.has("Please retry after 1 second."));
    std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(refused.header("retry-after-ms"))));
    CHECK(client.post(v1, ask("a")).status == 200);
}

asio::awaitable<void> ask_five_times(emulator const& service)
{
    foundry::options how = limited(service);
    how.retry.max_retries = 10;
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, v1_url, how);
    for (int i = 0; i != 5; ++i)
        co_await client.complete(question());
}

TEST_CASE("emulator: a client that waits as it is told gets every response")
{
    auto options = limited_to(2, 0);
    options.rate_window = 100ms;
    emulator const service(options);
    run(ask_five_times(service));
    auto const sent = service.requests();
    CHECK(sent >= 6);
    CHECK(sent <= 8);
}

} // namespace foundry_test::rate_limits_test
