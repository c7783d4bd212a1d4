// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A wrong key, deployment, request or header: one clear error that names it, before anything is sent if the library can know.

#include "support/clear_error.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::invalid_request_test {

asio::awaitable<void> wrong_key(emulator& service, char const* url, std::string_view key)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options const with = limited(service);
    foundry::any_credential who = foundry::no_credential{};
    if (!key.empty())
        who = foundry::api_key{key};
    foundry::endpoint const where = at(service, url);
    foundry::client<> client(executor, where, who, with);
    foundry::chat_request const request = question();
    foundry::error const whole = co_await failure_of(client.complete(request));
    expect_error(whole, errc::unauthorized);
    CHECK(whole.status() == 401);
    if (!key.empty())
        CHECK(!contains(whole.what(), key));
    CHECK(contains(whole.advice(), where.key_in_api_key_field() ? "api-key" : "Bearer"));
    foundry::error const stream = co_await failure_of(client.stream(request));
    expect_error(stream, errc::unauthorized);
    foundry::embedding_request texts{"text-embedding-3-small", "a mile"};
    foundry::error const vectors = co_await failure_of(client.embed(texts));
    expect_error(vectors, errc::unauthorized);
    co_await goes_on(service, client);
}

TEST_CASE("authentication: a wrong key is unauthorized on every form, and the error names the header and never the key")
{
    emulator service(strict_emulator());
    for (char const* const url : urls) {
        CAPTURE(std::string(url));
        run(wrong_key(service, url, "not-the-key-of-anybody"));
    }
}

TEST_CASE("authentication: a missing key is unauthorized on every form")
{
    emulator service(strict_emulator());
    for (char const* const url : urls) {
        CAPTURE(std::string(url));
        run(wrong_key(service, url, ""));
    }
}

asio::awaitable<void> unknown_deployment(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, at(service, url), limited(service));
    foundry::chat_request request{"no-such-deployment"};
    request.user("How many feet are in a mile?");
    foundry::error const whole = co_await failure_of(client.complete(request));
    expect_error(whole, errc::model_not_found, {"no-such-deployment"});
    CHECK(contains(whole.advice(), "no-such-deployment"));
    foundry::error const stream = co_await failure_of(client.stream(request));
    expect_error(stream, errc::model_not_found, {"no-such-deployment"});
    foundry::embedding_request texts{"no-such-embedder", "a mile"};
    foundry::error const vectors = co_await failure_of(client.embed(texts));
    expect_error(vectors, errc::model_not_found, {"no-such-embedder"});
    co_await goes_on(service, client);
}

TEST_CASE("unknown deployment: the error names it on every form")
{
    emulator service(strict_emulator());
    for (char const* const url : urls) {
        CAPTURE(std::string(url));
        run(unknown_deployment(service, url));
    }
}

/// A request, or its options, that cannot be sent as it is.
struct bad_request
{
    char const* name;
    void (*spoil)(foundry::chat_request&, foundry::call_options&);
    std::vector<std::string_view> words; // that say what was wrong
};

std::vector<bad_request> bad_requests()
{
    using request_t = foundry::chat_request;
    using call_t = foundry::call_options;
    return {
        {"no message", [](request_t& r, call_t&) { r.messages.clear(); }, {"messages", "empty"}},
        {"a message without a role",
         [](request_t& r, call_t&) { r.add(foundry::chat_message()); },
         {"messages[1]", "role"}},
        {"invalid UTF-8", [](request_t& r, call_t&) { r.user("caf\xe9"); }, {"messages[1].content", "UTF-8"}},
        {"half a UTF-8 sequence at the end",
         [](request_t& r, call_t&) { r.user("\xf0\x9f\x98"); },
         {"messages[1].content"}},
        {"a surrogate in UTF-8", [](request_t& r, call_t&) { r.user("\xed\xa0\x80"); }, {"messages[1].content"}},
        {"NaN",
         [](request_t& r, call_t&) { r.temperature = std::numeric_limits<double>::quiet_NaN(); },
         {"temperature"}},
        {"infinity", [](request_t& r, call_t&) { r.top_p = std::numeric_limits<double>::infinity(); }, {"top_p"}},
        {"NaN in an extra member",
         [](request_t& r, call_t&) { r.extra["top_k"] = std::numeric_limits<double>::quiet_NaN(); },
         {"top_k"}},
        {"invalid UTF-8 in an extra member", [](request_t& r, call_t&) { r.extra["note"] = "\xff"; }, {"note"}},
        {"an extra member that is set already",
         [](request_t& r, call_t&) {
             r.temperature = 1;
             r.extra["temperature"] = 2;
         },
         {"temperature"}},
        {"stream as an extra member", [](request_t& r, call_t&) { r.extra["stream"] = true; }, {"stream"}},
        {"a line break in a header",
         [](request_t&, call_t& c) { c.headers.emplace_back("x-a", "b\r\nInjected: 1"); },
         {"x-a"}},
        {"a line feed in a header",
         [](request_t&, call_t& c) { c.headers.emplace_back("x-a", "b\nInjected: 1"); },
         {"x-a"}},
        {"a NUL in a header",
         [](request_t&, call_t& c) { c.headers.emplace_back("x-a", std::string("b\0c", 3)); },
         {"x-a"}},
        {"a line break in a header's name",
         [](request_t&, call_t& c) { c.headers.emplace_back("x\r\ny", "b"); },
         {"header"}},
        {"a colon in a header's name", [](request_t&, call_t& c) { c.headers.emplace_back("x:y", "b"); }, {"header"}},
        {"a length by hand",
         [](request_t&, call_t& c) { c.headers.emplace_back("Content-Length", "1"); },
         {"Content-Length"}},
        {"a host by hand", [](request_t&, call_t& c) { c.headers.emplace_back("host", "a"); }, {"host"}},
        {"a key by hand",
         [](request_t&, call_t& c) { c.headers.emplace_back("API-Key", "k"); },
         {"API-Key", "credential"}},
        {"a line break in the request's id",
         [](request_t&, call_t& c) { c.client_request_id = "a\r\nInjected: 1"; },
         {"x-ms-client-request-id"}},
        {"more than ten headers",
         [](request_t&, call_t& c) {
             for (int i = 0; i != 11; ++i)
                 c.headers.emplace_back("x-" + std::to_string(i), "v");
         },
         {"ten"}},
    };
}

