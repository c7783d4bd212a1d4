// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Whatever is wrong, with the request, the answer or the way to the service: one clear error, and the client goes on.

#include "support/fixture.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;
using foundry::testing::emulator_options;
using foundry_test::failure_of;
using foundry_test::run;

constexpr char const* secret_key = "sekrit-key-4711";
constexpr char const* model = "gpt-4o-mini";
constexpr char const* foundry_url = foundry_test::urls[0];
constexpr char const* local_url = foundry_test::urls[3];

emulator_options strict_emulator()
{
    emulator_options with;
    with.api_key = secret_key;
    with.require_key_on_compatible = true;
    return with;
}

foundry::chat_request question(std::string deployment = model)
{
    foundry::chat_request request{std::move(deployment)};
    request.user("How many feet are in a mile?");
    return request;
}

/// A limit for tests that would else hang.
foundry::options trusting(emulator const& service)
{
    foundry::options with = foundry_test::trusting(service);
    with.timeouts.total = 30s;
    with.timeouts.stream_total = 30s;
    return with;
}

foundry::client<> make_client(asio::any_io_executor executor, foundry::endpoint where, foundry::options with,
                              std::string_view key = secret_key)
{
    foundry::any_credential who = foundry::api_key{key};
    return foundry::client<>(std::move(executor), std::move(where), std::move(who), std::move(with));
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// What every error of the library has to be: it says what is wrong and what to do, on one line, and no secret.
void expect_clear(foundry::error const& failed)
{
    std::string const what = failed.what();
    CAPTURE(what);
    CHECK(failed.code().category() == foundry::error_category());
    CHECK(!failed.message().empty());
    // Of a value that a model refuses, the service's own words may be all there is.
    bool const own_words = failed.code() == errc::bad_request || failed.code() == errc::unprocessable;
    CHECK((own_words || !failed.advice().empty()));
    CHECK(what.size() > 10);
    CHECK(!contains(what, secret_key));
    CHECK(!contains(failed.message(), secret_key));
    CHECK(!contains(failed.advice(), secret_key));
    CHECK(std::all_of(what.begin(), what.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20; }));
}

void expect_error(foundry::error const& failed, errc code, std::initializer_list<std::string_view> words = {})
{
    std::string const what = failed.what();
    CAPTURE(what);
    expect_clear(failed);
    CHECK(failed.code() == code);
    for (std::string_view const word : words) {
        CAPTURE(std::string(word));
        CHECK(contains(what, word));
    }
}

std::string completion_text(std::string const& text)
{
    return R"({"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",)"
           R"("message":{"role":"assistant","content":")" +
           text + "\"}}]}";
}

std::string event(std::string const& text)
{
    return "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
}

std::string const done_event = "data: [DONE]\n\n";

std::string sized(std::string const& fields, std::string const& body)
{
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string const stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string http_chunk(std::string const& bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string size;
    for (std::size_t n = bytes.size(); n != 0; n /= 16)
        size.insert(size.begin(), digits[n % 16]);
    return size + "\r\n" + bytes + "\r\n";
}

/// The same client answers a good question.
asio::awaitable<void> goes_on(emulator& service, foundry::client<>& client)
{
    CHECK(service.queued() == 0);
    answer good = answer::json(200, completion_text("fine"));
    service.queue(std::move(good));
    foundry::chat_request const request = question();
    foundry::chat_completion const reply = co_await client.complete(request);
    CHECK(reply.text() == "fine");
    CHECK(service.queued() == 0);
}

struct streamed
{
    streamed() = default;

    std::string text;
    std::size_t chunks = 0;
    std::optional<foundry::error> failed;
};

/// Reads a stream until it ends or fails. After a failure there is nothing more.
asio::awaitable<streamed> read_stream(foundry::client<>& client, foundry::chat_request const& request)
{
    streamed seen;
    std::optional<foundry::chat_stream> chunks;
    try {
        chunks = co_await client.stream(request);
        std::optional<foundry::chat_chunk> chunk = co_await chunks->next();
        while (chunk) {
            seen.text += chunk->text();
            ++seen.chunks;
            chunk = co_await chunks->next();
        }
    } catch (foundry::error const& e) {
        seen.failed = e;
    }
    if (chunks) {
        std::optional<foundry::chat_chunk> const nothing = co_await chunks->next();
        CHECK(!nothing);
    }
    co_return seen;
}

} // namespace

