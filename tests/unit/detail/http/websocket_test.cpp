// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/http/websocket_handshake.hpp>
#include <foundry/detail/http/websocket_parser.hpp>
#include <foundry/detail/http/websocket_writer.hpp>
#include <foundry/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry_test::websocket_test {

using namespace std::string_view_literals;
using namespace foundry::http;
using enum websocket_opcode;

struct seen_item
{
    websocket_opcode type = text;
    std::string payload;
    std::uint16_t code = close_code::none;

    bool operator==(seen_item const&) const = default;
};

struct outcome
{
    std::vector<seen_item> items;
    std::uint16_t failure = 0;

    bool operator==(outcome const&) const = default;
};

std::ostream& operator<<(std::ostream& out, outcome const& o)
{
    for (auto const& item : o.items)
        out << '{' << static_cast<int>(item.type) << ", " << item.payload << ", " << item.code << "} ";
    return out << "failure " << o.failure;
}

/// A frame of a server: not masked, with its length in the shortest form.
std::string frame(websocket_opcode type, std::string_view payload, bool is_final = true)
{
    std::string made(1, static_cast<char>((is_final ? 0x80 : 0) | static_cast<int>(type)));
    std::size_t const size = payload.size();
    int const more = size < 126 ? 0 : size < 65536 ? 2 : 8;
    made += static_cast<char>(more == 0 ? size : more == 2 ? 126 : 127);
    for (int i = more; i-- != 0;)
        made += static_cast<char>(size >> 8 * i & 0xff);
    return made.append(payload);
}

std::string close_frame(std::uint16_t code, std::string_view reason = {})
{
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return frame(close, payload.append(reason));
}

void check_failure(websocket_parser& parser, std::string_view rest, foundry::error const& first)
{
    bool const is_large = parser.failure_code() == close_code::too_large;
    CHECK(first.code() == (is_large ? foundry::errc::limit_exceeded : foundry::errc::unexpected_reply));
    CHECK(first.advice().empty());
    CHECK_FALSE(first.message().empty());
    websocket_item item;
    CHECK_THROWS_AS(parser.next(rest, item), foundry::error); // and in all further calls
}

outcome parse(std::vector<std::string_view> const& pieces, std::size_t limit)
{
    websocket_parser parser{limit};
    outcome result;
    for (std::string_view const piece : pieces) {
        std::string passing(piece); // of which the parser must not keep a view
        std::string_view rest = passing;
        try {
            websocket_item item;
            while (parser.next(rest, item))
                result.items.push_back({item.type, std::string(item.payload), item.close_code});
        } catch (foundry::error const& e) {
            check_failure(parser, rest, e);
            break;
        }
        CHECK(rest.empty());
        passing.assign(passing.size(), '!');
    }
    result.failure = parser.failure_code();
    return result;
}

constexpr std::size_t any_size = std::size_t{1} << 20;

/// Checks that the outcome is the same in one piece, byte by byte, and if the bytes are cut anywhere.
outcome outcome_of(std::string_view bytes, std::size_t limit = any_size)
{
    outcome const whole = parse({bytes}, limit);
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i != bytes.size(); ++i)
        single.push_back(bytes.substr(i, 1));
    CHECK(parse(single, limit) == whole);
    std::size_t wrong_cuts = 0;
    for (std::size_t at = 0; at <= bytes.size(); at += bytes.size() > 1000 ? 101 : 1)
        wrong_cuts += !(parse({bytes.substr(0, at), bytes.substr(at)}, limit) == whole);
    CHECK(wrong_cuts == 0);
    return whole;
}

std::uint16_t failure_of(std::string_view bytes, std::size_t limit = any_size)
{
    return outcome_of(bytes, limit).failure;
}

outcome items(std::initializer_list<seen_item> list) { return {list, 0}; }

