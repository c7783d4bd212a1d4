// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/websocket_server.hpp"

#include <foundry/detail/http/websocket_handshake.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace foundry_test {

namespace asio = boost::asio;

std::string server_frame(unsigned opcode, std::string_view payload, bool is_final)
{
    std::string frame(1, static_cast<char>((is_final ? 0x80U : 0U) | opcode));
    std::size_t const size = payload.size();
    int const bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
    frame.push_back(static_cast<char>(bytes == 0 ? size : bytes == 2 ? 126U : 127U));
    for (int i = bytes - 1; i >= 0; --i)
        frame.push_back(static_cast<char>(static_cast<std::uint64_t>(size) >> (8 * i) & 0xff));
    return frame.append(payload);
}

websocket_peer::websocket_peer(asio::ip::tcp::socket socket) : socket_(std::move(socket))
{
    socket_.set_option(asio::ip::tcp::no_delay(true));
}

std::string const& websocket_peer::read_request()
{
    if (!request_.empty())
        return request_;
    std::size_t end = std::string::npos;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
        char buffer[4096];
        unread_.append(buffer, socket_.read_some(asio::buffer(buffer)));
    }
    request_ = unread_.substr(0, end + 4);
    unread_.erase(0, end + 4);
    return request_;
}

void websocket_peer::accept(std::string_view fields, std::string_view with)
{
    read_request();
    std::string_view const name = "Sec-WebSocket-Key: ";
    std::size_t const begin = request_.find(name);
    if (begin == std::string::npos)
        throw std::runtime_error("the request asks for no WebSocket");
    std::string const key = request_.substr(begin + name.size(), request_.find("\r\n", begin) - begin - name.size());
    std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    head.append("Sec-WebSocket-Accept: ").append(foundry::http::websocket_accept(key)).append("\r\n");
    write_raw(head.append(fields).append("\r\n").append(with));
}

void websocket_peer::write_raw(std::string_view bytes)
{
    asio::write(socket_, asio::buffer(bytes.data(), bytes.size()));
}

void websocket_peer::write(std::string_view text)
{
    if (how == framing::whole)
        return write_raw(server_frame(1, text));
    if (how == framing::single_bytes) {
        for (char const byte : server_frame(1, text))
            write_raw(std::string_view(&byte, 1));
        return;
    }
    constexpr std::size_t most = 7;
    std::string frames;
    for (bool is_first = true; is_first || !text.empty(); is_first = false) {
        std::string_view const piece = text.substr(0, most);
        text.remove_prefix(piece.size());
        frames += server_frame(is_first ? 1 : 0, piece, text.empty());
        if (frames.size() % 3 == 0)
            frames += server_frame(9, "between"); // a ping
    }
    write_raw(frames);
}

std::string websocket_peer::read_bytes(std::size_t count)
{
    while (unread_.size() < count) {
        char buffer[16384];
        unread_.append(buffer, socket_.read_some(asio::buffer(buffer)));
    }
    std::string bytes = unread_.substr(0, count);
    unread_.erase(0, count);
    return bytes;
}

std::optional<client_frame> websocket_peer::read()
{
    client_frame frame;
    std::string const head = read_bytes(2);
    auto const byte = [](char c) { return static_cast<unsigned char>(c); };
    frame.opcode = byte(head[0]) & 0x0fU;
    if ((byte(head[1]) & 0x80U) == 0)
        throw std::runtime_error("a frame of the client is not masked");
    std::uint64_t size = byte(head[1]) & 0x7fU;
    if (size >= 126) {
        std::string const length = read_bytes(size == 126 ? 2 : 8);
        size = 0;
        for (char const c : length)
            size = size << 8 | byte(c);
    }
    std::string const mask = read_bytes(4);
    frame.payload = read_bytes(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i != frame.payload.size(); ++i)
        frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
    if (frame.opcode != 8)
        return frame;
    close_payload = frame.payload;
    return std::nullopt;
}

std::optional<std::string> websocket_peer::read_text()
{
    for (;;) {
        std::optional<client_frame> frame = read();
        if (!frame)
            return std::nullopt;
        if (frame->opcode == 1)
            return std::move(frame->payload);
    }
}

void websocket_peer::close(std::uint16_t code, std::string_view reason)
{
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    write_raw(server_frame(8, payload.append(reason)));
    while (read()) {
    }
}

void websocket_peer::wait_for_end()
{
    boost::system::error_code ended;
    char buffer[4096];
    while (!ended)
        socket_.read_some(asio::buffer(buffer), ended);
}

void websocket_peer::reset()
{
    socket_.set_option(asio::socket_base::linger(true, 0));
    socket_.close();
}

websocket_server::websocket_server(std::function<void(websocket_peer&)> script)
    : script_(std::move(script)),
      acceptor_(context_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      thread_([this] { run(); })
{}

void websocket_server::run()
{
    for (;;) {
        try {
            websocket_peer peer(acceptor_.accept());
            if (peer.read_request().starts_with("STOP"))
                return;
            script_(peer);
        } catch (std::exception const&) { // the client has gone
        }
    }
}

websocket_server::~websocket_server()
{
    asio::ip::tcp::socket last(context_);
    last.connect(acceptor_.local_endpoint());
    std::string_view const stop = "STOP\r\n\r\n";
    asio::write(last, asio::buffer(stop.data(), stop.size()));
    thread_.join();
}

} // namespace foundry_test