// ---- The request

namespace {

asio::awaitable<void> wrong_key(emulator& service, char const* url, std::string_view key)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options const with = trusting(service);
    foundry::any_credential who = foundry::no_credential{};
    if (!key.empty())
        who = foundry::api_key{key};
    foundry::endpoint const where = foundry_test::at(service, url);
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

} // namespace

TEST_CASE("a wrong key is unauthorized on every form, and the error names the header and never the key")
{
    emulator service(strict_emulator());
    for (char const* const url : foundry_test::urls) {
        CAPTURE(std::string(url));
        run(wrong_key(service, url, "not-the-key-of-anybody"));
    }
}

TEST_CASE("a missing key is unauthorized on every form")
{
    emulator service(strict_emulator());
    for (char const* const url : foundry_test::urls) {
        CAPTURE(std::string(url));
        run(wrong_key(service, url, ""));
    }
}

namespace {

asio::awaitable<void> unknown_deployment(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, foundry_test::at(service, url), trusting(service));
    foundry::chat_request const request = question("no-such-deployment");
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

} // namespace

TEST_CASE("an unknown deployment is named by the error on every form")
{
    emulator service(strict_emulator());
    for (char const* const url : foundry_test::urls) {
        CAPTURE(std::string(url));
        run(unknown_deployment(service, url));
    }
}

namespace {

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
    foundry::client<> client = make_client(executor, foundry_test::at(service, foundry_url), trusting(service));
    std::vector<bad_request> const all = bad_requests();
    for (bad_request const& bad : all) {
        CAPTURE(std::string(bad.name));
        co_await refuse_request(service, client, bad);
    }
}

} // namespace

TEST_CASE("a request that cannot work is refused by name, and nothing is sent")
{
    emulator service(strict_emulator());
    run(refuse_requests(service));
}

namespace {

asio::awaitable<void> refuse_embedding(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, foundry_test::at(service, foundry_url), trusting(service));
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

} // namespace

TEST_CASE("an embedding of nothing, or of what is not text, is refused, and nothing is sent")
{
    emulator service(strict_emulator());
    run(refuse_embedding(service));
}

namespace {

asio::awaitable<void> refuse_client_headers(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::chat_request const request = question();
    foundry::options spoilt[4] = {trusting(service), trusting(service), trusting(service), trusting(service)};
    spoilt[0].headers.emplace_back("x-a", "b\r\nInjected: 1");
    spoilt[1].headers.emplace_back("x-a\r\nInjected", "1");
    spoilt[2].user_agent = "me\r\nInjected: 1";
    spoilt[3].headers.emplace_back("Transfer-Encoding", "chunked");
    for (foundry::options const& with : spoilt) {
        std::optional<foundry::error> failed;
        try { // at construction or at the call
            foundry::client<> client = make_client(executor, foundry_test::at(service, foundry_url), with);
            failed = co_await failure_of(client.complete(request));
        } catch (foundry::error const& e) {
            failed = e;
        }
        expect_error(*failed, errc::invalid_argument);
        CHECK(!contains(failed->what(), "Injected: 1"));
    }
    CHECK(service.connections() == 0);
}

template <class F>
foundry::error refusal_of(F f)
{
    try {
        f();
    } catch (foundry::error const& e) {
        return e;
    }
    throw std::runtime_error("was to be refused and was not");
}

} // namespace

TEST_CASE("headers of the client's options with line breaks are refused, and nothing is sent")
{
    emulator service(strict_emulator());
    run(refuse_client_headers(service));
}

TEST_CASE("headers of an endpoint with line breaks are refused where they are set")
{
    foundry::endpoint where{foundry_url};
    for (char const* const value : {"b\r\nInjected: 1", "b\n", "b\r", " b", "b\x01"})
        expect_error(refusal_of([&] { where.add_header("x-a", value); }), errc::invalid_argument, {"x-a"});
    expect_error(refusal_of([&] { where.add_header("x\r\na", "b"); }), errc::invalid_argument);
    expect_error(refusal_of([&] { where.add_header("api-key", secret_key); }), errc::invalid_argument, {"credential"});
    CHECK(where.extra_headers().empty());
}