asio::awaitable<void> refuse_request(emulator& service, foundry::client<>& client, bad_request const& bad)
{
    foundry::chat_request request = question();
    foundry::call_options call;
    bad.spoil(request, call);
    service.clear_journal();
    std::size_t const connections = service.connections();
    foundry::error const whole = co_await failure_of(client.complete(request, call));
    foundry::error const stream = co_await failure_of(client.stream(request, call));
    CHECK(service.journal().empty());
    CHECK(service.connections() == connections);
    for (foundry::error const* const failed : {&whole, &stream}) {
        expect_error(*failed, errc::invalid_argument);
        CAPTURE(std::string(failed->what()));
        for (std::string_view const word : bad.words)
            CHECK(contains(failed->what(), word));
        CHECK(!contains(failed->what(), "Injected"));
        CHECK(failed->status() == 0);
    }
    co_await goes_on(service, client);
}

asio::awaitable<void> refuse_requests(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, at(service, foundry_url), limited(service));
    std::vector<bad_request> const all = bad_requests();
    for (bad_request const& bad : all) {
        CAPTURE(std::string(bad.name));
        co_await refuse_request(service, client, bad);
    }
}

TEST_CASE("request validation: an invalid member is rejected by its name, and nothing is sent")
{
    emulator service(strict_emulator());
    run(refuse_requests(service));
}

asio::awaitable<void> refuse_embedding(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, at(service, foundry_url), limited(service));
    foundry::embedding_request const nothing{"text-embedding-3-small"};
    foundry::error const empty = co_await failure_of(client.embed(nothing));
    expect_error(empty, errc::invalid_argument, {"input", "empty"});
    foundry::embedding_request const bytes{"text-embedding-3-small", "\xff"};
    foundry::error const invalid = co_await failure_of(client.embed(bytes));
    expect_error(invalid, errc::invalid_argument, {"input"});
    CHECK(service.journal().empty());
    CHECK(service.connections() == 0);
    co_await goes_on(service, client);
}

TEST_CASE("request validation: an embedding of an empty input or of invalid UTF-8 is rejected, and nothing is sent")
{
    emulator service(strict_emulator());
    run(refuse_embedding(service));
}

asio::awaitable<void> refuse_client_headers(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::chat_request const request = question();
    foundry::options spoilt[4] = {limited(service), limited(service), limited(service), limited(service)};
    spoilt[0].headers.emplace_back("x-a", "b\r\nInjected: 1");
    spoilt[1].headers.emplace_back("x-a\r\nInjected", "1");
    spoilt[2].user_agent = "me\r\nInjected: 1";
    spoilt[3].headers.emplace_back("Transfer-Encoding", "chunked");
    for (foundry::options const& with : spoilt) {
        std::optional<foundry::error> failed;
        try { // at construction or at the call
            foundry::client<> client = make_client(executor, at(service, foundry_url), with);
            failed = co_await failure_of(client.complete(request));
        } catch (foundry::error const& e) {
            failed = e;
        }
        expect_error(*failed, errc::invalid_argument);
        CHECK(!contains(failed->what(), "Injected: 1"));
    }
    CHECK(service.connections() == 0);
}

TEST_CASE("header injection: line breaks in headers of the client's options are rejected, and nothing is sent")
{
    emulator service(strict_emulator());
    run(refuse_client_headers(service));
}

TEST_CASE("header injection: line breaks in headers of an endpoint are rejected by add_header()")
{
    foundry::endpoint where{foundry_url};
    for (char const* const value : {"b\r\nInjected: 1", "b\n", "b\r", " b", "b\x01"})
        expect_error(refusal_of([&] { where.add_header("x-a", value); }), errc::invalid_argument, {"x-a"});
    expect_error(refusal_of([&] { where.add_header("x\r\na", "b"); }), errc::invalid_argument);
    expect_error(refusal_of([&] { where.add_header("api-key", secret_key); }), errc::invalid_argument, {"credential"});
    CHECK(where.extra_headers().empty());
}

TEST_CASE("api key: characters that are not visible are rejected by the constructor, and not repeated")
{
    for (char const* const tail : {"\n", "\r\n", " ", "\t", "\x7f", "\xc3\xa9", "\r\nInjected: 1"}) {
        std::string const key = secret_key + std::string(tail);
        expect_error(refusal_of([&] { foundry::api_key made{key}; }), errc::invalid_argument, {"key"});
        expect_error(refusal_of([&] { foundry::bearer_token made{key}; }), errc::invalid_argument, {"token"});
    }
    expect_error(refusal_of([] { foundry::api_key made{""}; }), errc::invalid_argument, {"empty"});
    expect_error(refusal_of([] { foundry::api_key made(std::string("a\0b", 3)); }), errc::invalid_argument);
    expect_error(refusal_of([] { foundry::api_key made(secret_key, std::string("x y")); }), errc::invalid_argument);
}

} // namespace foundry_test::invalid_request_test
