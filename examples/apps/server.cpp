// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A chat page and its server: the browser sends a question and gets the answer piece by piece, as server-sent events.
//
//     server [port [seconds]]
//
// Then open the URL that it prints. The port is 8080 by default, 0 for any free one. If a browser takes nothing for `seconds`, 30 by
// default, its connection is closed. Ctrl-C ends the server. It listens on this machine only, because it has no users and no login.
//
// configuration.hpp says which service it uses.

#include "../configuration.hpp"

#include <foundry/log_sink.hpp>

#include "server_page.hpp" // server.html, as page_text

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace json = boost::json;
using asio::ip::tcp;
using boost::system::error_code;
using namespace asio::experimental::awaitable_operators;

constexpr std::size_t max_browsers = 2000;
constexpr std::size_t max_bytes = 512 * 1024; // of a request
constexpr std::size_t max_messages = 100;
constexpr std::chrono::minutes max_answer_time{30};

foundry::client<> make_client(asio::io_context& context, configuration const& my)
{
    foundry::options options = my.options();
    options.default_model = my.model();
    options.pool.max_connections = max_browsers;
    options.timeouts.stream_total = max_answer_time;
    options.observer = std::make_shared<foundry::log_sink>(); // a line for each call
    return foundry::client(context, my.endpoint(), my.credential(), options);
}

/// One connection: one request and its answer.
struct browser
{
    beast::tcp_stream stream;
    std::chrono::seconds patience; ///< Maximum time without progress.
    std::size_t pieces = 0;
    std::string end = "the browser has left"; ///< How the answer ended, for the log.
};

struct chat_server
{
    tcp::acceptor acceptor;
    foundry::client<> client;
    std::chrono::seconds patience;
    foundry::testing::emulator* emulator; ///< May be null.
    std::set<browser*> browsers = {};

    void stop()
    {
        acceptor.close();
        for (browser* const b : browsers)
            b->stream.close();
    }
};

// --- responses ------------------------------------------------

