// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// A WebSocket server that does what a test says, right or wrong.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace foundry_test {

/// A frame of a client, unmasked.
struct client_frame
{
    unsigned opcode = 0; ///< 1 text, 2 binary, 8 close, 9 ping, 10 pong.
    std::string payload;
};

/// How text is sent.
enum class framing
{
    whole,       ///< A frame for each message.
    fragments,   ///< Frames of at most 7 bytes.
    single_bytes ///< A frame for each message, and a write for each byte.
};

/// A frame of a server.
std::string server_frame(unsigned opcode, std::string_view payload, bool is_final = true);

/// The server's end of a connection. The functions block, and throw boost::system::system_error if the connection breaks.
class websocket_peer
{
public:
    explicit websocket_peer(boost::asio::ip::tcp::socket socket);

    /// The opening request.
    std::string const& read_request();
    /// Accepts it; `fields` are further lines of the head, and `with` follows it at once.
    void accept(std::string_view fields = {}, std::string_view with = {});
    void write_raw(std::string_view bytes);
    void write(std::string_view text);
    /// Empty after a close frame, which is close_payload().
    std::optional<client_frame> read();
    /// Reads the next text; other frames before it are dropped. Empty if the client closes.
    std::optional<std::string> read_text();
    /// Sends a close frame, and waits for the client's.
    void close(std::uint16_t code, std::string_view reason = {});
    /// Reads until the connection ends.
    void wait_for_end();
    void reset();

    framing how = framing::whole;
    std::string close_payload;

private:
    std::string read_bytes(std::size_t count);

    boost::asio::ip::tcp::socket socket_;
    std::string request_;
    std::string unread_;
};

/// Runs a script for each connection, one after the other, on a thread of its own.
class websocket_server
{
public:
    explicit websocket_server(std::function<void(websocket_peer&)> script);
    websocket_server(websocket_server const&) = delete;
    websocket_server& operator=(websocket_server const&) = delete;
    ~websocket_server();

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void run();

    std::function<void(websocket_peer&)> script_;
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::thread thread_;
};

} // namespace foundry_test