TEST_CASE("a key with anything but visible characters is refused where it is made, unrepeated")
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

// ---- The answer

namespace {

struct bad_answer
{
    bad_answer(std::string what, answer text, errc c, std::initializer_list<std::string_view> w = {})
        : name(std::move(what)),
          next(std::move(text)),
          code(c),
          words(w)
    {}

    std::string name;
    answer next;
    errc code;
    std::vector<std::string_view> words; // in what() or the advice
};

std::string long_answer(std::size_t size) { return completion_text(std::string(size, 'x')); }

/// The limits that go with bad_answers().
foundry::options small_limits(emulator const& service)
{
    foundry::options with = trusting(service);
    with.limits.head = 4096;
    with.limits.body = 4096;
    with.limits.event = 2048;
    with.limits.event_line = 2048;
    return with;
}

std::vector<bad_answer> bad_answers()
{
    std::string const good = completion_text("never seen");
    std::string const chunked =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string const html = "<html><body>Sign in to the guest network</body></html>";
    std::vector<bad_answer> all;
    auto const add = [&all](std::string name, answer next, errc code,
                            std::initializer_list<std::string_view> words = {}) {
        all.emplace_back(std::move(name), std::move(next), code, words);
    };

    add("a web page",
        answer::raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: " + std::to_string(html.size()) +
                    "\r\n\r\n" + html),
        errc::unexpected_reply, {"JSON"});
    add("a web page that stays connected", answer::json(200, html).header("Content-Type", "text/html"),
        errc::unexpected_reply, {"JSON"});
    add("nothing at all in the body", answer::json(200, ""), errc::unexpected_reply, {"JSON"});
    add("half of the JSON", answer::json(200, good.substr(0, good.size() / 2)), errc::unexpected_reply, {"JSON"});
    add("more than the JSON", answer::json(200, good + "x"), errc::unexpected_reply, {"JSON"});
    add("an array", answer::json(200, "[1,2]"), errc::unexpected_reply);
    add("an object without choices", answer::json(200, "{}"), errc::unexpected_reply, {"choices"});
    add("choices of another type", answer::json(200, R"({"choices":"none"})"), errc::unexpected_reply, {"choices"});
    add("a number too large to be one", answer::json(200, R"({"choices":[],"created":1e999})"), errc::unexpected_reply);
    add("JSON nested beyond reason", answer::json(200, R"({"choices":)" + std::string(500, '[')),
        errc::unexpected_reply);

