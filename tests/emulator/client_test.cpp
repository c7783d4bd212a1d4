// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/environment.hpp"
#include "support/plain_calls.hpp"

#include <foundry/client_from_environment.hpp>

#include <map>

namespace foundry_test::client_test {

/// Counts the tokens that it gives.
struct counting_credential
{
    std::string token;
    std::shared_ptr<int> given = std::make_shared<int>(0);

    asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        ++*given;
        co_return foundry::access_token(token, std::chrono::system_clock::now() + std::chrono::hours{1});
    }
};

asio::awaitable<void> act_for_two_users(emulator& service)
{
    counting_credential first{"token-of-the-first"};
    counting_credential second{"token-of-the-second"};
    foundry::client const client(co_await asio::this_coro::executor, at(service, v1_url), first, trusting(service));
    foundry::client<counting_credential> const other = client.with_credential(second);
    foundry::client<foundry::api_key> const keyed = client.with_credential(foundry::api_key{service.api_key()});

    for (int i = 0; i != 2; ++i) {
        service.queue(answer::json(200, R"({"choices":[{"index":0,"message":{"role":"assistant","content":"a"}}]})"));
        static_cast<void>(co_await client.complete(question()));
        CHECK(service.journal().back().header("authorization") == "Bearer token-of-the-first");
        service.queue(answer::json(200, R"({"choices":[{"index":0,"message":{"role":"assistant","content":"a"}}]})"));
        static_cast<void>(co_await other.complete(question()));
        CHECK(service.journal().back().header("authorization") == "Bearer token-of-the-second");
        static_cast<void>(co_await keyed.complete(question()));
        CHECK(service.journal().back().header("authorization") == std::nullopt);
        CHECK(service.journal().back().header("api-key") == service.api_key());
    }
    CHECK(*first.given == 1);
    CHECK(*second.given == 1);
    CHECK(service.connections() == 1);
    CHECK(other.endpoint().url() == client.endpoint().url());
    CHECK(other.settings().timeouts.total == client.settings().timeouts.total);
}

asio::awaitable<void> ask_from_environment(std::string& text)
{
    foundry::client<> const client = foundry::client_from_environment(co_await asio::this_coro::executor);
    foundry::chat_request request;
    request.user("How many feet are in a mile?");
    foundry::chat_completion const reply = co_await client.complete(request);
    text = reply.text();
}

TEST_CASE("client: with_credential() shares connections and options, and no token")
{
    emulator service(unchecked());
    run(act_for_two_users(service));
}

TEST_CASE("client: with_credential() refuses a credential that would travel in plain text")
{
    asio::io_context context;
    foundry::client const open(context, foundry::endpoint{"http://gpu-box:8000/v1", foundry::allow_plain_http()},
                               foundry::no_credential());
    CHECK_THROWS_AS(open.with_credential(foundry::api_key{"0123456789"}), foundry::error);
}

TEST_CASE("client_from_environment: endpoint, key and model come from variables")
{
    emulator service;
    std::string const url = "http://127.0.0.1:" + std::to_string(service.plain_port()) + "/v1";
    environment const endpoint("AZURE_AI_ENDPOINT", url.c_str());
    environment const key("AZURE_AI_API_KEY", service.api_key().c_str());
    environment const model("AZURE_AI_MODEL", "gpt-4o-mini");
    std::string text;
    run(ask_from_environment(text));
    CHECK(text.find("5,280") != text.npos);
    CHECK(service.journal().back().header("authorization") == "Bearer " + std::string(service.api_key()));
}

TEST_CASE("client_from_environment: a local server needs no key, and options of the program come first")
{
    environment const endpoint("AZURE_AI_ENDPOINT", "http://localhost:8080/v1");
    environment const key("AZURE_AI_API_KEY", std::nullopt);
    environment const model("AZURE_AI_MODEL", "from-the-environment");
    asio::io_context context;
    foundry::options with;
    with.default_model = "from-the-program";
    foundry::client<> const client = foundry::client_from_environment(context.get_executor(), with);
    CHECK(client.settings().default_model == "from-the-program");
    CHECK(client.endpoint().url() == "http://localhost:8080/v1");
}

TEST_CASE("client_from_environment: without an endpoint the error names the variable")
{
    environment const endpoint("AZURE_AI_ENDPOINT", std::nullopt);
    asio::io_context context;
    try {
        static_cast<void>(foundry::client_from_environment(context.get_executor()));
        FAIL("a client of no endpoint");
    } catch (foundry::error const& e) {
        CHECK(e.code() == foundry::errc::invalid_argument);
        CHECK(std::string_view(e.what()).find("AZURE_AI_ENDPOINT") != std::string_view::npos);
    }
}

} // namespace foundry_test::client_test
