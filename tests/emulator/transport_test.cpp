// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What goes over the wire besides the question: credentials, headers, paths; and what outlives its client.

#include "support/plain_calls.hpp"

#include <foundry/token_credential.hpp>

#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::transport_test {

using foundry::errc;
using foundry::testing::recorded_request;

/// The request that a call to this endpoint makes; what is answered is of no matter.
asio::awaitable<recorded_request> request_of(emulator& service, foundry::endpoint where, foundry::any_credential who,
                                             foundry::options with, foundry::chat_request request,
                                             foundry::call_options call)
{
    auto const executor = co_await asio::this_coro::executor;
    where.connect_to("127.0.0.1", where.secure() ? service.tls_port() : service.plain_port());
    foundry::client<> client(executor, std::move(where), std::move(who), std::move(with));
    service.clear_journal();
    queue(service, answer::json(200, completion_text("fine")));
    foundry::chat_completion const reply = co_await client.complete(request, call);
    CHECK(reply.text() == "fine");
    std::vector<recorded_request> const journal = service.journal();
    REQUIRE(journal.size() == 1);
    CHECK(reply.info().client_request_id() == journal.front().header("x-ms-client-request-id").value_or(""));
    co_return journal.front();
}

asio::awaitable<void> store_request(recorded_request& into, emulator& service, foundry::endpoint where,
                                    foundry::any_credential who, foundry::options with, foundry::chat_request request,
                                    foundry::call_options call)
{
    into = co_await request_of(service, std::move(where), std::move(who), std::move(with), std::move(request),
                               std::move(call));
}

/// The blocking form, for what needs no coroutine of its own.
struct asking
{
    explicit asking(emulator& s) : service(s), with(limited(s)), who(foundry::api_key{"a-key"}), request(question()) {}

    recorded_request send(std::string_view url)
    {
        recorded_request sent;
        run(store_request(sent, service, foundry::endpoint{url}, who, with, request, call));
        return sent;
    }

    emulator& service;
    foundry::options with;
    foundry::any_credential who;
    foundry::chat_request request;
    foundry::call_options call;
};

std::string header(recorded_request const& r, std::string_view name)
{
    return std::string(r.header(name).value_or("(none)"));
}

std::size_t count(recorded_request const& r, std::string_view name)
{
    return static_cast<std::size_t>(std::count_if(r.headers.begin(), r.headers.end(), [name](auto const& field) {
        return std::equal(field.first.begin(), field.first.end(), name.begin(), name.end(),
                          [](char a, char b) { return (a | 32) == (b | 32); });
    }));
}

boost::json::object body_of(recorded_request const& r) { return boost::json::parse(r.body).as_object(); }

TEST_CASE("request: the host, SNI and path are the URL's, wherever the socket leads")
{
    emulator service;
    asking a(service);
    recorded_request const plain_port = a.send("https://Contoso.OpenAI.azure.com/openai/v1/");
    CHECK(plain_port.tls);
    CHECK(plain_port.sni == "contoso.openai.azure.com");
    CHECK(plain_port.host == "contoso.openai.azure.com");
    CHECK(plain_port.method == "POST");
    CHECK(plain_port.target == "/openai/v1/chat/completions");
    recorded_request const other_port = a.send("https://contoso.openai.azure.com:8443/openai/v1");
    CHECK(other_port.sni == "contoso.openai.azure.com");
    CHECK(other_port.host == "contoso.openai.azure.com:8443");
    recorded_request const local = a.send("http://localhost:8080/v1");
    CHECK(!local.tls);
    CHECK(local.host == "localhost:8080");
    CHECK(local.target == "/v1/chat/completions");
    recorded_request const models = a.send(foundry_url);
    CHECK(models.target == "/models/chat/completions?api-version=2024-05-01-preview");
    recorded_request const dated = a.send(dated_url);
    CHECK(dated.target == "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21");
}

