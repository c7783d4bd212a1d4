// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What the library promises to who trusts it with a key, a test for each promise. The one about certificates, those about memory and
// about cancellation are long enough for files of their own.

#include "support/fixture.hpp"

#include <foundry/token_credential.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace foundry_test::promises_test {

using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;
using foundry::testing::recorded_request;

constexpr char const* model = "gpt-4o-mini";

/// Counts how often it is asked for a token.
struct counting_credential
{
    asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        ++*asked;
        foundry::access_token token("a-token", std::chrono::system_clock::now() + 1h);
        co_return token;
    }

    std::shared_ptr<int> asked = std::make_shared<int>(0);
};

std::optional<foundry::error> refusal_of(std::function<void()> const& what)
{
    try {
        what();
    } catch (foundry::error const& e) {
        return e;
    }
    return std::nullopt;
}

TEST_CASE("promise: no credential is sent over plain http to another machine, and none is asked for")
{
    auto const refused = refusal_of([] { foundry::endpoint made{"http://contoso.openai.azure.com/openai/v1"}; });
    REQUIRE(refused);
    CHECK(refused->code() == errc::invalid_argument);
    CHECK(std::string_view(refused->what()).find("https://") != std::string_view::npos);

    asio::io_context context;
    foundry::endpoint const allowed{"HTTP://gpu-box.example:8000/v1", foundry::allow_plain_http()};
    foundry::endpoint led_away{"http://localhost:8080/v1"};
    led_away.connect_to("192.0.2.1", 80);
    counting_credential const counting;
    std::vector<foundry::any_credential> credentials;
    credentials.emplace_back(foundry::api_key{"a-key"});
    credentials.emplace_back(foundry::bearer_token{"a-token"});
    credentials.emplace_back(counting);
    for (foundry::endpoint const& where : {allowed, led_away}) {
        for (foundry::any_credential const& who : credentials) {
            auto const failed = refusal_of([&] { foundry::client<> made(context.get_executor(), where, who); });
            REQUIRE(failed);
            CHECK(failed->code() == errc::invalid_argument);
            CHECK(std::string_view(failed->what()).find("plain text") != std::string_view::npos);
        }
    }
    CHECK(*counting.asked == 0);
    foundry::client<> const without(context.get_executor(), allowed, foundry::no_credential());
}

asio::awaitable<void> expect_no_redirect(emulator& service, emulator& elsewhere, unsigned status, std::string to)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service);
    std::size_t const connections = service.connections();
    answer moved = answer::json(status, "");
    moved.header("Location", to);
    service.queue(moved);
    service.queue(moved);
    service.queue(moved);
    foundry::error const whole = co_await failure_of(client.complete(model, "Hello."));
    foundry::error const stream = co_await failure_of(client.stream(model, "Hello."));
    foundry::embedding_request const lines{"text-embedding-3-small", "Hello."};
    foundry::error const vectors = co_await failure_of(client.embed(lines));
    for (foundry::error const* failed : {&whole, &stream, &vectors}) {
        CHECK(failed->code() == errc::unexpected_reply);
        CHECK(failed->status() == status);
        std::string const what = failed->what();
        CHECK(what.find("redirect") != what.npos);
        CHECK(what.find("hunter2") == what.npos);
    }
    CHECK(service.connections() == connections + 1);
    CHECK(elsewhere.connections() == 0);
    foundry::chat_completion const next = co_await client.complete(model, "And now?");
    CHECK(!next.text().empty());
}

TEST_CASE("promise: a redirect is never followed, wherever it leads")
{
    emulator service;
    emulator elsewhere;
    std::string const port = std::to_string(elsewhere.tls_port());
    std::string const plain = std::to_string(elsewhere.plain_port());
    std::string const query = "/elsewhere?token=hunter2";
    for (unsigned const status : {301u, 302u, 303u, 307u, 308u}) {
        CAPTURE(status);
        run(expect_no_redirect(service, elsewhere, status, "https://localhost:" + port + query));
        run(expect_no_redirect(service, elsewhere, status, "http://localhost:" + plain + query));
        run(expect_no_redirect(service, elsewhere, status, query));
    }
}

/// What a program can put into the head of a request.
struct place
{
    char const* name;
    void (*put)(std::string const& text, foundry::options&, foundry::endpoint&, foundry::any_credential&,
                foundry::chat_request&, foundry::call_options&);
};

struct told_credential
{
    asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        foundry::access_token token(text, std::chrono::system_clock::now() + 1h);
        co_return token;
    }

    std::string text;
};

using text_t = std::string const;
using client_options = foundry::options;
using foundry::any_credential;
using foundry::call_options;
using foundry::chat_request;
using foundry::endpoint;

