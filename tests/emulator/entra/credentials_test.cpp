// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Applications and machines ask the authority for tokens, and use them.

#include "support/entra_fixture.hpp"
#include "support/temporary_file.hpp"

#include <foundry/entra/client_assertion_credential.hpp>
#include <foundry/entra/client_secret_credential.hpp>
#include <foundry/entra/environment_credential.hpp>
#include <foundry/entra/managed_identity_credential.hpp>
#include <foundry/entra/workload_identity_credential.hpp>

#include <doctest/doctest.h>

#include <filesystem>

namespace foundry_test::credentials_test {

using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;
using foundry::testing::emulator_options;
using foundry::testing::recorded_request;
using namespace foundry::entra;

constexpr char const* tenant = "contoso-tenant";
constexpr char const* application = "contoso-application";
constexpr char const* right_secret = "contoso-secret";

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

client_secret_credential secret_of(emulator const& service, std::string_view secret = right_secret)
{
    return client_secret_credential(tenant, application, secret, asking(service));
}

/// What a constructor throws.
template <class Make>
foundry::error refused(Make make)
{
    try {
        make();
    } catch (foundry::error const& e) {
        return e;
    }
    FAIL("was to be refused and was not");
    return {};
}

TEST_SUITE_BEGIN("entra credentials");

TEST_CASE("client secret: the authority gets the secret once for many calls, and the service the token")
{
    bare_environment const none;
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_with(executor, s, secret_of(s));
        for (int i = 0; i != 3; ++i) {
            foundry::chat_completion const reply = co_await client.complete("gpt-4o-mini", "Hello.");
            CHECK(!reply.text().empty());
        }
    }(service));
    std::vector<recorded_request> const journal = service.journal();
    REQUIRE(journal.size() == 4);
    CHECK(journal[0].target == "/contoso-tenant/oauth2/v2.0/token");
    CHECK(journal[0].sni == "login.microsoftonline.com");
    CHECK(journal[0].host == "login.microsoftonline.com");
    CHECK(!journal[0].header("authorization"));
    CHECK(journal[0].header("content-type") == "application/x-www-form-urlencoded");
    CHECK(contains(journal[0].body, "grant_type=client_credentials&client_id=contoso-application&"
                                    "scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default"));
    CHECK(contains(journal[0].body, "claims=%7B%22access_token%22%3A%7B%22xms_cc%22"));
    for (std::size_t i = 1; i != 4; ++i)
        CHECK(journal[i].header("authorization") == "Bearer given-token-1");
}

TEST_CASE("client secret: a wrong one gives the authority's error with advice, and nothing is sent to the service")
{
    bare_environment const none;
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_with(executor, s, secret_of(s, "hunter2"));
        for (int i = 0; i != 2; ++i) { // the second time from memory
            foundry::error const failed = co_await failure_of(client.complete("gpt-4o-mini", "Hello."));
            CHECK(failed.code() == errc::authentication_failed);
            CHECK(failed.status() == 401);
            CHECK(failed.service_code() == "invalid_client");
            CHECK(contains(failed.what(), "ClientSecretCredential: AADSTS7000215"));
            CHECK(contains(failed.what(), "use its value, not its id"));
            CHECK(!contains(failed.what(), "hunter2"));
            CHECK(!contains(failed.body(), "hunter2"));
        }
    }(service));
    CHECK(service.journal().size() == 1);
}

TEST_CASE("credentials: invalid arguments are rejected by the constructor")
{
    bare_environment const none;
    for (char const* const wrong : {"", "a/../b", "a?b", "a b", "a\r\nb", "a#b", "..", "caf\xc3\xa9", "a'b", "$(id)"})
        CHECK_MESSAGE(refused([&] { client_secret_credential(wrong, "c", "s"); }).code() == errc::invalid_argument,
                      wrong);
    CHECK(refused([] { client_secret_credential("t", "", "s"); }).code() == errc::invalid_argument);
    CHECK(refused([] { client_secret_credential("t", "c", ""); }).code() == errc::invalid_argument);
    CHECK(refused([] { client_assertion_credential("t", "c", nullptr); }).code() == errc::invalid_argument);
    CHECK(refused([] { managed_identity_credential(managed_identity_id::client_id("")); }).code() ==
          errc::invalid_argument);
}