TEST_CASE("websocket_parser: a text, a binary message, a ping and a pong arrive as they were sent")
{
    CHECK(outcome_of("\x81\x05Hello"sv) == items({{text, "Hello"}})); // RFC 6455, 5.7
    CHECK(outcome_of("\x89\x05Hello"sv) == items({{ping, "Hello"}}));
    CHECK(outcome_of(frame(binary, "\x00\xff"sv) + frame(pong, "") + frame(text, "")) ==
          items({{binary, std::string("\x00\xff", 2)}, {pong, ""}, {text, ""}}));
}

TEST_CASE("websocket_parser: fragments are joined, also empty ones, with control frames between them")
{
    CHECK(outcome_of("\x01\x03Hel\x80\x02lo"sv) == items({{text, "Hello"}})); // RFC 6455, 5.7
    CHECK(outcome_of(frame(binary, "", false) + frame(continuation, "", false) + frame(continuation, "a")) ==
          items({{binary, "a"}}));
    CHECK(outcome_of(frame(text, "a", false) + frame(ping, "1") + frame(continuation, "b", false) + frame(pong, "2") +
                     frame(continuation, "") + frame(binary, "c")) ==
          items({{ping, "1"}, {pong, "2"}, {text, "ab"}, {binary, "c"}}));
}

TEST_CASE("websocket_parser: a message of each form of length is whole")
{
    for (std::size_t const size : {0u, 1u, 125u, 126u, 127u, 65535u, 65536u, 70000u}) {
        std::string const payload(size, 'x');
        CHECK(outcome_of(frame(binary, payload)) == items({{binary, payload}}));
    }
}

TEST_CASE("websocket_parser: a close has a code and a reason, or neither, and nothing may follow it")
{
    CHECK(outcome_of(frame(close, "")) == items({{close, "", 1005}}));
    CHECK(outcome_of(close_frame(1000)) == items({{close, "", 1000}}));
    CHECK(outcome_of(close_frame(4999, "gr\xc3\xbc\xc3\x9f")) == items({{close, "gr\xc3\xbc\xc3\x9f", 4999}}));
    outcome const more = outcome_of(close_frame(1001, "bye") + "\x81");
    CHECK(more.items == items({{close, "bye", 1001}}).items);
    CHECK(more.failure == 1002);
    CHECK(outcome_of(frame(text, "cut off", false) + close_frame(1000)) == items({{close, "", 1000}}));

    websocket_parser parser{10};
    std::string const bytes = close_frame(1000);
    std::string_view rest = bytes;
    websocket_item item;
    CHECK_FALSE(parser.is_closed());
    CHECK(parser.next(rest, item));
    CHECK(parser.is_closed());
    CHECK_FALSE(parser.next(rest, item));
}

TEST_CASE("websocket_parser: of all close codes only those that a server may send are accepted")
{
    std::size_t wrong = 0;
    for (std::uint32_t code = 0; code != 65536; ++code) {
        bool const is_known = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
        bool const is_valid = is_known || (code >= 3000 && code <= 4999);
        std::string const bytes = close_frame(static_cast<std::uint16_t>(code));
        wrong += parse({bytes}, 0).failure != (is_valid ? 0 : 1002);
    }
    CHECK(wrong == 0);
}

TEST_CASE("websocket_parser: a close with half a code, or a reason that is not UTF-8, is refused")
{
    CHECK(failure_of(frame(close, "\x03")) == 1002);
    CHECK(failure_of(close_frame(1005)) == 1002);
    CHECK(failure_of(close_frame(1000, "\xff")) == 1007);
    CHECK(failure_of(close_frame(1000, "\xe2\x82")) == 1007);
}

