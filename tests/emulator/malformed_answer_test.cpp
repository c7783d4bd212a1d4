// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Answers that are malformed, truncated, too large or none: one clear error each, and the client goes on.

#include "support/clear_error.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::malformed_answer_test {

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
        foundry::client<> client = make_client(executor, at(service, url), with);
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

TEST_CASE("malformed answer: over TLS it gives one clear error, and the client stays usable")
{
    emulator service(strict_emulator());
    run(play_bad_answers(service, foundry_url));
}

TEST_CASE("malformed answer: over plain HTTP it gives one clear error, and the client stays usable")
{
    emulator service(strict_emulator());
    run(play_bad_answers(service, local_url));
}

asio::awaitable<void> truncate_unsized(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, at(service, foundry_url), limited(service));
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

TEST_CASE("truncated answer: a body without a length ends with close_notify of TLS and not with the socket")
{
    emulator service(strict_emulator());
    run(truncate_unsized(service));
}

asio::awaitable<void> skip_interim(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client = make_client(executor, at(service, foundry_url), limited(service));
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

TEST_CASE("interim responses: 1xx answers before the final one are skipped")
{
    emulator service(strict_emulator());
    run(skip_interim(service));
}

asio::awaitable<void> bad_embeddings(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options with = limited(service);
    with.limits.embeddings_body = 2048;
    foundry::client<> client = make_client(executor, at(service, foundry_url), with);
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

TEST_CASE("malformed answer: embeddings that do not match the request are rejected")
{
    emulator service(strict_emulator());
    run(bad_embeddings(service));
}

} // namespace foundry_test::malformed_answer_test