TEST_CASE("credentials: secrets go to Microsoft's authorities over https, to others only if that is allowed")
{
    bare_environment variables;
    auto const made_with = [](std::string authority, bool allowed) {
        return [authority, allowed] {
            credential_options with;
            with.authority_host = authority;
            with.allow_unknown_authority = allowed;
            client_secret_credential("t", "c", "s", with);
        };
    };
    for (char const* const good : {"https://login.microsoftonline.us", "login.microsoftonline.us/",
                                   "https://login.partner.microsoftonline.cn", "https://login.sovcloud-identity.fr"})
        CHECK_NOTHROW(made_with(good, false)());
    CHECK_NOTHROW(made_with("https://login.example:8443", true)());
    CHECK(contains(refused(made_with("https://login.example", false)).what(), "allow_unknown_authority"));
    CHECK(contains(refused(made_with("https://login.microsoftonline.com.evil.example", false)).what(), "evil"));
    for (char const* const wrong :
         {"http://login.microsoftonline.com", "https://user@login.microsoftonline.com",
          "https://login.microsoftonline.com/common", "https://login.microsoftonline.com?a=b"})
        CHECK_MESSAGE(refused(made_with(wrong, true)).code() == errc::invalid_argument, wrong);
    variables.set("AZURE_AUTHORITY_HOST", "https://login.example");
    CHECK(refused(made_with("", false)).code() == errc::invalid_argument);
}

TEST_CASE("credentials: a tenant other than the credential's own is used only if that is allowed")
{
    bare_environment variables;
    emulator_options known;
    known.directory.tenant = "other-tenant";
    emulator service(known);
    auto request = for_scope();
    request.tenant = "other-tenant";
    client_secret_credential alone = secret_of(service);
    CHECK(contains(token_refusal_of(alone, request).what(), "additionally_allowed_tenants"));
    CHECK(service.journal().empty());
    credential_options with = asking(service);
    with.additionally_allowed_tenants = {"OTHER-tenant"};
    client_secret_credential more("home", application, right_secret, with);
    CHECK(token_of(more, request) == "given-token-1");
    variables.set("AZURE_ADDITIONALLY_ALLOWED_TENANTS", "a;*");
    client_secret_credential any("home", application, right_secret, asking(service));
    CHECK(token_of(any, request) == "given-token-2");
    request.tenant = "a/../b";
    CHECK(token_refusal_of(any, request).code() == errc::invalid_argument);
    variables.set("AZURE_IDENTITY_DISABLE_MULTITENANTAUTH", "true");
    request.tenant = "elsewhere";
    client_secret_credential own("other-tenant", application, right_secret, asking(service));
    CHECK(token_of(own, request) == "given-token-3");
}

TEST_CASE("token request: a transient error is retried, independently of the retries of the call")
{
    bare_environment const none;
    emulator service;
    credential_options with = asking(service);
    with.retry.max_retries = 2;
    with.retry.backoff = 1ms;
    client_secret_credential who(tenant, application, right_secret, with);
    service.queue(answer::json(503, "{}"));
    service.queue(answer::raw(""));
    CHECK(token_of(who) == "given-token-1");
    for (int i = 0; i != 3; ++i)
        service.queue(answer::json(500, "{}"));
    service.clear_journal();
    foundry::error const failed = token_refusal_of(who);
    CHECK(failed.code() == errc::service_error);
    CHECK(failed.attempts().size() == 3);
    CHECK(failed.should_retry() == false);
    CHECK(service.journal().size() == 3);
}