TEST_CASE("request: a request is framed by its length and says what it holds")
{
    emulator service;
    asking a(service);
    for (char const* const url : urls) {
        recorded_request const sent = a.send(url);
        CHECK(header(sent, "Content-Length") == std::to_string(sent.body.size()));
        CHECK(header(sent, "Content-Type") == "application/json");
        CHECK(count(sent, "Content-Type") == 1);
        CHECK(count(sent, "Host") == 1);
        CHECK(count(sent, "Accept-Encoding") == 0);
        CHECK(count(sent, "Transfer-Encoding") == 0);
        CHECK(!body_of(sent).contains("stream"));
    }
}

TEST_CASE("api key: sent in the header that the endpoint expects")
{
    emulator service;
    asking a(service);
    for (char const* const url :
         {foundry_url, v1_url, dated_url, "https://contoso.cognitiveservices.azure.com/openai/v1",
          "https://contoso.azure-api.net/openai/v1"}) {
        CAPTURE(std::string(url));
        recorded_request const sent = a.send(url);
        CHECK(header(sent, "api-key") == "a-key");
        CHECK(header(sent, "authorization") == "(none)");
    }
    for (char const* const url :
         {local_url, "https://m.eastus2.models.ai.azure.com", "https://models.github.ai/inference",
          "https://m.eastus2.inference.ml.azure.com/score"}) {
        CAPTURE(std::string(url));
        recorded_request const sent = a.send(url);
        CHECK(header(sent, "authorization") == "Bearer a-key");
        CHECK(header(sent, "api-key") == "(none)");
    }
}

TEST_CASE("api key: a header that frames or routes the request is rejected")
{
    for (char const* const name : {"Content-Length", "host", "Transfer-Encoding", "Connection", "TE", "Trailer",
                                   "Upgrade", "Proxy-Authorization", "a b", ""})
        CHECK_THROWS_AS(foundry::api_key("a-key", std::string(name)), foundry::error);
    for (char const* const name : {"x-good", "api-key", "Authorization"})
        CHECK_NOTHROW(foundry::api_key("a-key", std::string(name)));
}

TEST_CASE("api key: sent in the header that the program sets")
{
    emulator service;
    asking a(service);
    a.who = foundry::api_key("a-key", foundry::key_header::both);
    for (char const* const url : {foundry_url, local_url}) {
        recorded_request const both = a.send(url);
        CHECK(header(both, "api-key") == "a-key");
        CHECK(header(both, "authorization") == "Bearer a-key");
    }
    a.who = foundry::api_key("a-key", foundry::key_header::bearer);
    recorded_request const bearer = a.send(foundry_url);
    CHECK(header(bearer, "authorization") == "Bearer a-key");
    CHECK(header(bearer, "api-key") == "(none)");
    a.who = foundry::api_key("a-key", foundry::key_header::api_key);
    recorded_request const own = a.send(local_url);
    CHECK(header(own, "api-key") == "a-key");
    CHECK(header(own, "authorization") == "(none)");
    a.who = foundry::api_key("a-key", std::string("Ocp-Apim-Subscription-Key"));
    recorded_request const named = a.send(foundry_url);
    CHECK(header(named, "ocp-apim-subscription-key") == "a-key");
    CHECK(header(named, "api-key") == "(none)");
    CHECK(header(named, "authorization") == "(none)");
    a.who = foundry::bearer_token("a-token");
    recorded_request const token = a.send(foundry_url);
    CHECK(header(token, "authorization") == "Bearer a-token");
    CHECK(header(token, "api-key") == "(none)");
    a.who = foundry::no_credential{};
    recorded_request const none = a.send(foundry_url);
    CHECK(header(none, "authorization") == "(none)");
    CHECK(header(none, "api-key") == "(none)");
}

/// A user's own credential.
struct counting_credential
{
    struct record
    {
        int calls = 0;
        std::vector<std::string> scopes;
        std::string token = "my-token";
        std::chrono::minutes lifetime{60};
    };