    add("a greeting of another protocol", answer::raw("220 mail.example ESMTP\r\n\r\n"), errc::unexpected_reply,
        {"HTTP"});
    add("a greeting of another protocol, one line", answer::raw("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
        errc::unexpected_reply, {"HTTP"});
    add("an alert of TLS", answer::raw(std::string("\x15\x03\x01\x00\x02\x02\x46", 7)), errc::unexpected_reply,
        {"speak"});
    add("noise", answer::raw(std::string("\x00\xff\x13\x37\r\n\r\n\x80", 9)), errc::unexpected_reply, {"HTTP"});
    add("HTTP/2", answer::raw("HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\n{}"), errc::unexpected_reply, {"HTTP"});
    add("a switch of protocols", answer::raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
        errc::unexpected_reply);

    add("an end before the first byte", answer::json(200, good).cut_after(0), errc::connection_lost);
    add("an orderly end before the first byte", answer::raw(""), errc::connection_lost);
    add("an end within the status line", answer::json(200, good).cut_after(7), errc::stream_truncated);
    add("an end within the head", answer::json(200, good).cut_after(40), errc::stream_truncated);
    add("an orderly end within the head", answer::raw("HTTP/1.1 200 OK\r\nContent-Ty"), errc::stream_truncated);
    add("an end within the body", answer::raw(sized("", good)).cut_after(sized("", good).size() - 3),
        errc::stream_truncated);
    add("an orderly end within the body", answer::raw(sized("", good).substr(0, sized("", good).size() - 3)),
        errc::stream_truncated);
    add("an end behind the head", answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"), errc::stream_truncated);
    add("an end within a chunk", answer::raw(chunked + "100\r\n" + good.substr(0, 20)), errc::stream_truncated);
    add("an end within a chunk's size", answer::raw(chunked + "10"), errc::stream_truncated);
    add("an end before the last chunk", answer::raw(chunked + http_chunk(good)), errc::stream_truncated);

    add("a long body", answer::json(200, long_answer(6000)), errc::limit_exceeded, {"limit"});
    add("a long body in chunks", answer::json(200, long_answer(6000)).chunked(true), errc::limit_exceeded, {"limit"});
    add("a long head", answer::json(200, good).header("x-long", std::string(6000, 'x')), errc::limit_exceeded,
        {"limit"});
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i != 300; ++i)
        many += "a:\r\n";
    add("hundreds of fields", answer::raw(many + "Content-Length: 2\r\n\r\n{}"), errc::limit_exceeded, {"fields"});
    add("a chunk's header without an end", answer::raw(chunked + "5;" + std::string(40000, 'x')), errc::limit_exceeded);

    add("two lengths", answer::raw(sized("Content-Length: 5\r\n", good)), errc::unexpected_reply);
    add("a length and chunks", answer::raw(sized("Transfer-Encoding: chunked\r\n", http_chunk(good) + "0\r\n\r\n")),
        errc::unexpected_reply);
    add("gzip", answer::raw(sized("Content-Encoding: gzip\r\n", "\x1f\x8b\x08")), errc::unexpected_reply,
        {"compressed"});
    add("gzip as a transfer coding",
        answer::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), errc::unexpected_reply,
        {"coding"});
    std::string flood;
    for (int i = 0; i != 100; ++i)
        flood += "HTTP/1.1 100 Continue\r\n\r\n";
    add("interim answers without end", answer::raw(flood).hang(), errc::unexpected_reply, {"interim"});

    add("an error under status 200", answer::json(200, R"({"error":{"code":"429","message":"slow down"}})"),
        errc::rate_limited, {"slow down"});
    add("a server's error under status 200",
        answer::json(200, R"({"error":{"message":"it broke","type":"server_error","code":null}})"), errc::service_error,
        {"it broke"});
    return all;
}

asio::awaitable<void> play_bad_answers(emulator& service, char const* url)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options const with = small_limits(service);
    foundry::chat_request const request = question();
    std::vector<bad_answer> const all = bad_answers();
    for (bad_answer const& bad : all) {
        CAPTURE(bad.name);
        foundry::client<> client = make_client(executor, foundry_test::at(service, url), with);
        service.queue(bad.next);
        foundry::error const whole = co_await failure_of(client.complete(request));
        expect_error(whole, bad.code);
        std::string const said = std::string(whole.what()) + whole.advice();
        CAPTURE(said);
        for (std::string_view const word : bad.words)
            CHECK(contains(said, word));
        CHECK(!contains(whole.what(), "never seen"));
        co_await goes_on(service, client);
    }
}

} // namespace

TEST_CASE("a bad answer over TLS is one clear error, and the client goes on")
{
    emulator service(strict_emulator());
    run(play_bad_answers(service, foundry_url));
}

TEST_CASE("a bad answer over plain HTTP is one clear error, and the client goes on")
{
    emulator service(strict_emulator());
    run(play_bad_answers(service, local_url));
}

namespace {

asio::awaitable<void> truncate_unsized(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, foundry_test::at(service, foundry_url), trusting(service));
    foundry::chat_request const request = question();
    std::string const message =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + completion_text("all of it");
    answer whole = answer::raw(message);
    service.queue(std::move(whole));
    foundry::chat_completion const reply = co_await client.complete(request);
    CHECK(reply.text() == "all of it");
    answer cut = answer::raw(message).cut_after(message.size());
    service.queue(std::move(cut));
    foundry::error const failed = co_await failure_of(client.complete(request));
    expect_error(failed, errc::stream_truncated);
    co_await goes_on(service, client);
}

} // namespace

