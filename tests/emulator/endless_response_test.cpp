// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Servers without end: whatever one of them goes on sending, and however slowly, a call ends within its limits.

#include "support/fixture.hpp"
#include "support/report.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <memory>

namespace foundry_test::endless_response_test {

using namespace std::chrono_literals;
using foundry::errc;

/// Answers the first request with a beginning, and then with the same bytes for ever.
class endless_server
{
public:
    endless_server(asio::any_io_executor executor, std::string lead, std::string rest, std::chrono::milliseconds pace)
        : acceptor_(std::move(executor), asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          lead_(std::move(lead)),
          rest_(std::move(rest)),
          pace_(pace)
    {}

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    std::size_t sent() const { return sent_; }

    static asio::awaitable<void> serve(std::shared_ptr<endless_server> self)
    {
        asio::ip::tcp::socket client = co_await self->acceptor_.async_accept(asio::use_awaitable);
        asio::steady_timer timer(client.get_executor());
        try {
            std::string request(16384, '\0');
            co_await client.async_read_some(asio::buffer(request), asio::use_awaitable);
            co_await asio::async_write(client, asio::buffer(self->lead_), asio::use_awaitable);
            for (;;) {
                self->sent_ += co_await asio::async_write(client, asio::buffer(self->rest_), asio::use_awaitable);
                if (self->pace_.count() > 0) {
                    timer.expires_after(self->pace_);
                    co_await timer.async_wait(asio::use_awaitable);
                }
            }
        } catch (boost::system::system_error const&) { // the client has had enough
        }
    }

private:
    asio::ip::tcp::acceptor acceptor_;
    std::string lead_;
    std::string rest_;
    std::chrono::milliseconds pace_;
    std::size_t sent_ = 0;
};

std::string repeated(std::string_view text, std::size_t count)
{
    std::string all;
    for (std::size_t i = 0; i != count; ++i)
        all += text;
    return all;
}

constexpr std::size_t mebibyte = std::size_t{1} << 20;
std::string const good = "HTTP/1.1 200 OK\r\n";
std::string const chunked = good + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
std::string const events = good + "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

struct ending
{
    char const* name;
    std::string lead;
    std::string rest;
    bool streamed;
    errc code;
    std::chrono::milliseconds pace{0};
};

std::vector<ending> every_ending()
{
    std::string const chunk = "1000\r\n" + std::string(4096, 'x') + "\r\n";
    std::vector<ending> all;
    auto const add = [&all](char const* name, std::string lead, std::string rest, bool streamed, errc code,
                            std::chrono::milliseconds pace = 0ms) {
        all.push_back({name, std::move(lead), std::move(rest), streamed, code, pace});
    };
    add("a status line", "HTTP/1.1 200 ", std::string(4096, 'O'), false, errc::limit_exceeded);
    add("a header field", good + "X: ", std::string(4096, 'x'), false, errc::limit_exceeded);
    add("header fields", good, repeated("A: b\r\n", 500), false, errc::limit_exceeded);
    add("interim answers", "", repeated("HTTP/1.1 100 Continue\r\n\r\n", 100), false, errc::unexpected_reply);
    add("a chunk header", chunked + "1;x=", std::string(4096, 'x'), false, errc::limit_exceeded);
    add("a body", good + "\r\n", std::string(4096, ' '), false, errc::limit_exceeded);
    add("a body of chunks", chunked, "1000\r\n" + std::string(4096, ' ') + "\r\n", false, errc::limit_exceeded);
    add("brackets", chunked, "1000\r\n" + std::string(4096, '[') + "\r\n", false, errc::limit_exceeded);
    add("trailers", chunked + "2\r\n{}\r\n0\r\n", repeated("A: b\r\n", 500), false, errc::limit_exceeded);
    add("an error's body", "HTTP/1.1 500 Oops\r\n\r\n", std::string(4096, 'x'), false, errc::service_error);
    add("a line of a stream", events + "6\r\ndata: \r\n", chunk, true, errc::limit_exceeded);
    add("lines of an event", events, "1000\r\n" + repeated("data: 123456789\n", 256) + "\r\n", true,
        errc::limit_exceeded);
    add("keep-alives", events, "1000\r\n" + repeated(": here\n\n", 512) + "\r\n", true, errc::stall_timeout);
    add("a head, byte by byte", good + "X: ", "x", false, errc::stall_timeout, 2ms);
    add("a JSON answer, byte by byte", good + "Content-Type: application/json\r\n\r\n[", " ", false,
        errc::stall_timeout, 2ms);
    add("keep-alives, slowly", events, "3\r\n:\n\n\r\n", true, errc::stall_timeout, 2ms);
    add("half an event, byte by byte", events + "6\r\ndata: \r\n", "1\r\nx\r\n", true, errc::stall_timeout, 2ms);
    return all;
}

asio::awaitable<foundry::error> first_error(foundry::client<> client, bool streamed)
{
    foundry::chat_request request{"m"};
    request.user("Hello.");
    if (!streamed) {
        foundry::error const failed = co_await failure_of(client.complete(request));
        co_return failed;
    }
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::error const failed = co_await failure_of(chunks.next());
    co_return failed;
}

asio::awaitable<void> end(ending one)
{
    CAPTURE(one.name);
    auto const executor = co_await asio::this_coro::executor;
    auto const server = std::make_shared<endless_server>(executor, one.lead, one.rest, one.pace);
    asio::co_spawn(executor, endless_server::serve(server), asio::detached);
    foundry::endpoint where{urls[3]};
    where.connect_to("127.0.0.1", server->port());
    foundry::options with;
    with.retry.max_retries = 0;
    with.limits.body = mebibyte;
    with.limits.event = with.limits.event_line = mebibyte;
    with.timeouts.silence = 700ms;
    with.timeouts.stall = 700ms;
    foundry::any_credential who = foundry::no_credential();
    foundry::client<> client(executor, std::move(where), std::move(who), std::move(with));
    foundry::error const failed = co_await first_error(client, one.streamed);
    CAPTURE(std::string(failed.what()));
    CHECK(failed.code() == one.code);
    // What the sockets hold besides is up to the system.
    if (one.code != errc::stall_timeout)
        CHECK(server->sent() < 16 * mebibyte);
}

TEST_CASE("promise: whatever a server goes on sending, and however slowly, memory is bounded and the call ends with a "
          "code of its own")
{
    std::vector<ending> const all = every_ending();
    for (ending const& one : all)
        run(end(one));
    foundry_test::report("endless servers", all.size());
}

/// A server on a thread of its own, so that there is always more to read.
asio::awaitable<void> read_from_flood(std::uint16_t port, bool& over)
{
    foundry::endpoint where{urls[3]};
    where.connect_to("127.0.0.1", port);
    foundry::options with;
    with.retry.max_retries = 0;
    with.timeouts.stream_total = 300ms;
    foundry::any_credential who = foundry::no_credential();
    foundry::client<> client(co_await asio::this_coro::executor, std::move(where), std::move(who), std::move(with));
    foundry::error const failed = co_await first_error(client, true);
    CHECK(failed.code() == errc::total_timeout);
    over = true;
}

asio::awaitable<void> count_turns(bool const& over, int& turns)
{
    auto const executor = co_await asio::this_coro::executor;
    while (!over) {
        ++turns;
        co_await asio::post(executor, asio::use_awaitable);
    }
}

TEST_CASE(
    "endless response: a flood that never lets a read wait starves neither the call's timers nor other coroutines")
{
    asio::thread_pool elsewhere(1);
    auto const server = std::make_shared<endless_server>(elsewhere.get_executor(), events,
                                                         "1000\r\n" + repeated(": here\n\n", 512) + "\r\n", 0ms);
    asio::co_spawn(elsewhere, endless_server::serve(server), asio::detached);
    bool over = false;
    int turns = 0;
    asio::io_context context;
    asio::co_spawn(context, read_from_flood(server->port(), over), asio::detached);
    asio::co_spawn(context, count_turns(over, turns), asio::detached);
    context.run();
    CHECK(over);
    CHECK(turns > 10);
    elsewhere.join();
}

} // namespace foundry_test::endless_response_test
