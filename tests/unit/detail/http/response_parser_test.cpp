// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/http/response_parser.hpp>

#include <foundry/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::response_parser_test {

using foundry::errc;
using foundry::http::response_parser;

struct text_sink final : foundry::http::body_sink
{
    void on_body(std::string_view bytes) override { text.append(bytes); }
    std::string text;
};

constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

/// Drives a parser as a connection does: what it does not take comes again with more behind it.
struct reading
{
    explicit reading(std::size_t head_limit = 64 * 1024, std::size_t limit = no_limit)
        : parser(head_limit),
          body_limit(limit)
    {}

    void receive(std::string_view bytes)
    {
        held.append(bytes);
        std::size_t used = 0;
        do {
            if (parser.has_head() && !delivering) {
                delivering = true;
                parser.deliver_to(&body, body_limit);
            }
            used = parser.done() ? 0 : parser.feed(held);
            held.erase(0, used);
        } while (used != 0 && !held.empty());
        if (parser.has_head() && !delivering) {
            delivering = true;
            parser.deliver_to(&body, body_limit);
        }
    }

    std::string header(std::string_view name)
    {
        for (auto const& [key, value] : parser.head().headers)
            if (key == name)
                return std::string(value);
        return "(none)";
    }

    response_parser parser;
    std::size_t body_limit;
    text_sink body;
    std::string held;
    bool delivering = false;
};

struct outcome
{
    std::optional<foundry::error> failed;
    unsigned status = 0;
    std::string body;
    std::string rest;
    std::size_t headers = 0;
    bool done = false;
    bool keep_alive = false;
};

/// Feeds the pieces, then the end of the connection where the message wants more.
outcome read_pieces(std::vector<std::string_view> const& pieces, std::size_t head_limit = 64 * 1024,
                    std::size_t body_limit = no_limit)
{
    outcome o;
    reading r(head_limit, body_limit);
    try {
        for (std::string_view const piece : pieces)
            r.receive(piece);
        if (!r.parser.done())
            r.parser.end();
    } catch (foundry::error const& e) {
        o.failed = e;
    }
    o.status = r.parser.head().status;
    o.headers = r.parser.head().headers.size();
    o.body = r.body.text;
    o.rest = r.held;
    o.done = r.parser.done();
    o.keep_alive = o.done && r.parser.keep_alive();
    return o;
}

outcome read_whole(std::string_view message) { return read_pieces({message}); }

errc code_of(std::string_view message)
{
    outcome const o = read_whole(message);
    REQUIRE(o.failed.has_value());
    CAPTURE(o.failed->what());
    CHECK(!o.failed->message().empty());
    CHECK(!o.failed->advice().empty());
    for (errc const code : {errc::unexpected_reply, errc::limit_exceeded, errc::stream_truncated})
        if (o.failed->code() == code)
            return code;
    return errc::invalid_argument;
}

bool same(outcome const& a, outcome const& b)
{
    bool const alike =
        a.failed.has_value() == b.failed.has_value() &&
        (!a.failed || (a.failed->code() == b.failed->code() && a.failed->message() == b.failed->message()));
    if (a.failed)
        return alike && a.body == b.body; // how much had been taken by then is nobody's business
    return alike && a.status == b.status && a.body == b.body && a.rest == b.rest && a.headers == b.headers &&
           a.done == b.done && a.keep_alive == b.keep_alive;
}

/// The same in two pieces at every split point, and byte by byte.
void expect_same_however_split(std::string const& message)
{
    CAPTURE(message);
    outcome const whole = read_whole(message);
    std::string_view const m = message;
    for (std::size_t at = 1; at < m.size(); ++at) {
        CAPTURE(at);
        CHECK(same(whole, read_pieces({m.substr(0, at), m.substr(at)})));
    }
    std::vector<std::string_view> bytes;
    for (std::size_t at = 0; at != m.size(); ++at)
        bytes.push_back(m.substr(at, 1));
    CHECK(same(whole, read_pieces(bytes)));
}

