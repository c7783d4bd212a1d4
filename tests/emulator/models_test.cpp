// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The models of a resource: recorded exchanges are gone through again, and each form.

#include "support/kept_members.hpp"
#include "support/plain_calls.hpp"
#include "support/recordings.hpp"

#include <foundry/models.hpp>

namespace foundry_test::models_test {

using foundry::errc;

asio::awaitable<void> repeat(emulator& service, foundry::models const& models, exchange const& e)
{
    service.queue(answer::json(e.status, e.body));
    std::string const path = e.url.substr(e.url.find("/models"));
    std::string const id = path.starts_with("/models/") ? path.substr(8) : "";
    if (e.status == 404) {
        foundry::error const failed = co_await failure_of(models.get(id));
        CHECK(failed.code() == errc::model_not_found);
        CHECK(failed.service_code() == "model_not_found");
    } else if (id.empty()) {
        foundry::base_model_list const all = co_await models.list();
        expect_kept(e.body, all);
        CHECK(all.data.size() > 4);
        CHECK(all.raw() == e.body);
    } else {
        foundry::base_model const one = co_await models.get(id);
        expect_kept(e.body, one);
        CHECK(one.id == id);
    }
    foundry::testing::recorded_request const sent = service.journal().back();
    CHECK(sent.method == "GET");
    CHECK(sent.target.find(e.url.substr(e.url.find("/models"), path.find('?'))) != std::string::npos);
    CHECK(sent.body.empty());
}

TEST_CASE("models: each recorded exchange decodes to what it holds, and its request is the recorded one")
{
    for (char const* const file : {"models_list_retrieve", "models_list_azure_dated_shape"}) {
        for (exchange const& e : load(std::string(FOUNDRY_TEST_DATA "/job_recordings/") + file + ".json")) {
            CAPTURE(e.name);
            bool const is_dated = e.url.find("api-version") != e.url.npos;
            run([](exchange const& one, char const* url) -> asio::awaitable<void> {
                emulator service(unchecked());
                foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, url);
                co_await repeat(service, foundry::models{client}, one);
            }(e, is_dated ? dated_url : local_url));
        }
    }
}

asio::awaitable<void> list_and_get(char const* url)
{
    emulator const service;
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, url);
    foundry::models const models{client};
    foundry::base_model_list const all = co_await models.list();
    REQUIRE(!all.data.empty());
    foundry::base_model const one = co_await models.get(all.data.front().id);
    CHECK(one.id == all.data.front().id);
    CHECK((co_await failure_of(models.get("nobody"))).status() == 404);
    CHECK((co_await failure_of(models.get(""))).code() == errc::invalid_argument);
}

TEST_CASE("models: the forms of Azure OpenAI and other servers list them")
{
    for (char const* const url : {v1_url, dated_url, local_url}) {
        CAPTURE(std::string(url));
        run(list_and_get(url));
    }
}

asio::awaitable<void> refused()
{
    emulator const service;
    foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, foundry_url);
    foundry::error const e = co_await failure_of(foundry::models{client}.list());
    CHECK(e.code() == errc::invalid_argument);
    CHECK(std::string(e.what()).find("/openai/v1") != std::string::npos);
}

TEST_CASE("models: a Foundry Models endpoint has no list, and the error names the one that has") { run(refused()); }

} // namespace foundry_test::models_test
