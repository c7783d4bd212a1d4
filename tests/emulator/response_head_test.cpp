// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The heads of answers: how long to wait, quotas and ids, content codings, loose spellings, and what an error keeps of them.

#include "support/forms.hpp"
#include "support/queued_answers.hpp"

#include <foundry/call.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::response_head_test {

using namespace foundry_test::forms;
using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::emulator;
namespace asio = boost::asio;
using foundry_test::client_of;
using foundry_test::run;
namespace forms = foundry_test::forms;

// ---- The traps in the heads of answers

struct wait_case
{
    char const* name;
    unsigned status;
    headers fields;
    char const* message;
    std::optional<std::chrono::milliseconds> expected;
};

std::vector<wait_case> wait_cases()
{
    return {
        {"seconds", 429, {{"Retry-After", "45"}}, "", 45s},
        {"milliseconds", 429, {{"retry-after-ms", "1500"}}, "", 1500ms},
        {"Azure's own milliseconds", 429, {{"x-ms-retry-after-ms", "250"}}, "", 250ms},
        {"milliseconds beside seconds", 503, {{"Retry-After", "2"}, {"retry-after-ms", "2500"}}, "", 2500ms},
        {"a date",
         429,
         {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"Date", "Sun, 06 Nov 1994 08:48:37 GMT"}},
         "",
         60s},
        {"the misspelt reset", 429, {{"x-rate-limit-reset-tokens", "55"}}, "Rate limit is exceeded.", 55s},
        {"the misspelt reset after the message's own words",
         429,
         {{"x-rate-limit-reset-tokens", "55"}},
         "Please retry after 45 seconds.",
         45s},
        {"the misspelt reset after the field",
         429,
         {{"x-rate-limit-reset-tokens", "55"}, {"Retry-After", "7"}},
         "",
         7s},
        {"the misspelt reset of another error", 400, {{"x-rate-limit-reset-tokens", "55"}}, "No.", std::nullopt},
        {"a quota that is not known and no wait",
         429,
         {{"x-ratelimit-limit-tokens", "-1"},
          {"x-ratelimit-remaining-tokens", "-1"},
          {"x-ratelimit-reset-tokens", "0"}},
         "Too Many Requests",
         std::nullopt},
    };
}

asio::awaitable<void> read_waits(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url);
    std::vector<wait_case> const all = wait_cases();
    for (wait_case const& one : all) {
        for (unsigned const operation : {whole, streamed, embedded}) {
            CAPTURE(std::string(one.name));
            CAPTURE(operation);
            std::string const body = std::string{R"({"error":{"message":")"} + one.message + "\"}}";
            answer next = with_fields(answer::json(one.status, body), one.fields);
            service.queue(std::move(next));
            foundry::error const failed = co_await failure_of(client, operation, one.status);
            CHECK(failed.retry_after() == one.expected);
        }
    }
}

headers const quota = {
    {"x-ratelimit-limit-requests", "120"},
    {"x-ratelimit-limit-tokens", "-1"},
    {"x-ratelimit-remaining-requests", "-1"},
    {"x-ratelimit-remaining-tokens", "0"},
    {"x-ratelimit-reset-requests", "17ms"},
    {"x-ratelimit-reset-tokens", "6m0s"},
    {"x-request-id", "r-1"},
    {"x-ms-request-id", "m-1"},
    {"apim-request-id", "a-1"},
    {"x-ms-client-request-id", "the service's own"},
};

void check_head(foundry::response_info const& info)
{
    foundry::rate_limits const limits = info.rate_limits();
    CHECK(limits.limit_requests == 120);
    CHECK(!limits.limit_tokens);
    CHECK(!limits.remaining_requests);
    CHECK(limits.remaining_tokens == 0);
    CHECK(limits.reset_requests == 17ms);
    CHECK(limits.reset_tokens == 6min);
    CHECK(info.request_id() == "r-1");
    CHECK(info.apim_request_id() == "a-1");
    CHECK(info.client_request_id() == "mine");
    CHECK(info.header("x-ms-client-request-id") == "the service's own");
}

asio::awaitable<void> read_heads(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = client_of(executor, service, url);
    foundry::chat_request const request = forms::question();
    foundry::call_options call;
    call.client_request_id = "mine";

    answer good = with_fields(answer::json(200, completion), quota);
    service.queue(std::move(good));
    foundry::chat_completion const reply = co_await client.complete(request, call);
    check_head(reply.info());
    answer events = with_fields(answer::events(R"(data: {"choices":[],"usage":{}})"
                                               "\n\ndata: [DONE]\n\n"),
                                quota);
    service.queue(std::move(events));
    foundry::chat_stream chunks = co_await client.stream(request, call);
    check_head(chunks.info());
    std::optional<foundry::chat_chunk> const only = co_await chunks.next();
    CHECK(only);

    answer other = answer::json(200, completion);
    other.header("x-ratelimit-reset-requests", "10").header("x-ratelimit-reset-tokens", "300");
    other.header("x-request-id", "").header("x-ms-request-id", "m-1");
    service.queue(std::move(other));
    foundry::chat_completion const plain = co_await client.complete(request, call);
    CHECK(plain.info().rate_limits().reset_requests == 10s);
    CHECK(plain.info().rate_limits().reset_tokens == 300s);
    CHECK(plain.info().request_id() == "m-1");

    answer bad = with_fields(answer::json(500, ""), quota);
    service.queue(std::move(bad));
    foundry::error const failed = co_await failure_of(client.complete(request, call));
    CHECK(failed.request_id() == "r-1");
    CHECK(failed.apim_request_id() == "a-1");
    CHECK(failed.client_request_id() == "mine");
    CHECK(forms::contains(failed.what(), "r-1"));
}

