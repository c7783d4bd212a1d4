// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A chat page and its server: the browser asks, and what the model says goes to it piece by piece, as server-sent events.
//
//     server [port [seconds]]
//
// Then open the URL that it prints. The port is 8080 unless given, 0 for any free one; a browser that takes nothing for so many
// seconds, 30 unless given, is left. Ctrl-C ends it. It listens on this machine only, for it asks at your expense and knows no users.
//
// With AZURE_AI_ENDPOINT, AZURE_AI_API_KEY and AZURE_AI_MODEL set it asks that service, without the key as who you are in Azure;
// with nothing set, one that it starts itself.

#include <foundry.hpp>
#include <foundry/entra/default_azure_credential.hpp>
#include <foundry/testing/emulator.hpp>

#include "server_page.hpp" // server.html, as page_text

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
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

#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>
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

constexpr std::size_t most_browsers = 2000;
constexpr std::size_t most_bytes = 512 * 1024; // of a request
constexpr std::size_t most_messages = 100;
constexpr std::chrono::minutes longest_answer{30};

/// Which service is asked, and how.
struct plan
{
    plan(foundry::endpoint to, foundry::any_credential as) : where(std::move(to)), who(std::move(as)) {}

    foundry::endpoint where;
    foundry::any_credential who;
    foundry::options options;
    std::string model;
};

std::string setting(char const* name)
{
    char const* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

foundry::any_credential credential_for(foundry::endpoint const& where)
{
    if (std::string const key = setting("AZURE_AI_API_KEY"); !key.empty())
        return foundry::api_key{key};
    if (where.kind() == foundry::host_kind::other) // such as a server on this machine
        return foundry::no_credential();
    return foundry::entra::default_azure_credential();
}

plan from_environment(std::string const& url)
{
    foundry::endpoint where{url};
    foundry::any_credential who = credential_for(where);
    plan p{std::move(where), std::move(who)};
    p.model = setting("AZURE_AI_MODEL");
    return p;
}

plan embedded(foundry::testing::emulator const& service)
{
    foundry::endpoint where{"https://contoso.services.ai.azure.com/models"};
    where.connect_to("127.0.0.1", service.tls_port());
    plan p{std::move(where), foundry::api_key{service.api_key()}};
    p.options.tls.ca_certificates = service.ca_certificate();
    p.model = "Mistral-Large-2411";
    return p;
}

/// One connection: one request and its answer.
struct browser
{
    explicit browser(tcp::socket socket, std::chrono::seconds wait) : stream(std::move(socket)), patience(wait) {}

    beast::tcp_stream stream;
    std::chrono::seconds patience; ///< While it neither sends nor takes anything.
    std::size_t pieces = 0;
    std::string end = "the browser has left"; ///< How the answer has ended, for the log.
};

struct chat_server
{
    chat_server(asio::io_context& context, plan p, std::uint16_t port, std::chrono::seconds wait)
        : acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), port)),
          client(context, std::move(p.where), std::move(p.who), std::move(p.options)),
          model(std::move(p.model)),
          patience(wait)
    {}

    void stop()
    {
        acceptor.close();
        for (browser* const b : browsers)
            b->stream.close();
    }

    tcp::acceptor acceptor;
    foundry::client<> client;
    std::string model;
    std::chrono::seconds patience;
    std::set<browser*> browsers;
    foundry::testing::emulator* embedded = nullptr;
};

// --- what the browser is told ------------------------------------------------

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
    json::object words;
    words["message"] = e.message();
    words["advice"] = e.advice() == e.message() ? "" : e.advice();
    return words;
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

constexpr char last_chunk[] = "0\r\n\r\n";
constexpr std::string_view head_of_events =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";

asio::awaitable<void> write(browser& to, std::string bytes)
{
    to.stream.expires_after(to.patience);
    co_await asio::async_write(to.stream, asio::buffer(bytes), asio::use_awaitable);
}

// --- what it asks ------------------------------------------------------------

[[noreturn]] void refuse(std::string what) { throw foundry::error(foundry::errc::invalid_argument, std::move(what)); }

/// The conversation and nothing else: which model is asked, and how, is not for the page to choose.
foundry::chat_request question_in(http::request<http::string_body> const& asked, std::string const& model)
{
    if (asked[http::field::content_type] != "application/json") // which a page of another site cannot send
        refuse("send the conversation as application/json");
    foundry::chat_request const posted = foundry::chat_request::from_json(asked.body());
    if (posted.messages.empty() || posted.messages.size() > most_messages)
        refuse("send 1 to " + std::to_string(most_messages) + " messages; begin a new chat");

    foundry::chat_request question{model};
    question.system("You are a helpful assistant.");
    for (foundry::chat_message const& message : posted.messages) {
        if (message.role == foundry::chat_role::user)
            question.user(message.text());
        else if (message.role == foundry::chat_role::assistant)
            question.assistant(message.text());
        else
            refuse("send messages of the roles user and assistant only");
    }
    return question;
}