TEST_CASE("a body without a length ends with TLS's goodbye and not with the socket")
{
    emulator service(strict_emulator());
    run(truncate_unsized(service));
}

namespace {

asio::awaitable<void> skip_interim(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, foundry_test::at(service, foundry_url), trusting(service));
    foundry::chat_request const request = question();
    std::string const interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nx-early: 1\r\n\r\n";
    for (std::size_t const step : {std::size_t{100000}, std::size_t{1}}) {
        answer next =
            answer::raw(interim + sized("x-late: 1\r\n", completion_text("after all"))).chunking({step}).keep_open();
        service.queue(std::move(next));
        foundry::chat_completion const reply = co_await client.complete(request);
        CHECK(reply.text() == "after all");
        CHECK(reply.info().status() == 200);
        CHECK(reply.info().header("x-late") == "1");
        CHECK(reply.info().header("x-early").empty());
    }
    CHECK(service.connections() == 1);
}

} // namespace

TEST_CASE("interim answers before the real one are skipped")
{
    emulator service(strict_emulator());
    run(skip_interim(service));
}

namespace {

asio::awaitable<void> bad_embeddings(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options with = trusting(service);
    with.limits.embeddings_body = 2048;
    foundry::client<> client = make_client(executor, foundry_test::at(service, foundry_url), with);
    foundry::embedding_request texts{"text-embedding-3-small", "a mile"};
    texts.add("a foot");
    std::string const one = R"({"data":[{"index":0,"embedding":[1,2]}]})";
    for (std::string const& body :
         {std::string("{}"), one, std::string("<html>"),
          std::string(R"({"data":[{"index":0,"embedding":"!!!"},{"index":1,"embedding":"AAA="}]})")}) {
        CAPTURE(body);
        answer next = answer::json(200, body);
        service.queue(std::move(next));
        foundry::error const failed = co_await failure_of(client.embed(texts));
        expect_error(failed, errc::unexpected_reply);
    }
    answer large = answer::json(200, R"({"data":[],"x":")" + std::string(3000, 'x') + "\"}");
    service.queue(std::move(large));
    foundry::error const failed = co_await failure_of(client.embed(texts));
    expect_error(failed, errc::limit_exceeded);
    answer wrong = answer::json(200, R"({"error":{"code":"429","message":"slow down"}})");
    service.queue(std::move(wrong));
    foundry::error const reported = co_await failure_of(client.embed(texts));
    expect_error(reported, errc::rate_limited, {"slow down"});
    co_await goes_on(service, client);
}

} // namespace

TEST_CASE("an answer that is not the vectors that were asked for is refused")
{
    emulator service(strict_emulator());
    run(bad_embeddings(service));
}

// ---- The stream

namespace {

struct bad_stream
{
    bad_stream(std::string what, answer text, errc c, std::string first, std::initializer_list<std::string_view> w = {})
        : name(std::move(what)),
          next(std::move(text)),
          code(c),
          delivered(std::move(first)),
          words(w)
    {}