    asio::awaitable<foundry::access_token> get_token(foundry::token_request request)
    {
        ++seen->calls;
        seen->scopes.push_back(request.scope);
        foundry::access_token token(seen->token + std::to_string(seen->calls),
                                    std::chrono::system_clock::now() + seen->lifetime);
        co_return token;
    }

    std::shared_ptr<record> seen = std::make_shared<record>();
};

asio::awaitable<void> call_with_tokens(emulator& service, char const* url, counting_credential credential)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options const with = limited(service);
    foundry::client<counting_credential> const typed(executor, at(service, url), credential, with);
    foundry::client<> client = typed;
    co_await goes_on(service, client);
    foundry::client<> copy = client;
    co_await goes_on(service, copy);
}

TEST_CASE("token: requested once for the endpoint's scope, and sent as a bearer")
{
    for (auto const& [url, scope] :
         {std::pair(foundry_url, "https://cognitiveservices.azure.com/.default"),
          std::pair(dated_url, "https://cognitiveservices.azure.com/.default"),
          std::pair("https://contoso.services.ai.azure.com/api/projects/p/openai/v1", "https://ai.azure.com/.default"),
          std::pair("https://m.eastus2.models.ai.azure.com", "https://ml.azure.com/.default")}) {
        CAPTURE(std::string(url));
        emulator service;
        counting_credential const credential;
        run(call_with_tokens(service, url, credential));
        CHECK(credential.seen->calls == 1);
        CHECK(credential.seen->scopes == std::vector<std::string>{scope});
        std::vector<recorded_request> const journal = service.journal();
        REQUIRE(journal.size() == 2);
        for (recorded_request const& sent : journal) {
            CHECK(header(sent, "authorization") == "Bearer my-token1");
            CHECK(header(sent, "api-key") == "(none)");
        }
    }
}

TEST_CASE("token: one that has expired is requested again")
{
    emulator service;
    counting_credential const credential;
    credential.seen->lifetime = std::chrono::minutes{0};
    run(call_with_tokens(service, foundry_url, credential));
    CHECK(credential.seen->calls == 2);
    std::vector<recorded_request> const journal = service.journal();
    REQUIRE(journal.size() == 2);
    CHECK(header(journal[0], "authorization") == "Bearer my-token1");
    CHECK(header(journal[1], "authorization") == "Bearer my-token2");
}

asio::awaitable<void> bad_token(emulator& service, counting_credential credential)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options const with = limited(service);
    foundry::client<counting_credential> const client(executor, at(service, foundry_url), credential, with);
    foundry::chat_request const request = question();
    foundry::error const failed = co_await failure_of(client.complete(request));
    CHECK(failed.code() == errc::invalid_argument);
    CHECK(std::string(failed.what()).find("Injected") == std::string::npos);
    CHECK(std::string(failed.what()).find("token") != std::string::npos);
    CHECK(service.connections() == 0);
}

TEST_CASE("token: one with a line break is rejected, and nothing is sent")
{
    emulator service;
    counting_credential const credential;
    credential.seen->token = "my-token\r\nInjected: ";
    run(bad_token(service, credential));
}

TEST_CASE("request: x-ms-client-request-id is generated, given or absent")
{
    emulator service;
    asking a(service);
    std::set<std::string> ids;
    for (int i = 0; i != 3; ++i) {
        std::string const id = header(a.send(foundry_url), "x-ms-client-request-id");
        REQUIRE(id.size() == 36);
        CHECK(id[8] == '-');
        CHECK(id[14] == '4');
        ids.insert(id);
    }
    CHECK(ids.size() == 3);
    a.call.client_request_id = "mine";
    CHECK(header(a.send(foundry_url), "x-ms-client-request-id") == "mine");
    a.call.client_request_id = "";
    CHECK(header(a.send(foundry_url), "x-ms-client-request-id") == "(none)");
    a.call.client_request_id.reset();
    a.with.client_request_ids = false;
    CHECK(header(a.send(foundry_url), "x-ms-client-request-id") == "(none)");
    a.call.client_request_id = "mine";
    CHECK(header(a.send(foundry_url), "x-ms-client-request-id") == "mine");
}

