// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The parser and the writer of WebSocket frames, with Beast's WebSocket as the server, over streams in memory.

#include "support/report.hpp"

#include <foundry/detail/http/response_parser.hpp>
#include <foundry/detail/http/websocket_handshake.hpp>
#include <foundry/detail/http/websocket_parser.hpp>
#include <foundry/detail/http/websocket_writer.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

namespace foundry_test::websocket_peer_test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using namespace foundry::http;

constexpr std::size_t max_message = std::size_t{1} << 20;

/// A server that has accepted a connection, and the client's end of it.
class session
{
public:
    session() : client_(context_), server_(context_)
    {
        server_.next_layer().connect(client_);
        server_.set_option(websocket::stream_base::decorator(
            [](websocket::response_type& response) { response.set("Sec-WebSocket-Protocol", "realtime"); }));
        server_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
            if (kind == websocket::frame_type::pong)
                last_pong_.assign(payload.data(), payload.size());
        });
        server_.read_message_max(max_message);
        std::string const key = make_websocket_key();
        send("GET /openai/v1/realtime HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: realtime\r\nSec-WebSocket-Key: " +
             key + "\r\n\r\n");
        server_.accept();
        response_head const head = parse_head(received());
        check_websocket_response(head.status, head.headers, key, "realtime");
    }

    websocket::stream<beast::test::stream>& server() { return server_; }
    std::string const& last_pong() const { return last_pong_; }

    void send(std::string_view bytes) { asio::write(client_, asio::buffer(bytes.data(), bytes.size())); }

    /// What the server has written since the last call.
    std::string received()
    {
        std::string const bytes(client_.str());
        client_.clear();
        return bytes;
    }

private:
    static response_head parse_head(std::string_view text)
    {
        response_head head;
        head.status = text.starts_with("HTTP/1.1 101 ") ? 101 : 0;
        for (text.remove_prefix(text.find('\n') + 1); !text.starts_with('\r');
             text.remove_prefix(text.find('\n') + 1)) {
            std::string_view const line = text.substr(0, text.find('\r'));
            head.headers.add(line.substr(0, line.find(':')), line.substr(line.find(':') + 2));
        }
        return head;
    }

    asio::io_context context_;
    beast::test::stream client_;
    websocket::stream<beast::test::stream> server_;
    std::string last_pong_;
};

/// Random messages: mostly short, some at the borders of the lengths, some long; the same in each run.
class message_source
{
public:
    std::size_t below(std::size_t count) { return random_() % count; }

    std::string text()
    {
        static constexpr std::string_view characters[] = {"a",  "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x91\xa9",
                                                          "\n", "z"};
        std::string made;
        for (std::size_t const size = size_of(); made.size() < size;)
            made += characters[below(std::size(characters))];
        return made;
    }

    std::string bytes()
    {
        std::string made(size_of(), '\0');
        for (char& c : made)
            c = static_cast<char>(random_());
        return made;
    }

private:
    std::size_t size_of()
    {
        switch (below(100)) {
        case 0:
            return 65530 + below(12);
        case 1:
            return below(100000);
        case 2:
        case 3:
            return 120 + below(12);
        default:
            return below(300);
        }
    }

    std::mt19937 random_{20260101};
};

/// Parses bytes in random pieces; they must have one message, after control frames.
struct received_message
{
    websocket_opcode type = websocket_opcode::continuation;
    std::string payload;
    std::string ping;
};

received_message parse_message(websocket_parser& parser, std::string_view bytes, message_source& random)
{
    received_message found;
    std::size_t messages = 0;
    while (!bytes.empty()) {
        std::size_t const size = std::min(bytes.size(), 1 + random.below(random.below(4) == 0 ? 4 : 70000));
        std::string const piece(bytes.substr(0, size));
        bytes.remove_prefix(size);
        std::string_view rest = piece;
        websocket_item item;
        while (parser.next(rest, item)) {
            if (item.type == websocket_opcode::ping) {
                found.ping = item.payload;
                continue;
            }
            ++messages;
            found.type = item.type;
            found.payload = item.payload;
        }
    }
    CHECK(messages == 1);
    return found;
}

TEST_CASE("websocket_parser: 10,000 random messages of Beast's server, fragmented or not, arrive as they were sent")
{
    session peer;
    message_source random;
    websocket_parser parser{max_message};
    std::size_t wrong = 0;
    for (int i = 0; i != 10000; ++i) {
        bool const is_text = random.below(2) == 0;
        std::string const sent = is_text ? random.text() : random.bytes();
        std::string const ping = "ping " + std::to_string(i);
        peer.server().text(is_text);
        if (random.below(3) == 0) { // in fragments, with a ping between them
            std::size_t const cut = random.below(sent.size() + 1);
            peer.server().write_some(false, asio::buffer(sent.data(), cut));
            peer.server().ping(websocket::ping_data(ping));
            peer.server().write_some(true, asio::buffer(sent.data() + cut, sent.size() - cut));
        } else {
            peer.server().auto_fragment(random.below(2) == 0);
            peer.server().ping(websocket::ping_data(ping));
            peer.server().write(asio::buffer(sent));
        }
        received_message const found = parse_message(parser, peer.received(), random);
        wrong += found.type != (is_text ? websocket_opcode::text : websocket_opcode::binary) || found.payload != sent ||
                 found.ping != ping;
    }
    CHECK(wrong == 0);
    foundry_test::report("messages of a WebSocket server", 10000);
}

TEST_CASE("websocket_writer: 10,000 random messages arrive at Beast's server as they were written")
{
    session peer;
    message_source random;
    std::size_t wrong = 0;
    std::string out;
    for (int i = 0; i != 10000; ++i) {
        bool const is_text = random.below(2) == 0;
        std::string const sent = is_text ? random.text() : random.bytes();
        std::string const pong = "pong " + std::to_string(i);
        out.clear();
        append_websocket_frame(out, websocket_opcode::pong, pong, make_websocket_mask());
        append_websocket_frame(out, is_text ? websocket_opcode::text : websocket_opcode::binary, sent,
                               make_websocket_mask());
        peer.send(out);
        beast::flat_buffer buffer;
        peer.server().read(buffer);
        wrong += peer.server().got_text() != is_text || beast::buffers_to_string(buffer.data()) != sent ||
                 peer.last_pong() != pong;
    }
    CHECK(wrong == 0);
    foundry_test::report("messages to a WebSocket server", 10000);
}

TEST_CASE("websocket_writer: a ping is answered by Beast's server, and a close with its own code")
{
    session peer;
    std::string out;
    append_websocket_frame(out, websocket_opcode::ping, "are you there?", make_websocket_mask());
    append_close_frame(out, 4001, "done", make_websocket_mask());
    peer.send(out);
    beast::flat_buffer buffer;
    boost::system::error_code failed;
    peer.server().read(buffer, failed);
    CHECK(failed == websocket::error::closed);
    CHECK(peer.server().reason().code == 4001);
    CHECK(peer.server().reason().reason == "done");

    websocket_parser parser{max_message};
    std::string const bytes = peer.received();
    std::string_view rest = bytes;
    websocket_item item;
    REQUIRE(parser.next(rest, item));
    CHECK(item.type == websocket_opcode::pong);
    CHECK(item.payload == "are you there?");
    REQUIRE(parser.next(rest, item));
    CHECK(item.type == websocket_opcode::close);
    CHECK(item.close_code == 4001);
    CHECK(parser.is_closed());
}

} // namespace foundry_test::websocket_peer_test