TEST_CASE("retry_after: found in each header and in the message, on every form")
{
    emulator service;
    for (form const& where : forms::all) {
        CAPTURE(std::string(where.url));
        run(read_waits(service, where.url));
    }
}

TEST_CASE("response head: rate limits and ids are read from answers, streams and errors, on every form")
{
    emulator service;
    for (form const& where : forms::all) {
        CAPTURE(std::string(where.url));
        run(read_heads(service, where.url));
    }
}

// ---- What other servers do to a head

using namespace foundry_test::queued;

asio::awaitable<void> content_codings(emulator& service)
{
    for (char const* const coding : {"UTF-8", "none", "", "identity"}) {
        CAPTURE(coding);
        answer next = answer::json(200, completion_text("plain")).header("Content-Encoding", coding);
        CHECK((co_await completed(service, std::move(next))).text() == "plain");
    }
    foundry::error const limited_ = co_await completion_error(
        service, answer::json(429, "\x1f\x8b\x08").header("Content-Encoding", "gzip").header("Retry-After", "7"));
    CHECK(limited_.code() == errc::rate_limited);
    CHECK(limited_.retry_after() == 7s);
    foundry::error const refused =
        co_await completion_error(service, answer::json(401, "\x1f\x8b\x08").header("Content-Encoding", "gzip"));
    CHECK(refused.code() == errc::unauthorized);
    foundry::error const packed =
        co_await completion_error(service, answer::json(200, "\x1f\x8b\x08").header("Content-Encoding", "gzip"));
    CHECK(packed.code() == errc::unexpected_reply);
}

asio::awaitable<void> loose_heads(emulator& service)
{
    std::string const body = completion_text("fine");
    std::string const length = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    char size[20];
    std::snprintf(size, sizeof size, "%zx", body.size());
    for (std::string const& bytes :
         {"HTTP/1.1 200\r\n" + length + body, "HTTP/1.1 200 OK\r\nx-request-id: a\r\n  b\r\n\tc\r\n" + length + body,
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(size) + "  \r\n" + body +
              "\r\n0 \r\n\r\n"}) {
        CAPTURE(bytes);
        foundry::chat_completion const reply = co_await completed(service, answer::raw(bytes).keep_open());
        CHECK(reply.text() == "fine");
        if (has(bytes, "x-request-id"))
            CHECK(reply.info().request_id() == "a b c");
    }
    foundry::error const folded =
        co_await completion_error(service, answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\n" + body));
    CHECK(folded.code() == errc::unexpected_reply);
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i != 300; ++i)
        many += "a: b\r\n";
    foundry::error const crowded = co_await completion_error(service, answer::raw(many + length + body));
    CHECK(crowded.code() == errc::limit_exceeded);
    CHECK_FALSE(has(crowded.what(), "raise"));
    foundry::error const nothing = co_await completion_error(service, answer::raw(""));
    CHECK(nothing.code() == errc::connection_lost);
    CHECK(has(nothing.what(), "the server closed the connection before answering"));
    foundry::error const half = co_await completion_error(service, answer::raw("HTTP/1.1 200 OK\r\nx-a"), foundry_url);
    CHECK(has(half.what(), "the server closed the connection"));
}