constexpr place places[] = {
    {"a header's value", [](text_t& t, client_options& o, endpoint&, any_credential&, chat_request&,
                            call_options&) { o.headers.emplace_back("x-a", t); }},
    {"a header's name", [](text_t& t, client_options& o, endpoint&, any_credential&, chat_request&,
                           call_options&) { o.headers.emplace_back(t, "a"); }},
    {"a call's header", [](text_t& t, client_options&, endpoint&, any_credential&, chat_request&,
                           call_options& c) { c.headers.emplace_back("x-a", t); }},
    {"an endpoint's header", [](text_t& t, client_options&, endpoint& e, any_credential&, chat_request&,
                                call_options&) { e.add_header("x-a", t); }},
    {"the user agent",
     [](text_t& t, client_options& o, endpoint&, any_credential&, chat_request&, call_options&) { o.user_agent = t; }},
    {"the request's id", [](text_t& t, client_options&, endpoint&, any_credential&, chat_request&,
                            call_options& c) { c.client_request_id = t; }},
    {"a key", [](text_t& t, client_options&, endpoint&, any_credential& who, chat_request&,
                 call_options&) { who = foundry::api_key{t}; }},
    {"a key's header", [](text_t& t, client_options&, endpoint&, any_credential& who, chat_request&,
                          call_options&) { who = foundry::api_key("a-key", t); }},
    {"a bearer token", [](text_t& t, client_options&, endpoint&, any_credential& who, chat_request&,
                          call_options&) { who = foundry::bearer_token{t}; }},
    {"a credential's token",
     [](text_t& t, client_options&, endpoint&, any_credential& who, chat_request&, call_options&) {
         told_credential told;
         told.text = t;
         who = told;
     }},
    {"the deployment",
     [](text_t& t, client_options&, endpoint&, any_credential&, chat_request& r, call_options&) { r.model = t; }},
    {"the api-version", [](text_t& t, client_options&, endpoint& e, any_credential&, chat_request&,
                           call_options&) { e.set_api_version(t); }},
    {"the host", [](text_t& t, client_options&, endpoint& e, any_credential&, chat_request&,
                    call_options&) { e = endpoint("https://" + t + ".openai.azure.com"); }},
    {"the path", [](text_t& t, client_options&, endpoint& e, any_credential&, chat_request&,
                    call_options&) { e = endpoint("https://contoso.openai.azure.com/openai/v1/" + t); }},
};

/// Whether the request is refused. Where it is not, it is sent with nothing in its head that a program did not put there.
asio::awaitable<bool> refuses(emulator& service, place const& where_to, std::string text)
{
    auto const executor = co_await asio::this_coro::executor;
    service.clear_journal();
    std::optional<foundry::error> failed;
    try {
        foundry::options with = trusting(service);
        foundry::endpoint where{"https://contoso.openai.azure.com"};
        foundry::any_credential who = foundry::api_key{service.api_key()};
        foundry::chat_request request{model};
        request.user("Hello.");
        foundry::call_options call;
        where_to.put(text, with, where, who, request, call);
        where.connect_to("127.0.0.1", service.tls_port());
        foundry::client<> client(executor, where, who, with);
        co_await client.complete(request, call);
    } catch (foundry::error const& e) {
        failed = e;
    }
    if (failed && failed->code() == errc::invalid_argument) {
        CHECK(std::string_view(failed->what()).find("njected") == std::string_view::npos);
        CHECK(service.journal().empty());
        co_return true;
    }
    for (recorded_request const& r : service.journal()) {
        CHECK(!r.header("injected"));
        CHECK(std::all_of(r.target.begin(), r.target.end(), [](char c) { return c > ' ' && c < '\x7f'; }));
    }
    co_return false;
}

TEST_CASE("promise: nothing that a program passes on can add a line to a request, or change its target")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        for (place const& where_to : places) {
            CAPTURE(std::string(where_to.name));
            std::string_view const name = where_to.name;
            bool const encoded = name == "the deployment" || name == "the api-version";
            for (int c = 0; c != 128; ++c) {
                if ((c >= ' ' && c < 127) || c == '\t')
                    continue;
                CAPTURE(c);
                std::string text = "a";
                text += static_cast<char>(c);
                text += "Injected: 1";
                bool const refused = co_await refuses(s, where_to, text);
                CHECK((refused || encoded));
            }
            bool const refused = co_await refuses(s, where_to, "a\r\nInjected: 1\r\n\r\nGET /x HTTP/1.1");
            CHECK((refused || encoded));
        }
    }(service));
}

/// Accepts, greets or not, and then says nothing more.
struct slow_case
{
    char const* name;
    answer (*make)();
    errc code;
};

