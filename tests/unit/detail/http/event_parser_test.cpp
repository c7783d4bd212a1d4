// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/report.hpp"

#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/http/event_parser.hpp>

#include <foundry/error.hpp>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry_test::event_parser_test {

using foundry::http::event_parser;

struct seen_event
{
    std::string type;
    std::string data;
    std::string id;
    std::optional<std::uint64_t> retry;

    bool operator==(seen_event const&) const = default;
};

std::ostream& operator<<(std::ostream& out, seen_event const& e)
{
    return out << '{' << e.type << ", " << e.data << ", " << e.id << ", "
               << (e.retry ? std::to_string(*e.retry) : "none") << '}';
}

struct outcome
{
    std::vector<seen_event> events;
    std::string last_event_id;
    std::optional<std::uint64_t> retry;
    std::size_t comments = 0;

    bool operator==(outcome const&) const = default;
};

std::ostream& operator<<(std::ostream& out, outcome const& o)
{
    for (auto const& e : o.events)
        out << e << ' ';
    return out << "last id " << o.last_event_id << ", retry " << (o.retry ? std::to_string(*o.retry) : "none")
               << ", comments " << o.comments;
}

void drain(event_parser& parser, std::vector<seen_event>& events)
{
    foundry::http::event e;
    while (parser.next(e))
        events.push_back({std::string(e.type), std::string(e.data), std::string(e.id), e.retry});
}

outcome parse(std::vector<std::string_view> const& pieces)
{
    event_parser parser;
    outcome result;
    for (auto const piece : pieces) {
        // The parser must not keep a view of what it was fed.
        std::string passing(piece);
        parser.feed(passing);
        passing.assign(passing.size(), '!');
        drain(parser, result.events);
    }
    result.last_event_id = parser.last_event_id();
    result.retry = parser.retry();
    result.comments = parser.comments();
    return result;
}

std::vector<std::string_view> cut(std::string_view text, std::size_t size)
{
    std::vector<std::string_view> pieces;
    for (; !text.empty(); text.remove_prefix(std::min(size, text.size())))
        pieces.push_back(text.substr(0, size));
    return pieces;
}

std::vector<seen_event> events_of(std::string_view text)
{
    auto const events = parse({text}).events;
    CHECK(parse(cut(text, 1)).events == events);
    return events;
}

std::string decode_base64(std::string_view text)
{
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (char const c : text.substr(0, text.find('='))) {
        bits = bits << 6 | static_cast<std::uint32_t>(alphabet.find(c));
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xff);
        }
    }
    return out;
}

std::string text_of(boost::json::value const& v) { return std::string(v.as_string()); }

std::optional<std::uint64_t> retry_of(boost::json::value const& v)
{
    return v.is_null() ? std::nullopt : std::optional(v.to_number<std::uint64_t>());
}

outcome expected_of(boost::json::object const& c)
{
    outcome result;
    for (auto const& e : c.at("events").as_array())
        result.events.push_back(
            {text_of(e.at("event")), text_of(e.at("data")), text_of(e.at("id")), retry_of(e.at("retry"))});
    result.last_event_id = text_of(c.at("final_last_event_id"));
    result.retry = retry_of(c.at("final_retry_ms"));
    result.comments = c.at("comments").to_number<std::size_t>();
    return result;
}