asio::awaitable<void> details_of_errors(emulator& service)
{
    auto const with_ids = [](answer next) {
        return next.header("x-request-id", "r-1").header("apim-request-id", "a-1");
    };
    auto const check = [](foundry::error const& e, errc code, std::string_view body, std::size_t attempts = 1) {
        CHECK(e.code() == code);
        CHECK(e.status() == 200);
        CHECK(e.request_id() == "r-1");
        CHECK(e.apim_request_id() == "a-1");
        CHECK_FALSE(e.client_request_id().empty());
        CHECK(e.attempts().size() == attempts);
        CHECK(has(e.body(), body));
    };
    for (char const* const url : {foundry_url, local_url}) {
        check(co_await completion_error(service, with_ids(answer::json(200, "{}")), url), errc::unexpected_reply, "{}");
        check(co_await completion_error(service, with_ids(answer::json(200, "<html>")), url), errc::unexpected_reply,
              "<html>");
        answer cut = answer::raw(
            "HTTP/1.1 200 OK\r\nx-request-id: r-1\r\napim-request-id: a-1\r\nContent-Length: 99\r\n\r\n{\"id\"");
        check(co_await completion_error(service, std::move(cut), url), errc::stream_truncated, "{\"id\"");
    }
    foundry::options with = limited(service);
    with.retry.max_retries = 2;
    with.retry.backoff = 1ms;
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, foundry_url, with);
    foundry::chat_request const request = foundry_test::question();
    foundry::embedding_request const texts{"text-embedding-3-small", "a"};
    service.queue(with_ids(answer::json(200, R"({"data":[]})")));
    check(co_await failure_of(client.embed(texts)), errc::unexpected_reply, "{\"data\":[]}");

    service.queue(answer::json(200, R"({"error":{"message":"slow down","code":"429"}})"));
    service.queue(answer::json(400, ""));
    foundry::error const second = co_await failure_of(client.complete(request));
    CHECK(second.status() == 400);
    CHECK(second.body().empty()); // and not that of the first attempt

    service.queue(answer::json(503, "{}"));
    service.queue(with_ids(answer::events(event("a") + "data: <html>\n\n")));
    foundry::chat_stream chunks = co_await client.stream(request);
    CHECK((co_await chunks.next()).has_value());
    foundry::error const in_stream = co_await failure_of(chunks.next());
    check(in_stream, errc::unexpected_reply, "<html>", 2);
    CHECK(in_stream.attempts()[0].status == 503);

    service.queue(with_ids(answer::events(event("a"))));
    foundry::chat_stream short_one = co_await client.stream(request);
    CHECK((co_await short_one.next()).has_value());
    check(co_await failure_of(short_one.next()), errc::stream_truncated, "");
    co_await goes_on(service, client);
}

asio::awaitable<void> waits(emulator& service)
{
    foundry::error const both = co_await completion_error(
        service, answer::json(429, "{}").header("Retry-After-Ms", "0").header("Retry-After", "1"));
    CHECK(both.retry_after() == 1s);
    foundry::options with = limited(service);
    with.retry.max_retries = 1;
    with.retry.backoff = 30ms;
    std::vector<std::chrono::milliseconds> waited;
    with.retry.on_retry = [&](foundry::attempt const&, std::chrono::milliseconds wait) { waited.push_back(wait); };
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, foundry_url, with);
    service.queue(answer::json(429, "{}").header("Retry-After-Ms", "0"));
    service.queue(answer::json(200, completion_text("fine")));
    co_await expect_text(client, "fine");
    REQUIRE(waited.size() == 1);
    CHECK(waited[0] >= 24ms);
}

asio::awaitable<void> waits_in_words(emulator& service)
{
    struct
    {
        char const* words;
        std::chrono::milliseconds wait;
    } const cases[] = {{"Please retry in 1.5s.", 1500ms},
                       {"Try again in 1 minute.", 60s},
                       {"Please try again in 20 milliseconds", 20ms}};
    for (auto const& one : cases) {
        foundry::error const failed = co_await completion_error(
            service, answer::json(429, R"({"error":{"message":")" + std::string(one.words) + "\"}}"));
        CHECK(failed.retry_after() == one.wait);
    }
    for (char const* const zone : {"GMT", "UTC", "+0000"}) {
        foundry::error const failed = co_await completion_error(
            service, answer::json(429, "{}")
                         .header("Date", std::string("Sun, 06 Nov 1994 08:49:37 ") + zone)
                         .header("Retry-After", std::string("Sun, 06 Nov 1994 08:49:40 ") + zone));
        CHECK(failed.retry_after() == 3s);
    }
}

asio::awaitable<void> gateways(emulator& service)
{
    foundry::options with = limited(service);
    with.retry.max_retries = 1;
    with.retry.backoff = 1ms;
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service, foundry_url, with);
    for (unsigned const status : {520U, 525U, 529U, 530U}) {
        CAPTURE(status);
        service.queue(answer::json(status, "{}"));
        service.queue(answer::json(200, completion_text("fine")));
        co_await expect_text(client, "fine");
    }
}

TEST_CASE(
    "head: a content coding that changes nothing is accepted, and a compressed error keeps its status and its wait")
{
    play(&content_codings);
}

TEST_CASE(
    "head: a missing blank, folded lines and blanks after a chunk's size are accepted, and refusals say what to do")
{
    play(&loose_heads);
}

TEST_CASE("response head: every error after it has its status, ids, body and attempts") { play(&details_of_errors); }

TEST_CASE("retry: of several waits the longest counts, and zero leaves it to the policy") { play(&waits); }

TEST_CASE("retry: waits in words and dates of any spelling of UTC are understood") { play(&waits_in_words); }

TEST_CASE("retry: a gateway's 520, 525, 529 and 530 are retried") { play(&gateways); }

} // namespace foundry_test::response_head_test