// --- the answer --------------------------------------------------------------

/// Each piece is read when the one before has been written: a slow browser slows the model down, and fills no memory here.
asio::awaitable<void> write_pieces(browser& to, foundry::chat_stream& chunks)
{
    json::object end;
    foundry::chat_chunk read;
    while (co_await chunks.read(read)) {
        if (!read.choices.empty() && read.choices[0].finish_reason)
            end["finish_reason"] = read.choices[0].finish_reason.name();
        if (read.text().empty())
            continue;
        json::object piece;
        piece["text"] = read.text();
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
    std::string last = last_chunk;
    if (failed)
        last = begun ? event("error", words_of(*failed)) + last : problem(http::status::bad_gateway, *failed);
    co_await write(to, std::move(last));
    to.end = failed ? failed->what() : "whole";
}

/// Never throws, so that the end of it is the end of the answer.
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

/// Completes when the browser closes the connection, for it sends nothing while it is answered.
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
            question = question_in(asked, server.model);
        else if (asked.method() == http::verb::get && asked.target() == "/")
            plain = reply(http::status::ok, "text/html; charset=utf-8", page_text);
        else
            plain = reply(http::status::not_found, "text/plain", "There is GET / and POST /chat.\n");
    } catch (foundry::error const& e) {
        plain = problem(http::status::bad_request, e);
    }
    if (question) {
        // Whichever ends first ends the other: no browser, no call.
        co_await (answer(to, server.client, std::move(*question)) || leaves(to));
        std::cout << "answer: " << to.pieces << " pieces, " << to.end << std::endl;
    } else {
        co_await write(to, std::move(plain));
    }
}

// --- connections -------------------------------------------------------------

/// Waits until the browser has closed: bytes of its request that nobody has read would reset the connection too early.
asio::awaitable<void> part(browser& from)
{
    error_code ec;
    from.stream.socket().shutdown(tcp::socket::shutdown_send, ec);
    from.stream.expires_after(std::chrono::seconds{5});
    std::array<char, 4096> rest;
    while (!ec)
        co_await from.stream.async_read_some(asio::buffer(rest), asio::redirect_error(asio::use_awaitable, ec));
}

asio::awaitable<void> serve(chat_server& server, tcp::socket socket)
{
    browser b(std::move(socket), server.patience);
    server.browsers.insert(&b);
    try {
        b.stream.socket().set_option(tcp::no_delay(true));
        b.stream.socket().set_option(asio::socket_base::send_buffer_size(64 * 1024)); // else the kernel takes megabytes
        beast::flat_buffer buffer;
        http::request_parser<http::string_body> parser;
        parser.body_limit(most_bytes);
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
    } catch (boost::system::system_error const&) { // the browser has left
    }
    server.browsers.erase(&b);
    if (server.embedded != nullptr)
        server.embedded->clear_journal(); // which would grow for ever
}

asio::awaitable<void> listen(chat_server& server)
{
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer pause(executor);
    while (server.acceptor.is_open()) {
        error_code ec;
        tcp::socket socket(executor);
        co_await server.acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, ec));
        if (!ec && server.browsers.size() < most_browsers) {
            asio::co_spawn(executor, serve(server, std::move(socket)), asio::detached);
        } else if (ec && server.acceptor.is_open()) { // such as no descriptors left
            pause.expires_after(std::chrono::milliseconds{100});
            co_await pause.async_wait(asio::use_awaitable);
        }
    }
}

int number(char const* text, int most)
{
    std::size_t used = 0;
    int const value = std::stoi(text, &used);
    if (text[used] != '\0' || value < 0 || value > most)
        throw std::out_of_range(std::string(text) + " is not a number from 0 to " + std::to_string(most));
    return value;
}

int main(int argc, char** argv)
try {
    auto const port = static_cast<std::uint16_t>(argc > 1 ? number(argv[1], 65535) : 8080);
    std::chrono::seconds const patience(argc > 2 ? number(argv[2], 3600) : 30);

    std::optional<foundry::testing::emulator> service;
    std::string const url = setting("AZURE_AI_ENDPOINT");
    if (url.empty()) {
        foundry::testing::emulator_options pace;
        pace.words_per_second = 30;
        service.emplace(pace);
        std::cout << "No AZURE_AI_ENDPOINT is set: asking the embedded Foundry, a real TLS server on loopback.\n";
    }
    plan p = service ? embedded(*service) : from_environment(url);
    p.options.pool.max_connections = most_browsers;
    p.options.timeouts.stream_total = longest_answer;

    asio::io_context context(1);
    chat_server server(context, std::move(p), port, patience);
    server.embedded = service ? &*service : nullptr;
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&server](error_code, int) { server.stop(); });
    asio::co_spawn(context, listen(server), asio::detached);
    std::cout << "http://127.0.0.1:" << server.acceptor.local_endpoint().port() << "/" << std::endl;
    context.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