TEST_CASE("request: User-Agent is the library's, a given one, or absent")
{
    emulator service;
    asking a(service);
    CHECK(header(a.send(foundry_url), "User-Agent") == "foundry-cpp/0.2");
    a.with.user_agent = "mine/1";
    CHECK(header(a.send(foundry_url), "User-Agent") == "mine/1");
    a.call.headers.emplace_back("user-agent", "this call's/2");
    recorded_request const sent = a.send(foundry_url);
    CHECK(header(sent, "User-Agent") == "this call's/2");
    CHECK(count(sent, "user-agent") == 1);
    a.call.headers.clear();
    a.with.user_agent.clear();
    CHECK(header(a.send(foundry_url), "User-Agent") == "(none)");
}

TEST_CASE("request: headers of the endpoint, the client and the call are all sent")
{
    emulator service;
    asking a(service);
    foundry::endpoint where{foundry_url};
    where.add_header("x-endpoint", "1").add_query("region", "east us");
    a.with.headers.emplace_back("x-client", "2");
    a.call.headers.emplace_back("X-Call", "3");
    recorded_request sent;
    run(store_request(sent, service, where, a.who, a.with, a.request, a.call));
    CHECK(header(sent, "x-endpoint") == "1");
    CHECK(header(sent, "x-client") == "2");
    CHECK(header(sent, "x-call") == "3");
    CHECK(sent.target == "/models/chat/completions?api-version=2024-05-01-preview&region=east%20us");
}

TEST_CASE("extra parameters: a Foundry Models endpoint gets the header extra-parameters")
{
    emulator service;
    asking a(service);
    CHECK(header(a.send(foundry_url), "extra-parameters") == "(none)");
    a.request.temperature = 0.5;
    a.request.max_tokens = 10;
    a.request.stop.push_back("x");
    a.request.seed = 1;
    CHECK(header(a.send(foundry_url), "extra-parameters") == "(none)");

    void (*const extras[])(foundry::chat_request&) = {
        [](foundry::chat_request& r) { r.max_completion_tokens = 5; },
        [](foundry::chat_request& r) { r.n = 1; },
        [](foundry::chat_request& r) { r.user_ = "me"; },
        [](foundry::chat_request& r) { r.parallel_tool_calls = false; },
        [](foundry::chat_request& r) { r.reasoning_effort = foundry::reasoning_effort::low; },
        [](foundry::chat_request& r) { r.stream_options.emplace().include_usage = true; },
        [](foundry::chat_request& r) { r.metadata["a"] = "b"; },
        [](foundry::chat_request& r) { r.logit_bias["1"] = 2; },
        [](foundry::chat_request& r) { r.extra["top_k"] = 40; },
    };
    for (auto const extra : extras) {
        foundry::chat_request const before = a.request;
        extra(a.request);
        CAPTURE(a.request.to_json());
        CHECK(header(a.send(foundry_url), "extra-parameters") == "pass-through");
        CHECK(header(a.send("https://m.eastus2.models.ai.azure.com"), "extra-parameters") == "pass-through");
        for (char const* const url : {v1_url, dated_url, local_url})
            CHECK(header(a.send(url), "extra-parameters") == "(none)");
        a.call.extra_parameters = foundry::extra_parameters::error;
        CHECK(header(a.send(foundry_url), "extra-parameters") == "error");
        a.call.extra_parameters = foundry::extra_parameters::drop;
        CHECK(header(a.send(foundry_url), "extra-parameters") == "drop");
        for (char const* const url : {v1_url, dated_url, local_url})
            CHECK(header(a.send(url), "extra-parameters") == "(none)");
        a.call.extra_parameters.reset();
        a.request = before;
    }
}