    std::string name;
    answer next;
    errc code;
    std::string delivered; // the text that comes before the error
    std::vector<std::string_view> words;
};

std::vector<bad_stream> bad_streams()
{
    std::string const ab = event("a") + event("b");
    std::string const end = "0\r\n\r\n";
    std::vector<bad_stream> all;
    auto const add = [&all](std::string name, answer next, errc code, std::string delivered,
                            std::initializer_list<std::string_view> words = {}) {
        all.emplace_back(std::move(name), std::move(next), code, std::move(delivered), words);
    };

    add("an end within an event", answer::raw(stream_head + http_chunk(ab) + http_chunk("data: {\"id\":")),
        errc::stream_truncated, "ab");
    add("a torn connection within an event",
        answer::raw(stream_head + http_chunk(ab) + http_chunk("data: {\"id\":") + "x")
            .cut_after(stream_head.size() + http_chunk(ab).size() + 12),
        errc::stream_truncated, "ab");
    add("an end within a chunk", answer::raw(stream_head + http_chunk(ab) + "50\r\ndata: {"), errc::stream_truncated,
        "ab");
    add("an end behind the head", answer::raw(stream_head), errc::stream_truncated, "");
    add("no end marker", answer::events(ab), errc::stream_truncated, "ab", {"end marker"});
    add("no event at all", answer::events(""), errc::stream_truncated, "");
    add("half an event, and an orderly end", answer::raw(stream_head + http_chunk(ab + "data: {\"id\"") + end),
        errc::stream_truncated, "ab");

    add("a long line", answer::events(ab + event(std::string(3000, 'x')) + done_event), errc::limit_exceeded, "ab",
        {"limit"});
    std::string lines;
    for (int i = 0; i != 300; ++i)
        lines += "data: 123456789\n";
    add("a long event of short lines", answer::events(ab + lines + "\n" + done_event), errc::limit_exceeded, "ab",
        {"limit"});
    add("a line without an end",
        answer::raw(stream_head + http_chunk(ab) + http_chunk("data: " + std::string(9000, 'x'))).hang(),
        errc::limit_exceeded, "ab");

    add("an event that is not JSON", answer::events(ab + "data: <html>\n\n" + done_event), errc::unexpected_reply,
        "ab");
    add("an event that is an array", answer::events(ab + "data: [1]\n\n" + done_event), errc::unexpected_reply, "ab");
    add("an error among the chunks",
        answer::events(ab + R"(data: {"error":{"message":"it broke","type":"server_error","code":null}})" + "\n\n" +
                       done_event),
        errc::service_error, "ab", {"it broke"});
    add("the content filter among the chunks",
        answer::events(ab + R"(data: {"error":{"message":"blocked","code":"content_filter","innererror":)"
                            R"({"content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}})"
                            "\n\n"),
        errc::content_filter, "ab", {"blocked"});
    add("an event of type error",
        answer::events(ab + "event: error\ndata: {\"error\":{\"message\":\"overloaded\",\"code\":\"429\"}}\n\n"),
        errc::rate_limited, "ab", {"overloaded"});
    add("an event of type error without a wrapper",
        answer::events(ab + "event: error\ndata: {\"message\":\"overloaded\",\"code\":\"503\"}\n\n"),
        errc::service_error, "ab", {"overloaded"});
    add("an error as the first event", answer::events("data: {\"error\":{\"message\":\"no\",\"code\":\"400\"}}\n\n"),
        errc::bad_request, "", {"no"});

    add("an error as a document", answer::json(200, R"({"error":{"code":"429","message":"slow down"}})"),
        errc::rate_limited, "", {"slow down"});
    add("a completion instead of a stream", answer::json(200, completion_text("whole")), errc::unexpected_reply, "",
        {"complete()"});
    add("a web page instead of a stream",
        answer::json(200, "<html><body>Sign in</body></html>").header("Content-Type", "text/html"),
        errc::unexpected_reply, "");
    return all;
}

asio::awaitable<void> play_bad_streams(emulator& service, char const* url, std::vector<std::size_t> sizes)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options const with = small_limits(service);
    foundry::chat_request const request = question();
    std::vector<bad_stream> const all = bad_streams();
    for (bad_stream const& bad : all) {
        CAPTURE(bad.name);
        foundry::client<> client = make_client(executor, foundry_test::at(service, url), with);
        answer next = bad.next;
        next.chunking(sizes);
        service.queue(std::move(next));
        streamed const seen = co_await read_stream(client, request);
        CHECK(seen.text == bad.delivered);
        if (!seen.failed) {
            FAIL_CHECK("the stream was to fail and did not");
            continue;
        }
        expect_error(*seen.failed, bad.code);
        CAPTURE(std::string(seen.failed->what()));
        for (std::string_view const word : bad.words)
            CHECK(contains(seen.failed->what(), word));
        if (bad.code == errc::content_filter)
            CHECK(seen.failed->content_filter().find("hate"));
        co_await goes_on(service, client);
    }
}

} // namespace

TEST_CASE("a bad stream over TLS ends with one clear error after the chunks before it, and the client goes on")
{
    emulator service(strict_emulator());
    run(play_bad_streams(service, foundry_url, {100000}));
    run(play_bad_streams(service, foundry_url, {1, 3, 17}));
}