std::string const ok = "HTTP/1.1 200 OK\r\n";

TEST_CASE("response_parser: a response with a length is read to its last byte and no further")
{
    outcome const o = read_whole(ok + "Content-Type: application/json\r\nContent-Length: 5\r\n\r\nhello");
    CHECK(!o.failed);
    CHECK(o.status == 200);
    CHECK(o.body == "hello");
    CHECK(o.done);
    CHECK(o.keep_alive);
    CHECK(o.headers == 2);
}

TEST_CASE("response_parser: header fields keep their spelling and their order, and blanks around a value go")
{
    reading r;
    r.receive(ok + "X-One:   1  \r\nx-two:2\r\nX-One: 3\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(r.parser.has_head());
    CHECK(r.parser.done());
    REQUIRE(r.parser.head().headers.size() == 4);
    CHECK(r.parser.head().headers[0].name == "X-One");
    CHECK(r.parser.head().headers[0].value == "1");
    CHECK(r.parser.head().headers[1].name == "x-two");
    CHECK(r.parser.head().headers[1].value == "2");
    CHECK(r.parser.head().headers[2].name == "X-One");
    CHECK(r.parser.head().headers[2].value == "3");
}

TEST_CASE("response_parser: parsing stops after the head until the body has a destination")
{
    reading r;
    std::string const message = ok + "Content-Length: 5\r\n\r\nhello";
    std::size_t const used = r.parser.feed(message);
    CHECK(used == message.size() - 5);
    CHECK(r.parser.has_head());
    CHECK(!r.parser.done());
    r.parser.deliver_to(&r.body, no_limit);
    CHECK(r.parser.feed(message.substr(used)) == 5);
    CHECK(r.body.text == "hello");
    CHECK(r.parser.done());
}

TEST_CASE("response_parser: a chunked body loses its framing, chunk extensions and trailers")
{
    outcome const o =
        read_whole(ok + "Transfer-Encoding: chunked\r\n\r\n5;ext=\"1\"\r\nhello\r\n0001\r\n \r\n5\r\nworld\r\n0\r\n"
                        "X-Trailer: secret\r\n\r\n");
    CHECK(!o.failed);
    CHECK(o.body == "hello world");
    CHECK(o.done);
    CHECK(o.keep_alive);
    CHECK(o.headers == 1); // no trailer
    for (char const* const extensions : {";a", ";a;b=c", " ; a = \"x;\\\"y\" ;b", ";a=\"\""}) {
        CAPTURE(std::string(extensions));
        outcome const extended =
            read_whole(ok + "Transfer-Encoding: chunked\r\n\r\n5" + extensions + "\r\nhello\r\n0\r\n\r\n");
        CHECK(!extended.failed);
        CHECK(extended.body == "hello");
    }
}

TEST_CASE("response_parser: a body without a length ends with the connection, which carries nothing more")
{
    outcome const o = read_whole(ok + "\r\nall there is");
    CHECK(!o.failed);
    CHECK(o.body == "all there is");
    CHECK(o.done);
    CHECK(!o.keep_alive);
}

TEST_CASE("response_parser: statuses without a body need no length")
{
    for (char const* const status : {"204 No Content", "304 Not Modified"}) {
        CAPTURE(std::string(status));
        outcome const o = read_whole("HTTP/1.1 " + std::string(status) + "\r\nX: y\r\n\r\n");
        CHECK(!o.failed);
        CHECK(o.done);
        CHECK(o.body.empty());
        CHECK(o.keep_alive);
    }
}

TEST_CASE("response_parser: the connection is kept only if HTTP says so")
{
    std::string const none = "Content-Length: 0\r\n\r\n";
    CHECK(read_whole("HTTP/1.1 200 OK\r\n" + none).keep_alive);
    CHECK(!read_whole("HTTP/1.1 200 OK\r\nConnection: close\r\n" + none).keep_alive);
    CHECK(!read_whole("HTTP/1.1 200 OK\r\nconnection: foo, Close\r\n" + none).keep_alive);
    CHECK(!read_whole("HTTP/1.0 200 OK\r\n" + none).keep_alive);
    CHECK(read_whole("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + none).keep_alive);
}

TEST_CASE("response_parser: bytes after the message are not consumed")
{
    for (std::string const& message :
         {ok + "Content-Length: 2\r\n\r\nhi", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"}) {
        outcome const o = read_whole(message + "HTTP/1.1 200 OK\r\n");
        CHECK(!o.failed);
        CHECK(o.body == "hi");
        CHECK(o.done);
        CHECK(o.rest == "HTTP/1.1 200 OK\r\n");
    }
}

TEST_CASE("response_parser: a message parses the same wherever it is split")
{
    for (std::string const& message : std::vector<std::string>{
             ok + "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"a\": \"\xc3\xa9\"} \n",
             ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10;x=y\r\n0123456789abcdef\r\n0\r\nT: v\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n and more",
             ok + "\r\nuntil the end",
             "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
             "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok +
                 "Content-Length: 2\r\n\r\nhi",
             ok + "Content-Length: 2\r\n\r\nhi and more",
             ok + "Content-Length: 20\r\n\r\ntoo short",
             ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
             ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n",
             ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
             ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab",
             "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}",
         })
        expect_same_however_split(message);
}

TEST_CASE("response_parser: a message that ends early is truncated, wherever it ends")
{
    for (std::string const& message : std::vector<std::string>{
             ok + "Content-Length: 5\r\n\r\nhello",
             ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             "HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 1\r\n\r\nx",
         }) {
        for (std::size_t size = 1; size < message.size(); ++size) {
            CAPTURE(message.substr(0, size));
            outcome const o = read_pieces({std::string_view(message).substr(0, size)});
            REQUIRE(o.failed.has_value());
            CHECK(o.failed->code() == errc::stream_truncated);
            CHECK(!o.done);
        }
    }
}

TEST_CASE("response_parser: interim responses are skipped, at most eight of them")
{
    std::string const last = ok + "Content-Length: 2\r\n\r\nhi";
    std::string interim;
    for (int i = 0; i != 8; ++i)
        interim +=
            "HTTP/1.1 10" + std::string(i % 2 == 0 ? "0 Continue" : "3 Early Hints") + "\r\nX-Interim: 1\r\n\r\n";
    outcome const o = read_whole(interim + last);
    CHECK(!o.failed);
    CHECK(o.status == 200);
    CHECK(o.body == "hi");
    CHECK(o.headers == 1); // none of the interim ones
    outcome const flood = read_whole(interim + "HTTP/1.1 100 Continue\r\n\r\n" + last);
    REQUIRE(flood.failed.has_value());
    CHECK(flood.failed->code() == errc::unexpected_reply);
    CHECK(flood.failed->message().find("interim") != std::string::npos);
}

TEST_CASE("response_parser: ambiguous framing is rejected")
{
    for (char const* const fields : {
             "Content-Length: 5\r\nContent-Length: 6",
             "Content-Length: 5, 6",
             "Content-Length: +5",
             "Content-Length: -5",
             "Content-Length: 0x5",
             "Content-Length: 5 5",
             "Content-Length: 99999999999999999999999",
             "Content-Length: ",
             "Content-Length: 5\r\nTransfer-Encoding: chunked",
             "Transfer-Encoding: chunked\r\nContent-Length: 5",
             "Transfer-Encoding: gzip, chunked",
             "Transfer-Encoding: identity",
             "Transfer-Encoding: gzip",
             "Transfer-Encoding: chunked, chunked",
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip",
             "Content-Encoding: gzip\r\nContent-Length: 5",
             "Content-Encoding: br\r\nContent-Length: 5",
             "Content-Encoding: identity, gzip\r\nContent-Length: 5",
         }) {
        CAPTURE(std::string(fields));
        CHECK(code_of(ok + fields + "\r\n\r\nhello") == errc::unexpected_reply);
    }
}

TEST_CASE("response_parser: equal lengths, and codings that change nothing, are accepted")
{
    for (char const* const fields : {
             "Content-Length: 5\r\nContent-Length: 5",
             "Content-Encoding: identity\r\nContent-Length: 5",
             "content-length:5",
         }) {
        CAPTURE(std::string(fields));
        outcome const o = read_whole(ok + fields + "\r\n\r\nhello");
        CHECK(!o.failed);
        CHECK(o.body == "hello");
        CHECK(o.keep_alive);
    }
    outcome const o = read_whole(ok + "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    CHECK(!o.failed);
    CHECK(o.body == "hello");
}

TEST_CASE("response_parser: a length in a trailer changes nothing")
{
    outcome const o = read_whole(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n");
    CHECK(!o.failed);
    CHECK(o.body == "hello");
    CHECK(o.done);
}

TEST_CASE("response_parser: a response that is not HTTP/1 is rejected")
{
    for (std::string const& message : std::vector<std::string>{
             "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n",
             "HTTP/2 200 OK\r\n\r\n",
             "HTTP/3.0 200 OK\r\n\r\n",
             "ICY 200 OK\r\n\r\n",
             "HTTP/1.1 20 OK\r\n\r\n",
             "HTTP/1.1 2000 OK\r\n\r\n",
             "HTTP/1.1 abc OK\r\n\r\n",
             "HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n",
             "HTTP/1.1 600 High\r\nContent-Length: 0\r\n\r\n",
             "HTTP/1.1 999 High\r\nContent-Length: 0\r\n\r\n",
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
             "HTTP/1.1 200 OK\nContent-Length: 0\n\n\r\n\r\n",
             ok + "Bad Name: 1\r\n\r\n",
             ok + "Name : 1\r\n\r\n",
             ok + ": 1\r\n\r\n",
             ok + "no colon\r\n\r\n",
             ok + "X: a\rb\r\n\r\n",
             ok + std::string("X: a\0b\r\n\r\n", 10),
             ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n0\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n5;\r\nhello\r\n0\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n5;a=\r\nhello\r\n0\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n5;a=\"b\r\nhello\r\n0\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n5 a\r\nhello\r\n0\r\n\r\n",
             ok + " X: a\r\nContent-Length: 0\r\n\r\n",
             ok + "Content-Length: 1\r\n 0\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nBad Trailer: 1\r\n\r\n",
         }) {
        CAPTURE(message);
        CHECK(code_of(message) == errc::unexpected_reply);
    }
}

TEST_CASE("response_parser: bytes that are not HTTP are rejected at their end at the latest")
{
    for (std::string const& message : std::vector<std::string>{
             "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
             std::string("\x15\x03\x01\x00\x02\x02\x46", 7), // a TLS alert
             "<html>no head at all</html>",
             "{\"error\": \"no head at all\"}",
         }) {
        CAPTURE(message);
        CHECK(code_of(message) == errc::unexpected_reply);
    }
}

TEST_CASE("response_parser: a head may be as long as its limit, and not much longer")
{
    std::string const head = ok + "X-Long: " + std::string(1000, 'a') + "\r\nContent-Length: 2\r\n\r\n";
    outcome const fits = read_pieces({head, "hi"}, head.size());
    CHECK(!fits.failed);
    CHECK(fits.body == "hi");
    for (std::size_t const limit : {head.size() / 2, head.size() - 64}) {
        CAPTURE(limit);
        outcome const o = read_pieces({head, "hi"}, limit);
        REQUIRE(o.failed.has_value());
        CHECK(o.failed->code() == errc::limit_exceeded);
        CHECK(o.failed->advice().find("limit") != std::string::npos);
    }
}

TEST_CASE("response_parser: a head without an end is rejected at its limit, not kept")
{
    for (std::string const& endless : std::vector<std::string>{"X-Endless: " + std::string(2000, 'a'), [] {
                                                                   std::string many;
                                                                   for (int i = 0; i != 200; ++i)
                                                                       many += "X: 12345\r\n";
                                                                   return many;
                                                               }()}) {
        reading r(1024);
        std::size_t fed = 0;
        std::optional<foundry::error> failed;
        std::string const message = ok + endless;
        try {
            for (; fed != message.size(); ++fed)
                r.receive(std::string_view(message).substr(fed, 1));
        } catch (foundry::error const& e) {
            failed = e;
        }
        REQUIRE(failed.has_value());
        CHECK(failed->code() == errc::limit_exceeded);
        CHECK(fed <= 1024 + 8);
    }
}

TEST_CASE("response_parser: more than 256 fields are rejected")
{
    std::string fields;
    for (int i = 0; i != 255; ++i)
        fields += "a: b\r\n";
    CHECK(!read_whole(ok + fields + "Content-Length: 0\r\n\r\n").failed);
    CHECK(code_of(ok + fields + "a: b\r\nContent-Length: 0\r\n\r\n") == errc::limit_exceeded);
}

TEST_CASE("response_parser: a body may be as long as its limit, and no longer")
{
    std::string const sized = ok + "Content-Length: 10\r\n\r\n0123456789";
    std::string const chunked = ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n";
    std::string const unsized = ok + "\r\n0123456789";
    for (std::string const& message : {sized, chunked, unsized}) {
        CAPTURE(message);
        outcome const fits = read_pieces({message}, 4096, 10);
        CHECK(!fits.failed);
        CHECK(fits.body == "0123456789");
        outcome const o = read_pieces({message}, 4096, 9);
        REQUIRE(o.failed.has_value());
        CHECK(o.failed->code() == errc::limit_exceeded);
        CHECK(o.failed->message().find("larger than the limit") != std::string::npos);
        CHECK(o.body.size() <= 9);
    }
}

TEST_CASE("response_parser: a chunk's header or a trailer without an end takes no memory")
{
    for (std::string const& start : {"5;" + std::string(), "0\r\nX: " + std::string()}) {
        reading r;
        r.receive(ok + "Transfer-Encoding: chunked\r\n\r\n" + start);
        std::size_t most = 0;
        bool refused = false;
        try {
            for (int i = 0; i != 100 && !refused; ++i) {
                r.receive(std::string(1000, 'x'));
                most = std::max(most, r.held.size());
                refused = r.held.size() > 8 * 1024; // what the connection refuses
            }
        } catch (foundry::error const& e) {
            refused = true;
            CHECK(e.code() == errc::limit_exceeded);
        }
        CHECK(refused);
        CHECK(most < 10000);
    }
}

TEST_CASE("response_parser: a discarded body is still counted")
{
    response_parser parser(4096);
    std::string const message = ok + "Content-Length: 5\r\n\r\nhello";
    std::size_t const used = parser.feed(message);
    parser.deliver_to(nullptr, 5);
    CHECK(parser.feed(std::string_view(message).substr(used)) == 5);
    CHECK(parser.done());

    response_parser strict(4096);
    CHECK(strict.feed(message) == used);
    strict.deliver_to(nullptr, 4);
    CHECK_THROWS_AS(strict.feed(std::string_view(message).substr(used)), foundry::error);
}

TEST_CASE("response_parser: a moved parser continues where it was")
{
    reading r;
    r.receive(ok + "Content-Length: 5\r\n\r\nhe");
    response_parser moved = std::move(r.parser);
    CHECK(moved.feed("llo") == 3);
    CHECK(r.body.text == "hello");
    CHECK(moved.done());
}

} // namespace foundry_test::response_parser_test