TEST_CASE("token request: malformed and oversized answers are errors, and hold nothing of the token")
{
    bare_environment const none;
    emulator service;
    client_secret_credential who = secret_of(service);
    service.queue(answer::json(200, R"({"access_token":"sekrit)"));
    CHECK(token_refusal_of(who).code() == errc::unexpected_reply);
    service.queue(answer::json(200, R"({"access_token":"sekrit\r\nA: b","expires_in":3600})"));
    CHECK(!contains(token_refusal_of(who).what(), "sekrit"));
    service.queue(answer::json(200, R"({"access_token":")" + std::string(2 << 20, 's')));
    CHECK(token_refusal_of(who).code() == errc::limit_exceeded);
    answer moved = answer::json(302, "");
    service.queue(moved.header("Location", "https://elsewhere.example/"));
    CHECK(token_refusal_of(who).status() == 302);
}

TEST_CASE("client assertion: the callback makes a new one for each request, and knows its audience")
{
    bare_environment const none;
    emulator service;
    int made = 0;
    credential_options with = asking(service);
    with.retry.max_retries = 1;
    with.retry.backoff = 1ms;
    client_assertion_credential who(
        tenant, application,
        [&made](assertion_request r) -> asio::awaitable<std::string> {
            CHECK(r.client_id == application);
            CHECK(r.token_url == "https://login.microsoftonline.com/contoso-tenant/oauth2/v2.0/token");
            ++made;
            co_return "federated-token\n";
        },
        with);
    service.queue(answer::json(503, "{}"));
    CHECK(token_of(who) == "given-token-1");
    CHECK(made == 2);
    CHECK(contains(service.journal().back().body, "client_assertion=federated-token"));
    for (char const* const wrong : {"", "\n", "a b", "a\r\nb"}) {
        client_assertion_credential bad(
            tenant, application, [wrong](assertion_request) -> asio::awaitable<std::string> { co_return wrong; }, with);
        CHECK(token_refusal_of(bad).code() == errc::invalid_argument);
    }
    client_assertion_credential thrower(
        tenant, application,
        [](assertion_request) -> asio::awaitable<std::string> {
            throw std::runtime_error("no vault");
            co_return "";
        },
        with);
    bool thrown = false;
    try {
        token_of(thrower);
    } catch (std::runtime_error const& e) {
        thrown = contains(e.what(), "no vault");
    }
    CHECK(thrown);
    CHECK(service.journal().size() == 2);
}

TEST_CASE("workload identity: the token's file is read for each request; if it is missing, nothing is sent")
{
    bare_environment variables;
    emulator service;
    foundry::error const unset = refused([] { workload_identity_credential made; });
    CHECK(unset.code() == errc::credential_unavailable);
    CHECK(contains(unset.what(), "AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE"));
    temporary_file const file("federated-token\n");
    variables.set("AZURE_TENANT_ID", tenant).set("AZURE_CLIENT_ID", application);
    variables.set("AZURE_FEDERATED_TOKEN_FILE", file.path.string());
    workload_identity_credential who(asking(service));
    CHECK(token_of(who) == "given-token-1");
    file.write("another");
    CHECK(token_refusal_of(who).code() == errc::authentication_failed);
    file.write("");
    CHECK(token_refusal_of(who).code() == errc::invalid_argument);
    std::filesystem::remove(file.path);
    service.clear_journal();
    foundry::error const gone = token_refusal_of(who);
    CHECK(contains(gone.what(), file.path.string()));
    CHECK(service.journal().empty());
}

TEST_CASE("environment credential: the error names the variables that are missing, and no variable's value")
{
    bare_environment variables;
    emulator service;
    environment_credential nothing(asking(service));
    foundry::error const missing = token_refusal_of(nothing);
    CHECK(missing.code() == errc::credential_unavailable);
    CHECK(contains(missing.what(),
                   "EnvironmentCredential: not set: AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET"));
    variables.set("AZURE_TENANT_ID", tenant).set("AZURE_CLIENT_SECRET", "hunter2");
    environment_credential half(asking(service));
    foundry::error const incomplete = token_refusal_of(half);
    CHECK(contains(incomplete.what(), "not set: AZURE_CLIENT_ID"));
    CHECK(!contains(incomplete.what(), "AZURE_CLIENT_SECRET"));
    CHECK(!contains(incomplete.what(), "hunter2"));
    variables.set("AZURE_CLIENT_ID", application).set("AZURE_CLIENT_SECRET", right_secret);
    environment_credential whole(asking(service));
    CHECK(token_of(whole) == "given-token-1");
    variables.set("AZURE_CLIENT_SECRET", "").set("AZURE_CLIENT_CERTIFICATE_PATH", "/nowhere/certificate.pem");
    environment_credential lost(asking(service));
    CHECK(contains(token_refusal_of(lost).what(), "/nowhere/certificate.pem"));
}

TEST_CASE("managed identity: IMDS is asked for the system-assigned identity or a user-assigned one")
{
    bare_environment variables;
    emulator service;
    variables.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:" + std::to_string(service.plain_port()));
    managed_identity_credential own;
    CHECK(token_of(own) == "given-token-1");
    recorded_request const asked = service.journal().front();
    CHECK(asked.target == "/metadata/identity/oauth2/token?api-version=2018-02-01&"
                          "resource=https%3A%2F%2Fcognitiveservices.azure.com");
    CHECK(asked.header("metadata") == "true");
    CHECK(!asked.header("authorization"));
    managed_identity_credential assigned(managed_identity_id::client_id("assigned-identity"));
    CHECK(token_of(assigned) == "given-token-2");
    CHECK(contains(service.journal().back().target, "&client_id=assigned-identity"));
    managed_identity_credential by_object(managed_identity_id::object_id("o 1"));
    token_of(by_object);
    CHECK(contains(service.journal().back().target, "&object_id=o%201"));
    managed_identity_credential by_resource(managed_identity_id::resource_id("/r"));
    token_of(by_resource);
    CHECK(contains(service.journal().back().target, "&msi_res_id=%2Fr"));
    managed_identity_credential stranger(managed_identity_id::client_id("stranger"));
    foundry::error const failed = token_refusal_of(stranger);
    CHECK(failed.code() == errc::authentication_failed);
    CHECK(contains(failed.what(), "not assigned to this machine"));
}

TEST_CASE("managed identity: App Service gets its header and its own names of parameters")
{
    bare_environment variables;
    emulator service;
    variables.set("IDENTITY_ENDPOINT", "http://127.0.0.1:" + std::to_string(service.plain_port()) + "/msi/token");
    variables.set("IDENTITY_HEADER", "identity-header");
    managed_identity_credential own;
    CHECK(token_of(own) == "given-token-1");
    CHECK(service.journal().front().target ==
          "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fcognitiveservices.azure.com");
    managed_identity_credential by_object(managed_identity_id::object_id("o"));
    token_of(by_object);
    CHECK(contains(service.journal().back().target, "&principal_id=o"));
    managed_identity_credential by_resource(managed_identity_id::resource_id("r"));
    token_of(by_resource);
    CHECK(contains(service.journal().back().target, "&mi_res_id=r"));
    variables.set("IDENTITY_HEADER", "wrong");
    managed_identity_credential stranger;
    CHECK(token_refusal_of(stranger).code() == errc::authentication_failed);
    variables.set("IDENTITY_SERVER_THUMBPRINT", "00");
    managed_identity_credential fabric;
    CHECK(contains(token_refusal_of(fabric).what(), "Service Fabric is not served yet"));
}

TEST_CASE("managed identity: IMDS is retried while it restarts, and other servers at its address are recognised")
{
    bare_environment variables;
    emulator service;
    variables.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:" + std::to_string(service.plain_port()));
    credential_options with;
    with.retry.backoff = 1ms;
    managed_identity_credential who(with);
    for (int i = 0; i != 6; ++i)
        service.queue(answer::json(410, "{}"));
    CHECK(token_of(who) == "given-token-1");
    for (unsigned const status : {404U, 429U, 500U, 511U})
        service.queue(answer::json(status, "{}"));
    CHECK(token_of(who) == "given-token-2");
    service.queue(answer::json(403, R"({"message":"a socket operation was attempted to an unreachable network"})"));
    foundry::error const unreachable = token_refusal_of(who);
    CHECK(unreachable.code() == errc::credential_unavailable);
    CHECK(contains(unreachable.what(), "a socket operation was attempted"));
    service.queue(answer::json(403, "{}"));
    CHECK(token_refusal_of(who).code() == errc::authentication_failed);
    service.queue(answer::json(200, "<html>"));
    CHECK(token_refusal_of(who).code() == errc::unexpected_reply);
    emulator_options bare;
    bare.directory.own_identity = false;
    emulator nobody(bare);
    variables.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:" + std::to_string(nobody.plain_port()));
    managed_identity_credential lonely(with);
    foundry::error const none = token_refusal_of(lonely);
    CHECK(none.code() == errc::credential_unavailable);
    CHECK(contains(none.what(), "no identity of its own"));
}

// ---- What the service says to a token

answer challenge(std::string const& claims)
{
    answer a = answer::json(401, "{}");
    a.header("WWW-Authenticate", R"(Bearer realm="", error="insufficient_claims", claims=")" + claims + '"');
    return a;
}

TEST_CASE("claims challenge: answered once, with a token that has the claims")
{
    bare_environment const none;
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_with(executor, s, secret_of(s));
        co_await client.complete("gpt-4o-mini", "Hello.");
        s.clear_journal();
        answer first = challenge("eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7InZhbHVlIjoiMSJ9fX0=");
        s.queue(first);
        foundry::chat_completion const reply = co_await client.complete("gpt-4o-mini", "And now?");
        CHECK(!reply.text().empty());
        std::vector<recorded_request> const journal = s.journal();
        REQUIRE(journal.size() == 3);
        CHECK(contains(journal[1].body, "%22nbf%22"));
        CHECK(contains(journal[1].body, "CP1"));
        CHECK(journal[2].header("authorization") == "Bearer given-token-2");
        CHECK(journal[2].body == journal[0].body);

        // from here on the new token is used
        s.clear_journal();
        foundry::testing::emulator const& constant = s;
        foundry::chat_stream chunks = co_await client.stream("gpt-4o-mini", "Once more.");
        CHECK(constant.journal().front().header("authorization") == "Bearer given-token-2");
        chunks.close();
    }(service));
}