asio::awaitable<void> extras_for_real(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, foundry_url, limited(service));
    foundry::chat_request request = question();
    request.extra["top_k"] = 40;
    foundry::chat_completion const passed = co_await client.complete(request);
    CHECK(!passed.text().empty());
    foundry::call_options call;
    call.extra_parameters = foundry::extra_parameters::drop;
    foundry::chat_completion const dropped = co_await client.complete(request, call);
    CHECK(!dropped.text().empty());
    call.extra_parameters = foundry::extra_parameters::error;
    foundry::error const failed = co_await failure_of(client.complete(request, call));
    CHECK(failed.code() == errc::bad_request);
    CHECK(std::string(failed.what()).find("top_k") != std::string::npos);
    CHECK(failed.advice().find("pass_through") != std::string::npos);
}

TEST_CASE("extra parameters: they are passed through, dropped or rejected as the call says")
{
    emulator service;
    run(extras_for_real(service));
}

TEST_CASE("request: one without a model uses the default model")
{
    emulator service;
    asking a(service);
    a.with.default_model = "gpt-4o";
    a.with.default_embedding_model = "not-this-one";
    CHECK(body_of(a.send(foundry_url)).at("model") == "gpt-4o-mini");
    a.request.model.reset();
    for (char const* const url : {foundry_url, v1_url, local_url})
        CHECK(body_of(a.send(url)).at("model") == "gpt-4o");
    recorded_request const dated = a.send(dated_url);
    CHECK(dated.target.starts_with("/openai/deployments/gpt-4o/chat/completions?"));
    // The URL's deployment comes first.
    recorded_request const fixed = a.send("https://contoso.openai.azure.com/openai/deployments/gpt-35");
    CHECK(fixed.target.starts_with("/openai/deployments/gpt-35/chat/completions?"));
    a.with.default_model.clear();
    CHECK(!body_of(a.send("https://m.eastus2.models.ai.azure.com")).contains("model"));
}

TEST_CASE("request: a deployment is one segment of the path, whatever its name")
{
    emulator service;
    asking a(service);
    a.request.model = "a/b c?d#e\r\nX: y";
    recorded_request const sent = a.send(dated_url);
    CHECK(sent.target == "/openai/deployments/a%2Fb%20c%3Fd%23e%0D%0AX%3A%20y/chat/completions?api-version=2024-10-21");
}

asio::awaitable<void> mismatch(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client =
        client_of(executor, service, "https://contoso.openai.azure.com/openai/deployments/gpt-4o", limited(service));
    foundry::chat_request const request = question(); // for gpt-4o-mini
    foundry::error const failed = co_await failure_of(client.complete(request));
    CHECK(failed.code() == errc::invalid_argument);
    std::string const said = failed.what();
    CHECK(said.find("'gpt-4o-mini'") != std::string::npos);
    CHECK(said.find("'gpt-4o'") != std::string::npos);
    CHECK(service.connections() == 0);
    foundry::chat_request same = question();
    same.model = "GPT-4o";
    queue(service, answer::json(200, completion_text("fine")));
    foundry::chat_completion const reply = co_await client.complete(same);
    CHECK(reply.text() == "fine");
    foundry::client<> unnamed = client_of(executor, service, dated_url, limited(service));
    foundry::chat_request nothing = question();
    nothing.model.reset();
    foundry::error const missing = co_await failure_of(unnamed.complete(nothing));
    CHECK(missing.code() == errc::invalid_argument);
    CHECK(std::string(missing.what()).find("model") != std::string::npos);
}

TEST_CASE("request: a model other than the URL's deployment is rejected, and nothing is sent")
{
    emulator service;
    run(mismatch(service));
}

// ---- What is left behind

asio::awaitable<foundry::chat_stream> stream_of_a_passing_client(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, foundry_url, limited(service));
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    co_return chunks;
}