TEST_CASE("websocket_parser: each reserved bit and opcode is refused")
{
    for (int const bit : {0x40, 0x20, 0x10})
        CHECK(failure_of(std::string{static_cast<char>(0x81 | bit), '\1', 'a'}) == 1002);
    for (int const opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
        CHECK(failure_of(std::string{static_cast<char>(0x80 | opcode), '\0'}) == 1002);
}

TEST_CASE("websocket_parser: a masked frame is refused")
{
    CHECK(failure_of("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"sv) == 1002); // RFC 6455, 5.7
    CHECK(failure_of("\x89\x80\0\0\0\0"sv) == 1002);
}

TEST_CASE("websocket_parser: a control frame that is fragmented or longer than 125 bytes is refused")
{
    for (websocket_opcode const type : {close, ping, pong}) {
        CHECK(failure_of(frame(type, "", false)) == 1002);
        CHECK(failure_of(frame(type, std::string(126, 'x'))) == 1002);
        CHECK(failure_of(frame(type, std::string(65536, 'x'))) == 1002);
    }
    std::string const longest(125, 'x');
    CHECK(outcome_of(frame(ping, longest), 0) == items({{ping, longest}}));
    CHECK(outcome_of(close_frame(1000, longest.substr(2))) == items({{close, longest.substr(2), 1000}}));
}

TEST_CASE("websocket_parser: a length that is not in its shortest form, or has its top bit set, is refused")
{
    CHECK(failure_of("\x82\x7e\x00\x7d"sv) == 1002);
    CHECK(failure_of("\x82\x7e\x00\x00"sv) == 1002);
    CHECK(failure_of("\x82\x7f\0\0\0\0\0\0\xff\xff"sv) == 1002);
    CHECK(failure_of("\x82\x7f\x80\0\0\0\0\1\0\0"sv) == 1002);
    CHECK(failure_of("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"sv) == 1002);
}

TEST_CASE("websocket_parser: a continuation without a beginning, and a message within another, are refused")
{
    CHECK(failure_of(frame(continuation, "a")) == 1002);
    CHECK(failure_of(frame(text, "a") + frame(continuation, "b")) == 1002);
    CHECK(failure_of(frame(text, "a", false) + frame(continuation, "b") + frame(continuation, "c")) == 1002);
    CHECK(failure_of(frame(text, "a", false) + frame(text, "b")) == 1002);
    CHECK(failure_of(frame(binary, "", false) + frame(text, "b", false)) == 1002);
}

TEST_CASE("websocket_parser: what was complete before a failure is delivered")
{
    outcome const seen = outcome_of(frame(text, "a") + frame(ping, "b") + frame(continuation, "c"));
    CHECK(seen.items == items({{text, "a"}, {ping, "b"}}).items);
    CHECK(seen.failure == 1002);
}

TEST_CASE("websocket_parser: a message at the limit is delivered, and one byte more is refused by its declared length")
{
    CHECK(outcome_of(frame(binary, "12345"), 5) == items({{binary, "12345"}}));
    CHECK(
        outcome_of(frame(text, "12", false) + frame(ping, "123456") + frame(continuation, "345") + frame(text, "12345"),
                   5) == items({{ping, "123456"}, {text, "12345"}, {text, "12345"}}));
    CHECK(failure_of("\x82\x06"sv, 5) == 1009);
    CHECK(failure_of(frame(binary, "123", false) + "\x80\x03", 5) == 1009);
    CHECK(failure_of("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"sv) == 1009);
    CHECK(failure_of("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"sv, SIZE_MAX) == (sizeof(std::size_t) > 4 ? 0 : 1009));
    CHECK(outcome_of(frame(binary, ""), 0) == items({{binary, ""}}));
}

TEST_CASE("websocket_parser: text that is not UTF-8 is refused, and a binary message with the same bytes is not")
{
    for (std::string_view const bad :
         {"\xff"sv, "\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv, "\xf0\x8f\xbf\xbf"sv,
          "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xe2\x82"sv, "\xf0\x9f\x91"sv, "a\xe2\x82z"sv, "\xc3"sv}) {
        CHECK(failure_of(frame(text, bad)) == 1007);
        CHECK(outcome_of(frame(binary, bad)) == items({{binary, std::string(bad)}}));
        for (std::size_t at = 0; at <= bad.size(); ++at)
            CHECK(failure_of(frame(text, bad.substr(0, at), false) + frame(continuation, bad.substr(at))) == 1007);
    }
}

TEST_CASE("websocket_parser: a character of text may be cut by fragments and buffers anywhere")
{
    std::string const all = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x91\xa9\xf4\x8f\xbf\xbfz";
    for (std::size_t first = 0; first <= all.size(); ++first) {
        for (std::size_t second = first; second <= all.size(); ++second)
            CHECK(outcome_of(frame(text, std::string_view(all).substr(0, first), false) +
                             frame(continuation, std::string_view(all).substr(first, second - first), false) +
                             frame(continuation, std::string_view(all).substr(second))) == items({{text, all}}));
    }
}

TEST_CASE("websocket_parser: an invalid byte of text is found before the message is complete")
{
    for (std::string_view const begun : {"\x81\x05\xff"sv, "\x81\x05\xf4\x90"sv, "\x01\x01\xff"sv,
                                         "\x01\x02\xe2\x82\x80\x05z"sv, "\x81\x7f\0\0\0\0\0\1\0\0ok\xc0"sv})
        CHECK(failure_of(begun) == 1007);
    CHECK(failure_of("\x81\x05\xf4\x8f"sv) == 0);
}

TEST_CASE("websocket_parser: a whole message or control frame in the given bytes is a view of them")
{
    std::string const bytes = frame(text, "abc") + frame(ping, "def") + frame(continuation, "").substr(0, 1);
    websocket_parser parser{any_size};
    websocket_item item;
    std::string_view rest = bytes;
    REQUIRE(parser.next(rest, item));
    CHECK(item.payload.data() == bytes.data() + 2);
    REQUIRE(parser.next(rest, item));
    CHECK(item.payload.data() == bytes.data() + 7);
    CHECK_FALSE(parser.next(rest, item));
}

TEST_CASE("websocket_parser: a parser may be copied and moved in the middle of a message")
{
    std::string const bytes = frame(text, "ab", false) + frame(continuation, "cd");
    websocket_item item;
    websocket_parser original{any_size};
    std::string_view rest = std::string_view(bytes).substr(0, 7);
    CHECK_FALSE(original.next(rest, item));
    websocket_parser copy = original;
    websocket_parser moved = std::move(original);
    for (auto* parser : {&copy, &moved}) {
        rest = std::string_view(bytes).substr(7);
        REQUIRE(parser->next(rest, item));
        CHECK(item.payload == "abcd");
    }
}

constexpr websocket_mask example_mask{0x37, 0xfa, 0x21, 0x3d};

TEST_CASE("websocket_writer: a frame is that of the RFC's example, after what was there before")
{
    std::string out = "before";
    append_websocket_frame(out, text, "Hello", example_mask);
    CHECK(out == "before\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

TEST_CASE("websocket_writer: every size up to 300 and at the borders of the lengths is masked byte for byte")
{
    std::vector<std::size_t> sizes{65535, 65536, 65537};
    for (std::size_t size = 0; size != 300; ++size)
        sizes.push_back(size);
    for (std::size_t const size : sizes) {
        std::string payload;
        for (std::size_t i = 0; i != size; ++i)
            payload += static_cast<char>(i * 7 + i / 256);
        std::string expected = frame(binary, payload).substr(0, frame(binary, payload).size() - size);
        expected[1] = static_cast<char>(expected[1] | '\x80');
        expected.append("\x37\xfa\x21\x3d");
        for (std::size_t i = 0; i != size; ++i)
            expected += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ example_mask[i % 4]);
        std::string out;
        append_websocket_frame(out, binary, payload, example_mask);
        CHECK(out == expected);
    }
}

TEST_CASE("websocket_writer: a close has a code and a reason, or neither")
{
    std::string out;
    append_close_frame(out, 1000, "bye", {});
    CHECK(out == "\x88\x85\0\0\0\0\x03\xe8"
                 "bye"sv);
    out.clear();
    append_close_frame(out, close_code::none, {}, {});
    CHECK(out == "\x88\x80\0\0\0\0"sv);
}

TEST_CASE("websocket_writer: what a server must refuse is not written")
{
    std::string out;
    auto const is_refused = [&](auto const& write) {
        try {
            write();
        } catch (foundry::error const& e) {
            return e.code() == foundry::errc::invalid_argument && out.empty();
        }
        return false;
    };
    CHECK(is_refused([&] { append_websocket_frame(out, ping, std::string(126, 'x'), {}); }));
    CHECK(is_refused([&] { append_close_frame(out, 1000, std::string(124, 'x'), {}); }));
    for (int const code : {0, 999, 1004, 1006, 1015, 2999, 5000})
        CHECK(is_refused([&] { append_close_frame(out, static_cast<std::uint16_t>(code), {}, {}); }));
}

TEST_CASE("websocket_writer: masks differ")
{
    std::set<websocket_mask> masks;
    for (int i = 0; i != 100; ++i)
        masks.insert(make_websocket_mask());
    CHECK(masks.size() == 100);
}

TEST_CASE("websocket_handshake: the key is 16 random bytes in base64, and the accept value that of the RFC's example")
{
    std::string const key = make_websocket_key();
    CHECK(key.size() == 24);
    CHECK(key.ends_with("=="));
    CHECK(key != make_websocket_key());
    CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); // RFC 6455, 1.3
}

/// What check_websocket_response() says of a 101 with these fields; empty if it accepts them.
std::string refusal_of(foundry::response_headers const& headers, std::string_view subprotocol = {},
                       unsigned status = 101)
{
    try {
        check_websocket_response(status, headers, "dGhlIHNhbXBsZSBub25jZQ==", subprotocol);
    } catch (foundry::error const& e) {
        CHECK(e.code() == foundry::errc::unexpected_reply);
        CHECK(e.status() == status);
        return e.message();
    }
    return {};
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

constexpr foundry::header_field upgrade{"Upgrade", "websocket"};
constexpr foundry::header_field connection{"Connection", "Upgrade"};
constexpr foundry::header_field accept{"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="};

TEST_CASE("websocket_handshake: a response with the three fields is accepted, whatever their case and the rest of "
          "their lists")
{
    CHECK(refusal_of({upgrade, connection, accept}).empty());
    CHECK(refusal_of({{"upgrade", "h2c, WebSocket"}, {"CONNECTION", "keep-alive ,\tupgrade"}, accept}).empty());
    CHECK(refusal_of({upgrade, {"Connection", "keep-alive"}, connection, accept}).empty());
}

TEST_CASE("websocket_handshake: a response with another status, or a field that is missing or wrong, is refused")
{
    CHECK(contains(refusal_of({upgrade, connection, accept}, {}, 200), "does not switch protocols"));
    CHECK(contains(refusal_of({connection, accept}), "does not upgrade to WebSocket"));
    CHECK(contains(refusal_of({{"Upgrade", "websocket2"}, connection, accept}), "does not upgrade to WebSocket"));
    CHECK(contains(refusal_of({upgrade, accept}), "does not upgrade this connection"));
    CHECK(contains(refusal_of({upgrade, {"Connection", "close"}, accept}), "does not upgrade this connection"));
    CHECK(contains(refusal_of({upgrade, connection}), "has not read the key"));
    CHECK(contains(refusal_of({upgrade, connection, accept, accept}), "has not read the key"));
    CHECK(contains(refusal_of({upgrade, connection, {"Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo="}}),
                   "has not read the key"));
}

TEST_CASE("websocket_handshake: an extension, or another subprotocol than the requested one, is refused")
{
    CHECK(contains(refusal_of({upgrade, connection, accept, {"sec-websocket-extensions", "permessage-deflate"}}),
                   "an extension"));
    foundry::header_field const realtime{"Sec-WebSocket-Protocol", "realtime"};
    CHECK(refusal_of({upgrade, connection, accept, realtime}, "realtime").empty());
    CHECK(contains(refusal_of({upgrade, connection, accept, realtime}), "another subprotocol"));
    CHECK(contains(refusal_of({upgrade, connection, accept}, "realtime"), "another subprotocol"));
    CHECK(contains(refusal_of({upgrade, connection, accept, realtime}, "Realtime"), "another subprotocol"));
    CHECK(contains(refusal_of({upgrade, connection, accept, realtime, realtime}, "realtime"), "another subprotocol"));
}

} // namespace foundry_test::websocket_test