boost::json::array load_cases()
{
    std::ifstream file(FOUNDRY_TEST_DATA "/sse_cases.json", std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    return boost::json::parse(text).at("cases").as_array();
}

TEST_CASE("event_parser: every case of sse_cases.json has the same events in any chunking")
{
    auto const cases = load_cases();
    CHECK(cases.size() >= 77);
    for (auto const& value : cases) {
        auto const& c = value.as_object();
        auto const body = decode_base64(text_of(c.at("body_b64")));
        auto const expected = expected_of(c);
        INFO(text_of(c.at("name")));
        CHECK(parse({body}) == expected);
        for (std::size_t const size : {1U, 2U, 3U, 7U})
            CHECK(parse(cut(body, size)) == expected);

        std::size_t wrong_splits = 0;
        auto const whole = std::string_view(body);
        // A large body is split at every seventh byte: seven is prime to the length of every UTF-8 sequence.
        std::size_t const step = whole.size() > 2048 ? 7 : 1;
        for (std::size_t at = 0; at <= whole.size(); at += step)
            wrong_splits += !(parse({whole.substr(0, at), whole.substr(at)}) == expected);
        CHECK(wrong_splits == 0);
    }
    foundry_test::report("event stream cases", cases.size());
}

TEST_CASE("event_parser: a byte order mark is removed once, and only from the start")
{
    CHECK(events_of("\xef\xbb\xbf"
                    "data: a\n\n") == std::vector<seen_event>{{"message", "a", "", {}}});
    CHECK(events_of("\n\xef\xbb\xbf"
                    "data: a\n\n")
              .empty());
    CHECK(events_of("\xef\xbb\ndata: a\n\n") == std::vector<seen_event>{{"message", "a", "", {}}});
}

TEST_CASE("event_parser: the start of a byte order mark waits for the rest of it")
{
    event_parser parser;
    foundry::http::event e;
    parser.feed("\xef\xbb");
    CHECK_FALSE(parser.next(e));
    CHECK(parser.pending() == 2);
    parser.feed("\xbf"
                "data: a\n\n");
    REQUIRE(parser.next(e));
    CHECK(e.data == "a");
}

TEST_CASE("event_parser: a carriage return ends a line at once")
{
    event_parser parser;
    foundry::http::event e;
    parser.feed("data: a\r\r");
    REQUIRE(parser.next(e));
    CHECK(e.data == "a");
    parser.feed("\ndata: b\r\n\r");
    REQUIRE(parser.next(e));
    CHECK(e.data == "b");
    CHECK_FALSE(parser.next(e));
    CHECK(parser.pending() == 0);
}

TEST_CASE("event_parser: NUL bytes pass through data and type, but not through an id")
{
    using namespace std::string_view_literals;
    auto const events = events_of("id: 1\nid: \0\nevent: a\0b\ndata: c\0d\n\n"sv);
    CHECK(events == std::vector<seen_event>{{std::string("a\0b", 3), std::string("c\0d", 3), "1", {}}});
}

TEST_CASE("event_parser: a field named error makes the event one of that type")
{
    CHECK(events_of("error: {\"code\":500}\n\ndata: [DONE]\n\n") ==
          std::vector<seen_event>{{"error", "{\"code\":500}", "", {}}, {"message", "[DONE]", "", {}}});
    CHECK(events_of("data: a\nerror:b\n\n") == std::vector<seen_event>{{"error", "a\nb", "", {}}});
    CHECK(events_of("errors: a\n\n").empty());
}

TEST_CASE("event_parser: a retry that is no number, or too large a one, is ignored")
{
    CHECK(parse({"retry: 18446744073709551615\n"}).retry == 18446744073709551615U);
    for (auto const* digits : {"18446744073709551616", "-1", "+1", "1 ", " 1", "", "0x10", "1e3"})
        CHECK_FALSE(parse({std::string("retry: ") + digits + "\n\n"}).retry.has_value());
}

TEST_CASE("event_parser: data of one line in one piece is a view of the parser's buffer, also where it is not ASCII")
{
    event_parser parser;
    foundry::http::event e;
    parser.feed("data: gr\xc3\xbc\xc3\x9f\nevent: x\n\ndata: b\n\n");
    REQUIRE(parser.next(e));
    auto const* const first = e.data.data();
    CHECK(e.data == "gr\xc3\xbc\xc3\x9f");
    REQUIRE(parser.next(e));
    CHECK(e.data.data() - first == 23);
}

TEST_CASE("event_parser: pending tells whether a stream ends in the middle of an event")
{
    event_parser parser;
    foundry::http::event e;
    auto const pending_after = [&](std::string_view bytes) {
        parser.feed(bytes);
        while (parser.next(e))
            ;
        return parser.pending();
    };
    CHECK(pending_after("") == 0);
    CHECK(pending_after(": comment\nid: 1\nretry: 5\n") == 0);
    CHECK(pending_after("data: abc") == 9);
    CHECK(pending_after("\n") == 4);
    CHECK(pending_after("data") == 8);
    CHECK(pending_after("\n") == 5);
    CHECK(pending_after("\n") == 0);
    CHECK(pending_after("event: x\n") == 1);
    CHECK(pending_after("\n") == 0);
}

TEST_CASE("event_parser: pending leaves out the event that was just delivered")
{
    event_parser parser;
    foundry::http::event e;
    parser.feed("event: x\ndata: a\ndata: b\n\n");
    REQUIRE(parser.next(e));
    CHECK(parser.pending() == 0);
}

TEST_CASE("event_parser: two line feeds deliver an event that the end of the stream has cut")
{
    for (std::string_view const end : {"", "\n", "\r", "\r\n"}) {
        event_parser parser;
        foundry::http::event e;
        parser.feed("data: [DONE]" + std::string(end));
        CHECK_FALSE(parser.next(e));
        parser.feed("\n\n");
        REQUIRE(parser.next(e));
        CHECK(e.data == "[DONE]");
        CHECK_FALSE(parser.next(e));
    }
}

TEST_CASE("event_parser: a line over its limit is rejected, with or without its end, and stays refused")
{
    foundry::http::event_limits limits;
    limits.line = 10;
    for (std::string_view const text : {"data: 12345", "data: 12345\n\n", ":1234567890\n"}) {
        event_parser parser(limits);
        foundry::http::event e;
        parser.feed("data: 1234\n\n");
        CHECK(parser.next(e));
        parser.feed(text);
        for (int i = 0; i < 2; ++i) {
            try {
                parser.next(e);
                FAIL("not refused");
            } catch (foundry::error const& refused) {
                CHECK(refused.code() == foundry::errc::limit_exceeded);
            }
            parser.feed("\n\n");
        }
        parser.reset();
        parser.feed("data: 1234\n\n");
        CHECK(parser.next(e));
    }
}

TEST_CASE("event_parser: an event over its limit is rejected, and stays refused")
{
    foundry::http::event_limits limits;
    limits.event = 8;
    for (std::string_view const text : {"data: 123\ndata: 45678\n\n", "data: 123456789\n\n",
                                        "event: 123\ndata: 456789\n\n", "id: 123\ndata: 456789\n\n"}) {
        event_parser parser(limits);
        foundry::http::event e;
        parser.feed(text);
        CHECK_THROWS_AS(parser.next(e), foundry::error);
        CHECK_THROWS_AS(parser.next(e), foundry::error);
    }
    event_parser parser(limits);
    foundry::http::event e;
    parser.feed("data: 123\ndata: 4567\n\n");
    CHECK(parser.next(e));
}

TEST_CASE("event_parser: keep-alives between two events take no memory")
{
    event_parser parser;
    foundry::http::event e;
    for (int i = 0; i < 1000; ++i) {
        parser.feed(": keep-alive\n");
        CHECK_FALSE(parser.next(e));
        CHECK(parser.pending() == 0);
    }
    CHECK(parser.comments() == 1000);
}

TEST_CASE("event_parser: a large event may arrive byte by byte")
{
    std::string const data(std::size_t{1} << 20, 'x');
    event_parser parser;
    foundry::http::event e;
    auto const feed_all = [&](std::string_view text) {
        std::size_t delivered = 0;
        for (char const c : text) {
            parser.feed({&c, 1});
            delivered += parser.next(e);
        }
        return delivered;
    };
    CHECK(feed_all("data:" + data + "\n\n") == 1);
    CHECK(e.data == data);
}

TEST_CASE("event_parser: a flood of line ends is consumed by one call")
{
    event_parser parser;
    foundry::http::event e;
    parser.feed(std::string(std::size_t{1} << 20, '\r') + "\n\ndata: a\n\n");
    REQUIRE(parser.next(e));
    CHECK(e.data == "a");
}

TEST_CASE("event_parser: many events in one piece are delivered while more pieces arrive")
{
    std::string piece;
    for (int i = 0; i < 20000; ++i)
        piece += "data: " + std::to_string(i) + "\n\n";
    event_parser parser;
    foundry::http::event e;
    parser.feed(piece);
    for (int i = 0; i < 20000; ++i) {
        REQUIRE(parser.next(e));
        REQUIRE(e.data == std::to_string(i));
        parser.feed("\n");
    }
    CHECK_FALSE(parser.next(e));
    CHECK(parser.pending() == 0);
}

TEST_CASE("event_parser: each byte is searched for a line end once")
{
    foundry::http::detail::byte_finder finder('\n');
    std::string text = "abc";
    CHECK(finder.find(text, 0) == 3);
    text[1] = '\n'; // would be found by a second look
    text += "def\n";
    CHECK(finder.find(text, 0) == 6);
    CHECK(finder.find(text, 6) == 6);
    CHECK(finder.find(text, 7) == 7);
    finder.shift(7);
    CHECK(finder.find("\n", 0) == 0);
}

TEST_CASE("event_parser: a parser may be copied and moved in the middle of an event")
{
    foundry::http::event e;
    event_parser original;
    original.feed("id: 7\ndata: a\n\ndata: short\n");
    CHECK(original.next(e));
    CHECK_FALSE(original.next(e));
    event_parser copy = original;
    event_parser moved = std::move(original);
    for (auto* parser : {&copy, &moved}) {
        parser->feed("\n");
        REQUIRE(parser->next(e));
        CHECK(e.data == "short");
        CHECK(e.id == "7");
    }
}

TEST_CASE("event_parser: reset() forgets the stream before")
{
    event_parser parser;
    foundry::http::event e;
    parser.feed("id: 1\nretry: 2\n:\ndata: a\n\nevent: x\ndata: b\r");
    CHECK(parser.next(e));
    CHECK_FALSE(parser.next(e));
    parser.reset();
    CHECK(parser.pending() == 0);
    CHECK(parser.last_event_id().empty());
    CHECK_FALSE(parser.retry().has_value());
    CHECK(parser.comments() == 0);
    parser.feed("\xef\xbb\xbf"
                "data: c\n\n");
    REQUIRE(parser.next(e));
    CHECK(e.type == "message");
    CHECK(e.data == "c");
    CHECK(e.id.empty());
}

TEST_CASE("event_parser: invalid UTF-8 becomes U+FFFD, one for each maximal subpart")
{
    auto const decoded = [](std::string_view bytes) {
        std::string out;
        foundry::detail::append_utf8(out, bytes);
        return out;
    };
    std::string const r = "\xef\xbf\xbd";
    CHECK(decoded("plain ASCII, longer than eight bytes") == "plain ASCII, longer than eight bytes");
    CHECK(decoded("\xc2\x80 \xe0\xa0\x80 \xed\x9f\xbf \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf") ==
          "\xc2\x80 \xe0\xa0\x80 \xed\x9f\xbf \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
    CHECK(decoded("\x80") == r);
    CHECK(decoded("\xc1\xbf") == r + r);
    CHECK(decoded("\xe0\x9f\xbf") == r + r + r);
    CHECK(decoded("\xed\xa0\x80") == r + r + r);
    CHECK(decoded("\xf0\x8f\xbf\xbf") == r + r + r + r);
    CHECK(decoded("\xf4\x90\x80\x80") == r + r + r + r);
    CHECK(decoded("\xf5\xff") == r + r);
    CHECK(decoded("\xe2\x82") == r);
    CHECK(decoded("\xf0\x9f\x91") == r);
    CHECK(decoded("\xf0\x9f\x91x") == r + "x");
    CHECK(decoded("12345678\xe2\x82\xac"
                  "12345678\xff") == "12345678\xe2\x82\xac"
                                     "12345678" +
                                         r);
}

} // namespace foundry_test::event_parser_test