std::string reply(http::status status, std::string_view type, std::string_view body)
{
    http::response<http::string_body> made{status, 11};
    made.set(http::field::content_type, type);
    made.set(http::field::cache_control, "no-store");
    made.set("X-Content-Type-Options", "nosniff");
    made.set("Content-Security-Policy",
             "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
             "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    made.keep_alive(false);
    made.body() = body;
    made.prepare_payload();
    std::ostringstream text;
    text << made;
    return text.str();
}

json::object words_of(foundry::error const& e)
{
    std::string const advice = e.advice() == e.message() ? "" : e.advice();
    return json::object({{"message", e.message()}, {"advice", advice}});
}

std::string problem(http::status status, foundry::error const& e)
{
    return reply(status, "application/json", json::serialize(words_of(e)));
}

std::string event(std::string_view name, json::object const& data)
{
    std::string const text = "event: " + std::string(name) + "\ndata: " + json::serialize(data) + "\n\n";
    return beast::buffers_to_string(http::make_chunk(asio::buffer(text)));
}

constexpr std::string_view head_of_events =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";

asio::awaitable<void> write(browser& to, std::string bytes)
{
    to.stream.expires_after(to.patience);
    co_await asio::async_write(to.stream, asio::buffer(bytes), asio::use_awaitable);
}

// --- requests ------------------------------------------------------------

[[noreturn]] void reject(std::string what) { throw foundry::error(foundry::errc::invalid_argument, std::move(what)); }

/// Takes the conversation and nothing else: the page does not choose the model or its parameters.
foundry::chat_request question_in(http::request<http::string_body> const& asked)
{
    // A page of another site cannot send JSON, and if its own name leads to this machine, it sends the wrong Host.
    std::string_view const host = asked[http::field::host];
    if (std::string_view const name = host.substr(0, host.find(':')); name != "127.0.0.1" && name != "localhost")
        reject("open the page as http://127.0.0.1 or http://localhost");
    if (asked[http::field::content_type] != "application/json")
        reject("send the conversation as application/json");
    foundry::chat_request const posted = foundry::chat_request::from_json(asked.body());
    if (posted.messages.empty() || posted.messages.size() > max_messages)
        reject("send 1 to " + std::to_string(max_messages) + " messages; begin a new chat");

    foundry::chat_request question;
    question.system("You are a helpful assistant.");
    for (foundry::chat_message const& message : posted.messages) {
        if (message.role == foundry::chat_role::user)
            question.user(message.text());
        else if (message.role == foundry::chat_role::assistant)
            question.assistant(message.text());
        else
            reject("send messages of the roles user and assistant only");
    }
    return question;
}

// --- the answer --------------------------------------------------------------

/// Reads a piece after the previous one is written: a slow browser slows the model down, and memory stays bounded.
asio::awaitable<void> write_pieces(browser& to, foundry::chat_stream& chunks)
{
    json::object end;
    while (auto const* chunk = co_await chunks.read()) {
        if (!chunk->choices.empty() && chunk->choices[0].finish_reason)
            end["finish_reason"] = chunk->choices[0].finish_reason.name();
        if (chunk->text().empty())
            continue;
        json::object piece;
        piece["text"] = chunk->text();
        co_await write(to, event("piece", piece));
        ++to.pieces;
    }
    co_await write(to, event("end", end));
}

asio::awaitable<void> write_answer(browser& to, foundry::client<>& client, foundry::chat_request const& question)
{
    std::optional<foundry::error> failed;
    bool begun = false;
    try {
        foundry::chat_stream chunks = co_await client.stream(question);
        co_await write(to, std::string(head_of_events));
        begun = true;
        co_await write_pieces(to, chunks);
    } catch (foundry::error const& e) {
        failed = e;
    }
    std::string last = "0\r\n\r\n"; // of the chunks
    if (failed)
        last = begun ? event("error", words_of(*failed)) + last : problem(http::status::bad_gateway, *failed);
    co_await write(to, std::move(last));
    to.end = failed ? failed->what() : "whole";
}

/// Never throws, because `||` ends with the first operation that succeeds.
asio::awaitable<void> answer(browser& to, foundry::client<>& client, foundry::chat_request question)
{
    try {
        co_await write_answer(to, client, question);
    } catch (boost::system::system_error const& e) {
        if (e.code() == beast::error::timeout)
            to.end = "the browser took nothing for " + std::to_string(to.patience.count()) + " s";
    } catch (std::exception const& e) {
        to.end = e.what();
    }
}

/// Completes when the browser closes the connection; it sends nothing else during the answer.
asio::awaitable<void> leaves(browser& b)
{
    error_code ignored;
    co_await b.stream.socket().async_wait(tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> respond(browser& to, chat_server& server, http::request<http::string_body> asked)
{
    std::optional<foundry::chat_request> question;
    std::string plain;
    try {
        if (asked.method() == http::verb::post && asked.target() == "/chat")
            question = question_in(asked);
        else if (asked.method() == http::verb::get && asked.target() == "/")
            plain = reply(http::status::ok, "text/html; charset=utf-8", page_text);
        else
            plain = reply(http::status::not_found, "text/plain", "There is GET / and POST /chat.\n");
    } catch (foundry::error const& e) {
        plain = problem(http::status::bad_request, e);
    }
    if (!question)
        co_return co_await write(to, std::move(plain));
    // The first of the two that ends cancels the other: without a browser there is no call.
    co_await (answer(to, server.client, std::move(*question)) || leaves(to));
    std::cout << "answer: " << to.pieces << " pieces, " << to.end << std::endl;
}

// --- connections -------------------------------------------------------------

/// Waits until the browser has closed its side: unread bytes of its request would reset the connection too early.
asio::awaitable<void> part(browser& from)
{
    error_code ec;
    from.stream.socket().shutdown(tcp::socket::shutdown_send, ec);
    from.stream.expires_after(std::chrono::seconds{5});
    char rest[4096];
    while (!ec)
        co_await from.stream.async_read_some(asio::buffer(rest), asio::redirect_error(asio::use_awaitable, ec));
}

asio::awaitable<void> serve(chat_server& server, tcp::socket socket)
{
    if (!server.acceptor.is_open())
        co_return; // stop() was called
    browser b{beast::tcp_stream(std::move(socket)), server.patience};
    server.browsers.insert(&b);
    try {
        b.stream.socket().set_option(tcp::no_delay(true));
        b.stream.socket().set_option(
            asio::socket_base::send_buffer_size(64 * 1024)); // the kernel's default is megabytes
        beast::flat_buffer buffer;
        http::request_parser<http::string_body> parser;
        parser.body_limit(max_bytes);
        b.stream.expires_after(b.patience);
        error_code ec;
        co_await http::async_read(b.stream, buffer, parser, asio::redirect_error(asio::use_awaitable, ec));
        if (ec == http::error::body_limit) {
            foundry::error const e(foundry::errc::invalid_argument, "this is too long: ask something shorter");
            co_await write(b, problem(http::status::payload_too_large, e));
        } else if (!ec) {
            co_await respond(b, server, parser.release());
        }
        co_await part(b);
    } catch (std::exception const&) { // the browser has left
    }
    server.browsers.erase(&b);
    if (server.emulator != nullptr)
        server.emulator->clear_journal();
}

asio::awaitable<void> listen(chat_server& server)
{
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer pause(executor);
    while (server.acceptor.is_open()) {
        error_code ec;
        tcp::socket socket(executor);
        co_await server.acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, ec));
        if (!ec && server.browsers.size() < max_browsers) {
            asio::co_spawn(executor, serve(server, std::move(socket)), foundry::rethrow);
        } else if (ec && server.acceptor.is_open()) { // such as too many open files
            pause.expires_after(std::chrono::milliseconds{100});
            co_await pause.async_wait(asio::use_awaitable);
        }
    }
}

int main(int argc, char** argv)
try {
    int const port = argc > 1 ? std::stoi(argv[1]) : 8080;
    std::chrono::seconds const patience(argc > 2 ? std::stoi(argv[2]) : 30);
    if (port < 0 || port > 65535)
        throw std::out_of_range("there is no port " + std::to_string(port));
    configuration const my;
    asio::io_context context(1);
    tcp::endpoint const here(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port));
    chat_server server{tcp::acceptor(context, here), make_client(context, my), patience, my.emulator()};
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&server](error_code, int) { server.stop(); });
    std::cout << "http://127.0.0.1:" << server.acceptor.local_endpoint().port() << "/" << std::endl;
    asio::co_spawn(context, listen(server), foundry::rethrow);
    context.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << "\nUsage: server [port [seconds]]; port 0 is any free one.\n";
    return 1;
}