asio::awaitable<void> outlive(emulator& service)
{
    queue(service, answer::events(event("a") + event("b") + "data: [DONE]\n\n").chunking({300, 1}));
    foundry::chat_stream chunks = co_await stream_of_a_passing_client(service);
    foundry::chat_completion const reply = co_await chunks.collect();
    CHECK(reply.text() == "ab");
    // A call, too: the client is gone before it starts.
    auto const executor = co_await asio::this_coro::executor;
    std::optional<asio::awaitable<foundry::chat_completion>> call;
    {
        foundry::client<> client = client_of(executor, service, foundry_url, limited(service));
        foundry::chat_request const request = question();
        call = client.complete(request);
    }
    queue(service, answer::json(200, completion_text("fine")));
    foundry::chat_completion const late = co_await std::move(*call);
    CHECK(late.text() == "fine");
}

TEST_CASE("lifetime: a stream and a call may outlive their client")
{
    emulator service;
    run(outlive(service));
    CHECK(service.wait_for_open_at_most(0, long_enough));
}

// ---- What came with the answer

asio::awaitable<void> heads(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, foundry_url, limited(service));
    foundry::chat_request const request = question();
    foundry::call_options call;
    call.client_request_id = "mine";
    answer next = answer::json(200, completion_text("fine"));
    next.header("x-request-id", "r-1").header("apim-request-id", "a-1").header("X-RateLimit-Limit-Requests", "120");
    next.header("x-ratelimit-limit-tokens", "120000").header("x-ratelimit-remaining-requests", "-1");
    next.header("x-ratelimit-remaining-tokens", "119986").header("x-ratelimit-reset-requests", "500");
    next.header("x-ratelimit-reset-tokens", "6m0s");
    service.queue(next);
    foundry::chat_completion const reply = co_await client.complete(request, call);
    foundry::response_info const& info = reply.info();
    CHECK(info.status() == 200);
    CHECK(info.request_id() == "r-1");
    CHECK(info.apim_request_id() == "a-1");
    CHECK(info.client_request_id() == "mine");
    CHECK(info.header("X-REQUEST-ID") == "r-1");
    CHECK(info.header("x-none").empty());
    foundry::rate_limits const limits = info.rate_limits();
    CHECK(limits.limit_requests == 120);
    CHECK(limits.limit_tokens == 120000);
    CHECK(!limits.remaining_requests);
    CHECK(limits.remaining_tokens == 119986);
    CHECK(limits.reset_requests == std::chrono::seconds{500});
    CHECK(limits.reset_tokens == std::chrono::minutes{6});
    CHECK(!info.retry_after());
}

asio::awaitable<void> stream_and_error_heads(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, foundry_url, limited(service));
    foundry::chat_request const request = question();
    answer events = answer::events(event("a") + "data: [DONE]\n\n");
    events.header("x-request-id", "r-2").header("x-ratelimit-remaining-tokens", "7");
    service.queue(std::move(events));
    foundry::chat_stream chunks = co_await client.stream(request);
    CHECK(chunks.info().status() == 200);
    CHECK(chunks.info().request_id() == "r-2");
    CHECK(chunks.info().client_request_id().size() == 36);
    CHECK(chunks.info().rate_limits().remaining_tokens == 7);
    foundry::chat_completion const all = co_await chunks.collect();
    CHECK(all.info().request_id() == "r-2");

    answer busy = answer::json(429, R"({"error":{"code":"429","message":"slow down"}})");
    busy.header("x-request-id", "r-3").header("apim-request-id", "a-3").header("Retry-After", "7");
    service.queue(std::move(busy));
    foundry::call_options call;
    call.client_request_id = "mine";
    foundry::error const failed = co_await failure_of(client.complete(request, call));
    CHECK(failed.code() == errc::rate_limited);
    CHECK(failed.status() == 429);
    CHECK(failed.request_id() == "r-3");
    CHECK(failed.apim_request_id() == "a-3");
    CHECK(failed.client_request_id() == "mine");
    CHECK(failed.retry_after() == 7s);
    CHECK(std::string(failed.what()).find("r-3") != std::string::npos);
}

TEST_CASE("response_info: an answer has its status, ids and rate limits")
{
    emulator service;
    run(heads(service));
}

TEST_CASE("response_info: a stream and an error have their status and ids")
{
    emulator service;
    run(stream_and_error_heads(service));
}

} // namespace foundry_test::transport_test
