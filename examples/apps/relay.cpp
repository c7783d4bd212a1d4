// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A relay for realtime sessions: a program that must not have a key, such as a game, opens a WebSocket here. The relay opens a session of
// the service for it, and passes the events on, both ways.
//
//     relay [port]
//
// The program's endpoint is the URL that the relay prints, without a credential. The port is 8081 by default, 0 for any free one. Ctrl-C
// ends the relay. It listens on this machine only, because it has no users and no login: yours looks at who asks before it opens a session.
//
// configuration.hpp says which service it uses.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/realtime.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <csignal>
#include <iostream>
#include <optional>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

constexpr std::size_t max_players = 100;
constexpr std::size_t max_event = 1024 * 1024; // of a player, in bytes
constexpr auto patience = 30s;                 // with a player that is silent
constexpr char deployment[] = "gpt-realtime";  // the player does not choose it

struct relay
{
    tcp::acceptor acceptor;
    foundry::realtime realtime;
    std::size_t players = 0;
};

struct player
{
    websocket::stream<beast::tcp_stream> socket;
    foundry::realtime_session session;
    std::size_t sent = 0; // events of the player
    std::size_t got = 0;
    std::string end = {}; ///< What ended it first.

    void ends(std::string const& why)
    {
        if (end.empty())
            end = why;
    }
};

// Each of these two ends when the other one closes its side.

/// Reads an event when the one before it is sent: memory stays bounded.
asio::awaitable<void> pass_to_service(player& p)
{
    try {
        for (beast::flat_buffer bytes;; ++p.sent) {
            co_await p.socket.async_read(bytes, asio::use_awaitable);
            if (!p.socket.got_text())
                throw std::runtime_error("events are text");
            co_await p.session.send_raw(beast::buffers_to_string(bytes.data()));
            bytes.clear();
        }
    } catch (foundry::error const& e) {
        p.ends(e.what());
    } catch (std::exception const&) {
        p.ends("the player has left");
    }
    co_await p.session.close();
}

asio::awaitable<void> pass_to_player(player& p)
{
    websocket::close_reason why(websocket::close_code::normal);
    try {
        std::optional<foundry::realtime_event> event = co_await p.session.next();
        while (event) {
            co_await p.socket.async_write(asio::buffer(event->raw()), asio::use_awaitable);
            ++p.got;
            event = co_await p.session.next();
        }
        p.ends("the service has closed the session");
    } catch (foundry::error const& e) {
        why.code = websocket::close_code::internal_error;
        p.ends(e.what());
    } catch (std::exception const&) {
        p.ends("the player has left");
    }
    error_code ignored;
    co_await p.socket.async_close(why, asio::redirect_error(asio::use_awaitable, ignored));
}

/// Opens a session before it accepts the player: if there is none, the player gets an ordinary HTTP error.
asio::awaitable<void> welcome(relay& from, beast::tcp_stream stream)
{
    beast::flat_buffer bytes;
    http::request<http::empty_body> asked;
    stream.expires_after(patience);
    co_await http::async_read(stream, bytes, asked, asio::use_awaitable);
    http::response<http::string_body> refusal{http::status::not_found, 11};
    refusal.keep_alive(false);
    std::optional<foundry::realtime_session> session;
    // A browser says which page it is of: none is welcome.
    if (websocket::is_upgrade(asked) && asked.target().starts_with("/v1/realtime?") &&
        asked.count(http::field::origin) == 0) {
        try {
            foundry::realtime_options how;
            how.delivers_created = true;
            how.expiry_notice = 0s;
            session = co_await from.realtime.connect(deployment, how);
        } catch (foundry::error const& e) {
            std::cout << printable(e.what()) << std::endl; // not for the player
            refusal.result(http::status::bad_gateway);
        }
    }
    if (!session) {
        refusal.prepare_payload();
        co_await http::async_write(stream, refusal, asio::use_awaitable);
        co_return;
    }
    stream.expires_never();
    player p{websocket::stream<beast::tcp_stream>(std::move(stream)), std::move(*session)};
    p.socket.read_message_max(max_event);
    p.socket.set_option(websocket::stream_base::timeout{patience, patience, true}); // with pings
    co_await p.socket.async_accept(asked, asio::use_awaitable);
    p.socket.text(true);
    co_await (pass_to_service(p) && pass_to_player(p));
    std::cout << "a player: " << p.sent << " events to the service, " << p.got << " from it; " << printable(p.end)
              << std::endl;
}

asio::awaitable<void> serve(relay& from, tcp::socket socket)
{
    ++from.players;
    try {
        socket.set_option(tcp::no_delay(true));
        co_await welcome(from, beast::tcp_stream(std::move(socket)));
    } catch (std::exception const&) { // the player has left
    }
    --from.players;
}

asio::awaitable<void> listen(relay& from)
{
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer pause(executor);
    for (;;) {
        error_code ec;
        tcp::socket socket(executor);
        co_await from.acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, ec));
        if (!ec && from.players < max_players) {
            asio::co_spawn(executor, serve(from, std::move(socket)), foundry::rethrow);
        } else if (ec) { // such as too many open files
            pause.expires_after(100ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
    }
}

int main(int argc, char** argv)
try {
    int const port = argc > 1 ? std::stoi(argv[1]) : 8081;
    if (port < 0 || port > 65535)
        throw std::out_of_range("there is no port " + std::to_string(port));
    configuration const my("https://contoso.openai.azure.com/openai/v1");
    asio::io_context context(1);
    foundry::options options = my.options();
    options.pool.max_connections = max_players;
    foundry::client<> const client(context, my.endpoint(), my.credential(), options);
    tcp::endpoint const here(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port));
    relay all{tcp::acceptor(context, here), foundry::realtime(client)};
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&context](error_code, int) { context.stop(); });
    std::cout << "http://127.0.0.1:" << all.acceptor.local_endpoint().port() << "/v1" << std::endl;
    asio::co_spawn(context, listen(all), foundry::rethrow);
    context.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << "\nUsage: relay [port]; port 0 is any free one.\n";
    return 1;
}
