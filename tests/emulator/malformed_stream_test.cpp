// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Streams that are malformed, truncated or too large: the chunks before the fault arrive, then one clear error.

#include "support/clear_error.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::malformed_stream_test {

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
    std::string many;
    for (int i = 0; i != 40; ++i)
        many += http_chunk(event("a"));
    add("a chunk without a size, behind many that came with it", answer::raw(stream_head + many + "ZZZ\r\n"),
        errc::unexpected_reply, std::string(40, 'a'), {"no size"});
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
        foundry::client<> client = make_client(executor, at(service, url), with);
        answer next = bad.next;
        next.chunking(sizes);
        service.queue(std::move(next));
        stream_outcome const seen = co_await read_stream(client, request);
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

TEST_CASE("malformed stream: over TLS it gives one clear error after the chunks before it, and the client stays usable")
{
    emulator service(strict_emulator());
    run(play_bad_streams(service, foundry_url, {100000}));
    run(play_bad_streams(service, foundry_url, {1, 3, 17}));
}

TEST_CASE("malformed stream: it ends in the same way on the other form of an Azure host")
{
    emulator service(strict_emulator());
    run(play_bad_streams(service, urls[1], {50}));
}

} // namespace foundry_test::malformed_stream_test