TEST_CASE("a bad stream of an Azure host's other form ends in the same way")
{
    emulator service(strict_emulator());
    run(play_bad_streams(service, foundry_test::urls[1], {50}));
}

// ---- Time

namespace {

asio::awaitable<void> silence(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::chat_request const request = question();
    foundry::call_options hasty;
    hasty.timeouts.total = 100ms;
    foundry::client<> client = make_client(executor, foundry_test::at(service, foundry_url), trusting(service));

    answer mute = answer::raw("").hang();
    service.queue(mute);
    foundry::error const whole = co_await failure_of(client.complete(request, hasty));
    expect_error(whole, errc::total_timeout, {"timeouts.total"});
    service.queue(mute);
    foundry::error const stream = co_await failure_of(client.stream(request, hasty));
    expect_error(stream, errc::total_timeout, {"timeouts.total"});
    answer half = answer::raw(sized("", completion_text("x")).substr(0, 100)).hang();
    service.queue(std::move(half));
    foundry::error const body = co_await failure_of(client.complete(request, hasty));
    expect_error(body, errc::total_timeout);
    answer interim = answer::raw("HTTP/1.1 100 Continue\r\n\r\n").hang();
    service.queue(std::move(interim));
    foundry::error const head = co_await failure_of(client.complete(request, hasty));
    expect_error(head, errc::total_timeout);
    answer refused = answer::raw("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\n{\"message\":").hang();
    service.queue(std::move(refused));
    foundry::error const status = co_await failure_of(client.complete(request, hasty));
    expect_error(status, errc::service_error); // half an error's text is better than none
    CHECK(status.status() == 503);
    co_await goes_on(service, client);
}

asio::awaitable<void> silence_in_mid_stream(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::chat_request const request = question();
    foundry::options with = trusting(service);
    with.timeouts.silence = 100ms;
    foundry::client<> client = make_client(executor, foundry_test::at(service, foundry_url), with);

    answer stalled = answer::raw(stream_head + http_chunk(event("a"))).hang();
    service.queue(stalled);
    streamed const seen = co_await read_stream(client, request);
    CHECK(seen.text == "a");
    REQUIRE(seen.failed.has_value());
    expect_error(*seen.failed, errc::silence_timeout, {"timeouts.silence"});

    answer half = answer::raw(sized("", completion_text("x")).substr(0, 100)).hang();
    service.queue(std::move(half));
    foundry::error const body = co_await failure_of(client.complete(request));
    expect_error(body, errc::silence_timeout);
    co_await goes_on(service, client);
}

asio::awaitable<void> long_stream(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::chat_request const request = question();
    foundry::options with = trusting(service);
    with.timeouts.stream_total = 100ms;
    foundry::client<> client = make_client(executor, foundry_test::at(service, foundry_url), with);
    answer stalled = answer::raw(stream_head + http_chunk(event("a"))).hang();
    service.queue(std::move(stalled));
    streamed const seen = co_await read_stream(client, request);
    CHECK(seen.text == "a");
    REQUIRE(seen.failed.has_value());
    expect_error(*seen.failed, errc::total_timeout);
    co_await goes_on(service, client);
}

} // namespace

TEST_CASE("a server that says nothing, or stops, ends a call at its time limit")
{
    emulator service(strict_emulator());
    run(silence(service));
}

TEST_CASE("a server that falls silent within an answer ends the call at the silence limit")
{
    emulator service(strict_emulator());
    run(silence_in_mid_stream(service));
}

TEST_CASE("a stream ends at its own total limit where one is set")
{
    emulator service(strict_emulator());
    run(long_stream(service));
}

// ---- The way to the service

namespace {

/// The error of a call to an endpoint, the same for both ways to call.
asio::awaitable<foundry::error> failure_at(foundry::endpoint where, foundry::options with)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, std::move(where), std::move(with));
    foundry::chat_request const request = question();
    foundry::error const whole = co_await failure_of(client.complete(request));
    foundry::error const stream = co_await failure_of(client.stream(request));
    CHECK(whole.code() == stream.code());
    CHECK(whole.status() == 0);
    co_return whole;
}

