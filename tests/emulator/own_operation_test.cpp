// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// An operation that the library does not have costs a described request, a described response and a row: nothing else changes.

#include "support/fixture.hpp"

#include <foundry/call.hpp>
#include <foundry/detail/call/operation.hpp>
#include <foundry/detail/call/request_builder.hpp>

#include <boost/describe/class.hpp>
#include <doctest/doctest.h>

namespace foundry_test::own_operation_test {

using foundry::testing::emulator;

struct rerank_request
{
    rerank_request() = default;

    std::optional<std::string> model;
    std::string query;
    std::vector<std::string> documents;
    std::optional<std::int64_t> top_n;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(rerank_request, (), (model, query, documents, top_n, extra))

struct rerank_result
{
    rerank_result() = default;

    std::int64_t index = 0;
    double relevance_score = 0;
};
BOOST_DESCRIBE_STRUCT(rerank_result, (), (index, relevance_score))

struct rerank_response : foundry::answer
{
    rerank_response() = default;

    std::string id;
    std::vector<rerank_result> results;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(rerank_response, (), (id, results, extra))

constexpr std::string_view rerank_members[] = {"model", "query", "documents", "top_n"};
constexpr foundry::detail::operation rerank{
    .path = "rerank",
    .in_azure_openai = false,
    .default_model = &foundry::options::default_model,
    .models_api_members = rerank_members,
    .telemetry_name = "rerank",
};

asio::awaitable<rerank_response> send(foundry::client<> const& client, rerank_request const& request)
{
    auto pending = std::make_shared<foundry::detail::pending_request>(foundry::detail::prepare(
        foundry::detail::state_of(client), rerank, request, foundry::call_options(), +[](rerank_request const& r) {
            if (r.documents.empty())
                throw foundry::error(foundry::errc::invalid_argument, "documents is empty");
        }));
    return foundry::detail::fetch_json_as<rerank_response>(std::move(pending));
}

foundry::testing::answer ranking()
{
    return foundry::testing::answer::json(
        200, R"({"id":"r-1","results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.1}]})");
}

rerank_request ask()
{
    rerank_request request;
    request.query = "feet in a mile";
    request.documents = {"a song", "a mile has 5,280 feet"};
    return request;
}

asio::awaitable<void> rank(emulator& service)
{
    foundry::options with = trusting(service);
    with.default_model = "rerank-v3.5";
    foundry::client<> const client(co_await asio::this_coro::executor,
                                   at(service, "https://contoso.services.ai.azure.com/models"),
                                   foundry::api_key{service.api_key()}, with);
    service.queue(ranking());
    rerank_request request = ask();
    rerank_response reply = co_await send(client, request);
    REQUIRE(reply.results.size() == 2);
    CHECK(reply.results[0].index == 1);
    CHECK(reply.results[0].relevance_score == 0.9);
    CHECK(reply.info().status() == 200);
    foundry::testing::recorded_request sent = service.journal().back();
    CHECK(sent.target == "/models/rerank?api-version=2024-05-01-preview");
    CHECK(sent.header("extra-parameters") == std::nullopt);
    CHECK(sent.body ==
          R"({"model":"rerank-v3.5","query":"feet in a mile","documents":["a song","a mile has 5,280 feet"]})");

    request.extra["return_documents"] = true; // what the row does not name is an extra parameter
    service.queue(ranking());
    reply = co_await send(client, request);
    CHECK(service.journal().back().header("extra-parameters") == "pass-through");

    service.queue(foundry::testing::answer::json(200, R"({"error":{"code":"quota","message":"none left"}})"));
    foundry::error const in_band = co_await failure_of(send(client, request));
    CHECK(in_band.message() == "none left");

    request.documents.clear();
    foundry::error const empty = co_await failure_of(send(client, request));
    CHECK(empty.code() == foundry::errc::invalid_argument);

    foundry::client<> const v1(co_await asio::this_coro::executor,
                               at(service, "https://contoso.openai.azure.com/openai/v1"),
                               foundry::api_key{service.api_key()}, with);
    foundry::error const refused = co_await failure_of(send(v1, ask()));
    CHECK(refused.code() == foundry::errc::invalid_argument);
    CHECK(std::string_view(refused.what()).find("which has no rerank") != std::string_view::npos);
}

TEST_CASE("operation table: a row, a described request and a described response make an operation")
{
    emulator service(unchecked());
    run(rank(service));
}

} // namespace foundry_test::own_operation_test