TEST_CASE("claims challenge: a second one is an error, and the next call does not fetch a third token at once")
{
    bare_environment const none;
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::entra::client_assertion_credential who(
            tenant, application,
            [&s](assertion_request) -> asio::awaitable<std::string> {
                // behind the token's answer comes the second challenge
                answer token = answer::json(200, R"({"access_token":"emulator-token","expires_in":3600})");
                s.queue(token);
                answer again = challenge("eyJhIjoxfQ==");
                s.queue(again);
                co_return "federated-token";
            },
            asking(s));
        foundry::client<> client = client_with(executor, s, std::move(who));
        foundry::error const failed = co_await failure_of(client.complete("gpt-4o-mini", "Hello."));
        CHECK(failed.code() == errc::unauthorized);
        CHECK(s.journal().size() == 4); // token, challenge, token with claims, challenge
        s.clear_journal();
        s.queue(challenge("eyJhIjoxfQ=="));
        foundry::error const next = co_await failure_of(client.complete("gpt-4o-mini", "Hello."));
        CHECK(next.code() == errc::unauthorized);
        CHECK(s.journal().size() == 1);
    }(service));
}

TEST_CASE("rejected token: calls that get a 401 do not ask the authority again and again")
{
    struct refusal
    {
        char const* body;
        std::size_t tokens;
    };
    for (refusal const r :
         {refusal{R"({"error":{"code":"PermissionDenied","message":"The principal lacks it."}})", 1},
          refusal{R"({"statusCode":401,"message":"Access token is missing, invalid, or expired."})", 2},
          refusal{R"({"status":"Invalid auth token"})", 2}, refusal{"", 2}}) {
        bare_environment const none;
        emulator service;
        run([](emulator& s, refusal refused) -> asio::awaitable<void> {
            auto const executor = co_await asio::this_coro::executor;
            foundry::client<> client = client_with(executor, s, secret_of(s));
            s.reply_when([](recorded_request const& one) { return contains(one.target, "/chat/completions"); },
                         answer::json(401, refused.body));
            for (int i = 0; i != 20; ++i) {
                foundry::error const failed = co_await failure_of(client.complete("gpt-4o-mini", "Hello."));
                CHECK(failed.code() == errc::unauthorized);
            }
            std::size_t tokens = 0;
            for (recorded_request const& one : s.journal())
                tokens += contains(one.target, "/oauth2/v2.0/token");
            CHECK(tokens == refused.tokens);
        }(service, r));
    }
}