asio::awaitable<void> expect_failure(foundry::endpoint where, foundry::options with, errc code,
                                     std::vector<std::string_view> words)
{
    foundry::error const failed = co_await failure_at(std::move(where), std::move(with));
    expect_error(failed, code);
    CAPTURE(std::string(failed.what()));
    for (std::string_view const word : words)
        CHECK(contains(failed.what(), word));
}

asio::awaitable<void> plain_to_tls(emulator& service)
{
    foundry::endpoint where{local_url};
    where.connect_to("127.0.0.1", service.tls_port());
    foundry::error const failed = co_await failure_at(std::move(where), trusting(service));
    expect_clear(failed);
    bool const known = failed.code() == errc::unexpected_reply || failed.code() == errc::connection_lost;
    CAPTURE(std::string(failed.what()));
    CHECK(known);
}

} // namespace

TEST_CASE("TLS to a port that speaks plain HTTP fails as TLS")
{
    emulator service(strict_emulator());
    foundry::endpoint where{foundry_url};
    where.connect_to("127.0.0.1", service.plain_port());
    run(expect_failure(where, trusting(service), errc::tls_failed, {"TLS"}));
    CHECK(service.journal().empty());
}

TEST_CASE("plain HTTP to a port that speaks TLS is an answer that is not HTTP, or none")
{
    emulator service(strict_emulator());
    run(plain_to_tls(service));
    CHECK(service.journal().empty());
}

TEST_CASE("a certificate of an authority that is not trusted ends the call before the key is sent")
{
    emulator service(strict_emulator());
    emulator const other;
    foundry::endpoint const where = foundry_test::at(service, foundry_url);
    run(expect_failure(where, trusting(other), errc::tls_failed, {"certificate", "ca_certificates"}));
    CHECK(service.journal().empty());
}

TEST_CASE("the system's authorities do not vouch for an emulator")
{
    emulator service(strict_emulator());
    foundry::endpoint const where = foundry_test::at(service, foundry_url);
    foundry::options with;
    with.timeouts.total = 30s;
    try {
        run(expect_failure(where, with, errc::tls_failed, {"certificate"}));
    } catch (foundry::error const& e) { // a machine without any
        expect_error(e, errc::no_ca_store);
    }
    CHECK(service.journal().empty());
}

TEST_CASE("authorities that are not certificates are refused where the client is made")
{
    asio::io_context context;
    foundry::options with;
    with.tls.ca_certificates = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n";
    expect_error(refusal_of([&] {
                     foundry::client<foundry::api_key> made(context, foundry::endpoint{foundry_url},
                                                            foundry::api_key{secret_key}, with);
                 }),
                 errc::invalid_argument, {"ca_certificates", "PEM"});
}

TEST_CASE("a certificate for another host ends the call before the key is sent")
{
    emulator service(strict_emulator());
    for (char const* const url : {"https://other.example/v1", "https://contoso.services.ai.azure.com.example/v1",
                                  "https://a.b.openai.azure.com/openai/v1", "https://192.0.2.1/v1"}) {
        CAPTURE(std::string(url));
        foundry::endpoint where{url};
        where.connect_to("127.0.0.1", service.tls_port());
        run(expect_failure(where, trusting(service), errc::tls_failed, {"certificate"}));
    }
    CHECK(service.journal().empty());
}

TEST_CASE("nobody listening is a failed connection that names address and port")
{
    emulator service(strict_emulator());
    asio::io_context context;
    asio::ip::tcp::socket bound(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)); // never listens
    std::uint16_t const port = bound.local_endpoint().port();
    for (char const* const url : {foundry_url, local_url}) {
        foundry::endpoint where{url};
        where.connect_to("127.0.0.1", port);
        std::string const named = std::to_string(port);
        std::vector<std::string_view> const words{"127.0.0.1", named};
        run(expect_failure(where, trusting(service), errc::connect_failed, words));
    }
}

TEST_CASE("a host that does not exist is named by the error")
{
    emulator service(strict_emulator());
    run(expect_failure(foundry::endpoint{"https://no-such-host.invalid/v1"}, trusting(service), errc::resolve_failed,
                       {"no-such-host.invalid", "name"}));
}