asio::awaitable<void> expect_end(emulator& service, slow_case const& slow)
{
    foundry::options with = trusting(service);
    with.timeouts.first_byte = with.timeouts.silence = with.timeouts.stall = 150ms;
    foundry::any_credential who = foundry::api_key{service.api_key()};
    foundry::client<> client(co_await asio::this_coro::executor, at(service, urls[0]), who, with);
    service.queue(slow.make());
    foundry::error const failed = co_await failure_of(client.complete(model, "Hello."));
    CHECK(failed.code() == slow.code);
    foundry::chat_completion const next = co_await client.complete(model, "And now?");
    CHECK(!next.text().empty());
}

constexpr slow_case slow_cases[] = {
    {"silence", [] { return answer::raw("").hang(); }, errc::first_byte_timeout},
    {"half a head", [] { return answer::raw("HTTP/1.1 200 OK\r\nContent-").hang(); }, errc::silence_timeout},
    {"half a body", [] { return answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{").hang(); },
     errc::silence_timeout},
    {"a byte at a time",
     [] {
         return answer::json(200, std::string(9000, ' ')).chunking({200, 1}).pace(20ms);
     },
     errc::stall_timeout},
    {"a wait of days", [] { return answer::json(429, "{}").header("Retry-After", "410000"); }, errc::rate_limited},
};

TEST_CASE("promise: a server that is slow in any way is left at a time limit with a code of its own")
{
    emulator service;
    for (slow_case const& slow : slow_cases) {
        CAPTURE(std::string(slow.name));
        run(expect_end(service, slow));
    }
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        asio::ip::tcp::endpoint const any_port(asio::ip::address_v4::loopback(), 0);
        asio::ip::tcp::acceptor const mute(executor, any_port);
        foundry::options with = trusting(s);
        with.timeouts.tls = 150ms;
        foundry::endpoint where{urls[0]};
        where.connect_to("127.0.0.1", mute.local_endpoint().port());
        foundry::any_credential who = foundry::api_key{s.api_key()};
        foundry::client<> client(executor, where, who, with);
        foundry::error const failed = co_await failure_of(client.complete(model, "Hello."));
        CHECK(failed.code() == errc::tls_timeout);
        with.retry.max_retries = 3; // which the wait of days does not count among
        foundry::client<> patient(executor, at(s, urls[0]), who, with);
        answer busy = answer::json(429, "{}");
        busy.header("Retry-After", "410000");
        s.queue(busy);
        foundry::error const limited = co_await failure_of(patient.complete(model, "Hello."));
        CHECK(limited.code() == errc::rate_limited);
        CHECK(limited.retry_after() == std::chrono::seconds{410000});
        CHECK(limited.attempts().size() == 1);
    }(service));
}

std::string completion_text(std::string_view text)
{
    return R"({"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",)"
           R"("message":{"role":"assistant","content":")" +
           std::string(text) + "\"}}]}";
}

asio::awaitable<void> expect_own_answer(emulator& service, std::string ambiguous)
{
    foundry::client<> client = client_of(co_await asio::this_coro::executor, service);
    std::size_t const connections = service.connections();
    answer first = answer::raw(std::move(ambiguous));
    first.keep_open();
    service.queue(std::move(first));
    try {
        foundry::chat_completion const reply = co_await client.complete(model, "Hello.");
        CHECK(reply.text() == "first");
    } catch (foundry::error const& e) {
        CHECK((e.code() == errc::unexpected_reply || e.code() == errc::stream_truncated));
    }
    answer second = answer::json(200, completion_text("second"));
    service.queue(std::move(second));
    foundry::chat_completion const next = co_await client.complete(model, "And now?");
    CHECK(next.text() == "second");
    CHECK(service.connections() == connections + 2);
}

TEST_CASE("promise: an answer that is ambiguous or broken never becomes part of the next one")
{
    emulator service;
    std::string const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    std::string const body = completion_text("first");
    std::string const length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    std::string const smuggled = ok + length + "\r\n" + completion_text("wrong");
    std::string const answers[] = {
        ok + length + "\r\n" + body + smuggled,                              // another answer behind it
        ok + length + "\r\n" + body + "\r\n",                                // an empty line
        ok + "Content-Length: 5\r\n" + length + "\r\n" + body,               // two lengths
        ok + length + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + body,  // a length and a coding
        ok + "Transfer-Encoding: chunked\r\n" + length + "\r\n0\r\n\r\n",    // the same, the other way round
        ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n" + body,               // no size
        ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + smuggled, // a coding nobody asked for
        ok + "Content-Length: 2\r\nContent-Encoding: gzip\r\n\r\n{}",        // the same
        "HTTP/1.1 204 No Content\r\n" + length + "\r\n" + smuggled,          // a body where there is none
        "HTTP/2 200\r\n" + length + "\r\n" + body,                           // another protocol
        smuggled.substr(0, 12) + "\r\n" + smuggled.substr(smuggled.find('{')) + "\r\n\r\n" // no head
    };
    for (std::string const& a : answers) {
        CAPTURE(a);
        run(expect_own_answer(service, a));
    }
}

} // namespace foundry_test::promises_test