TEST_CASE("rejected token: it is not used again")
{
    bare_environment const none;
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::client<> client = client_with(executor, s, secret_of(s));
        co_await client.complete("gpt-4o-mini", "Hello.");
        answer refused = answer::json(401, R"({"statusCode":401,"message":"Unauthorized. Access token is expired."})");
        s.queue(refused);
        foundry::error const failed = co_await failure_of(client.complete("gpt-4o-mini", "Hello."));
        CHECK(failed.code() == errc::unauthorized);
        s.clear_journal();
        co_await client.complete("gpt-4o-mini", "Hello.");
        CHECK(s.journal().size() == 2);
        CHECK(s.journal().back().header("authorization") == "Bearer given-token-2");
    }(service));
}

TEST_CASE("audience: one that the service names instead is requested once, and remembered")
{
    bare_environment const none;
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::endpoint where = at(s, urls[1]);
        where.set_scope("https://ml.azure.com/.default");
        foundry::any_credential who = secret_of(s);
        foundry::client<> client(executor, where, who, trusting(s));
        co_await client.complete("gpt-4o-mini", "Hello.");
        CHECK(s.journal().size() == 4);
        CHECK(contains(s.journal()[2].body, "cognitiveservices"));
        s.clear_journal();
        foundry::client<> const copy = client;
        co_await copy.complete("gpt-4o-mini", "Hello.");
        CHECK(s.journal().size() == 1);
        answer graph = answer::json(401, R"-({"message":"audience is incorrect (https://graph.microsoft.com)"})-");
        s.queue(graph);
        foundry::error const failed = co_await failure_of(client.complete("gpt-4o-mini", "Hello."));
        CHECK(failed.code() == errc::unauthorized);
        CHECK(s.journal().size() == 2);
    }(service));
}

TEST_SUITE_END();

} // namespace foundry_test::credentials_test
