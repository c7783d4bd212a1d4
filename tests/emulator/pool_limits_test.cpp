// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Calls that wait for a connection: their order, what they get of the connection before, and when idle ones are closed.

#include "support/descriptors.hpp"
#include "support/plain_calls.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foundry_test::pool_limits_test {

using foundry::errc;
using foundry::testing::recorded_request;

/// Two calls for one connection: the second one waits for it.
struct two_in_a_row
{
    two_in_a_row(emulator& s, char const* url) : service(s), client(one_connection(context, s, url)) {}

    static foundry::client<> one_connection(asio::io_context& context, emulator const& service, char const* url)
    {
        foundry::options with = limited(service);
        with.pool.max_connections = 1;
        return client_of(context.get_executor(), service, url, std::move(with));
    }

    void ask(std::string& said)
    {
        asio::co_spawn(context, client.complete(question()),
                       [&said](std::exception_ptr e, foundry::chat_completion reply) {
                           try {
                               if (e)
                                   std::rethrow_exception(e);
                               said = reply.text();
                           } catch (foundry::error const& failed) {
                               said = failed.code().message();
                           }
                       });
    }

    /// Nothing is read before the first answer was sent whole, so that all of it is there.
    void run()
    {
        std::size_t const before = service.journal().size();
        ask(first);
        ask(second);
        while (!service.wait_for_requests(before + 1, 1ms))
            context.poll();
        CHECK(service.wait_for_replies(before + 1, long_enough));
        context.run();
        context.restart();
    }

    emulator& service;
    asio::io_context context;
    foundry::client<> client;
    std::string first;
    std::string second;
};

TEST_CASE("pool: bytes after an answer are not the answer to a call that waits for the connection")
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        emulator service;
        two_in_a_row calls(service, url);
        std::string const smuggled = sized("", completion_text("smuggled"));
        // the answer is as long as the client's first read, and a TLS record of its own
        std::string body = completion_text("the first") + std::string(3000, ' ');
        body.append(4096 - sized("", body).size(), ' ');
        std::string const filled = sized("", body);
        queue(service, answer::raw(filled + smuggled).chunking({filled.size(), 10000}).keep_open());
        queue(service, answer::json(200, completion_text("the second")));
        calls.run();
        CHECK(calls.first == "the first");
        CHECK(calls.second == "the second");
        CHECK(service.connections() == 2);
    }
}

TEST_CASE("pool: a call that is cancelled at the moment when it gets a connection sends nothing")
{
    for (char const* const url : {foundry_url, local_url}) {
        emulator service;
        two_in_a_row calls(service, url);
        asio::cancellation_signal cancel;
        std::exception_ptr failed;
        asio::co_spawn(calls.context, calls.client.complete(question()),
                       [&](std::exception_ptr e, foundry::chat_completion) {
                           CHECK(!e);
                           cancel.emit(asio::cancellation_type::terminal);
                       });
        asio::co_spawn(calls.context, calls.client.complete(question()),
                       asio::bind_cancellation_slot(
                           cancel.slot(), [&](std::exception_ptr e, foundry::chat_completion) { failed = e; }));
        calls.context.run();
        CHECK(foundry_test::is_cancellation(failed));
        CHECK(service.journal().size() == 1);
        CHECK(service.open_connections() == 1);
    }
}

TEST_CASE("pool: a request is sent twice at most, also if the second attempt has to wait for a connection")
{
    emulator service;
    two_in_a_row calls(service, foundry_url);
    std::string warm;
    calls.ask(warm);
    calls.context.run();
    calls.context.restart();
    service.clear_journal();
    for (char const* const text : {"", "the second", "", "a third time"}) {
        if (*text == '\0')
            queue(service, answer::raw(""));
        else
            queue(service, answer::json(200, completion_text(text)));
    }
    // The first question is answered once the second call waits.
    std::promise<void> both_have_begun;
    std::shared_future<void> const begun = both_have_begun.get_future().share();
    service.reply_when(
        [begun](foundry::testing::recorded_request const&) {
            begun.wait();
            return false;
        },
        answer::json(500, ""));
    calls.ask(calls.first);
    calls.ask(calls.second);
    asio::post(calls.context, [&] { both_have_begun.set_value(); });
    calls.context.run();
    CHECK(calls.second == "the second");
    CHECK(calls.first == make_error_code(errc::connection_lost).message());
    CHECK(service.queued() == 1);
}

asio::awaitable<void> ask(foundry::client<> client, std::string text, int& done)
{
    foundry::chat_request const request = question(std::move(text));
    foundry::chat_completion const reply = co_await client.complete(request);
    CHECK(!reply.text().empty());
    ++done;
}

TEST_CASE("pool: one connection serves eight calls one after another, in order")
{
    emulator service;
    asio::io_context context;
    foundry::options with = limited(service);
    with.pool.max_connections = 1;
    int done = 0;
    {
        foundry::client<> client = client_of(context.get_executor(), service, foundry_url, with);
        for (int i = 0; i != 8; ++i)
            asio::co_spawn(context, ask(client, "question " + std::to_string(i), done), asio::detached);
    }
    context.run();
    CHECK(done == 8);
    CHECK(service.connections() == 1);
    std::vector<recorded_request> const journal = service.journal();
    REQUIRE(journal.size() == 8);
    for (int i = 0; i != 8; ++i) {
        std::string const text = "question " + std::to_string(i);
        CHECK(journal[static_cast<std::size_t>(i)].body.find(text) != std::string::npos);
    }
}

TEST_CASE("pool: calls beyond the limit open connections when others end")
{
    emulator service;
    asio::io_context context;
    foundry::options with = limited(service);
    with.pool.max_connections = 2;
    for (int i = 0; i != 8; ++i)
        service.queue(answer::json(200, completion_text("over")).header("Connection", "close"));
    int done = 0;
    {
        foundry::client<> client = client_of(context.get_executor(), service, foundry_url, with);
        for (int i = 0; i != 8; ++i)
            asio::co_spawn(context, ask(client, "question " + std::to_string(i), done), asio::detached);
    }
    context.run();
    CHECK(done == 8);
    CHECK(service.connections() == 8);
}

asio::awaitable<void> no_turn(emulator& service)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::options with = limited(service);
    with.pool.max_connections = 1;
    foundry::client<> client = client_of(executor, service, foundry_url, with);
    foundry::chat_request const request = question();
    queue(service, answer::raw(begun_stream()).hang());
    foundry::chat_stream holds = co_await client.stream(request);
    foundry::call_options hasty;
    hasty.timeouts.total = 50ms;
    foundry::error const failed = co_await failure_of(client.complete(request, hasty));
    CHECK(failed.code() == errc::total_timeout);
    CHECK(std::string(failed.what()).find("max_connections") != std::string::npos);
    holds.close();
    co_await goes_on(service, client);
}

TEST_CASE("pool: the error of a call that gets no connection in its time names max_connections")
{
    emulator service;
    run(no_turn(service));
}

TEST_CASE("pool: connections that a burst has left idle for too long are closed by a later call")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::options with = limited(s);
        with.pool.max_idle = 20ms;
        foundry::client<> client = client_of(executor, s, urls[1], with);
        int left = 8;
        for (int i = 0; i != 8; ++i)
            asio::co_spawn(executor, client.complete("gpt-4o-mini", "Hello."),
                           [&left](std::exception_ptr, foundry::chat_completion) { --left; });
        asio::steady_timer turn(executor);
        while (left != 0) {
            turn.expires_after(1ms);
            co_await turn.async_wait(asio::use_awaitable);
        }
        REQUIRE(s.open_connections() > 2);
        bool closed = false;
        for (int i = 0; i != 1000 && !closed; ++i) {
            static_cast<void>(co_await client.complete("gpt-4o-mini", "Hello."));
            closed = s.open_connections() <= 2;
        }
        CHECK(closed);
    }(service));
}

TEST_CASE("pool: options.pool.max_connections = 0 is rejected when the client is made")
{
    emulator const service;
    asio::io_context context;
    foundry::options with = trusting(service);
    with.pool.max_connections = 0;
    std::optional<foundry::error> failed;
    try {
        foundry::client<> const made = client_of(context.get_executor(), service, foundry_url, with);
    } catch (foundry::error const& e) {
        failed = e;
    }
    REQUIRE(failed);
    CHECK(failed->code() == errc::invalid_argument);
    CHECK(std::string_view(failed->what()).find("options.pool.max_connections") != std::string_view::npos);
}

void ask_on(asio::io_context& context, foundry::client<> const& client, bool& is_answered)
{
    asio::co_spawn(context, client.complete(question()),
                   [&is_answered](std::exception_ptr e, foundry::chat_completion) { is_answered = !e; });
}

TEST_CASE("pool: a call on a context that is not running does not keep a free connection from later calls")
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        emulator service;
        std::promise<void> all_have_begun;
        std::shared_future<void> const begun = all_have_begun.get_future().share();
        service.reply_when(
            [begun](recorded_request const&) {
                begun.wait();
                return false;
            },
            answer::json(500, ""));
        asio::io_context running;
        asio::io_context paused;
        foundry::options with = limited(service);
        with.pool.max_connections = 1;
        with.timeouts.pool = 60s;
        foundry::client<> const client = client_of(running.get_executor(), service, url, with);
        bool first = false;
        bool second = false;
        bool third = false;
        ask_on(running, client, first);
        running.poll();
        ask_on(paused, client, second);
        paused.poll();
        ask_on(running, client, third);
        running.poll();
        CHECK(client.connections().waiting == 2);
        all_have_begun.set_value();
        auto const start = std::chrono::steady_clock::now();
        running.run();
        CHECK(std::chrono::steady_clock::now() - start < with.timeouts.pool / 3);
        CHECK(first);
        CHECK(third);
        CHECK(!second);
        paused.run();
        CHECK(second);
#if !defined(_WIN32) // where not every version can move a socket to another context
        CHECK(service.connections() == 1);
#endif
    }
}

TEST_CASE("pool: after a burst, no more connections stay open than options.pool.max_idle_connections")
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        emulator service;
        asio::io_context context;
        foundry::options with = limited(service);
        with.pool.max_idle_connections = 5;
        foundry::client<> const client = client_of(context.get_executor(), service, url, with);
        std::size_t answered = 0;
        for (int i = 0; i != 120; ++i)
            asio::co_spawn(context, client.complete(question()),
                           [&](std::exception_ptr e, foundry::chat_completion) { answered += e ? 0 : 1; });
        context.run();
        CHECK(answered == 120);
        CHECK(service.connections() > 5);
        foundry::connection_counts const left = client.connections();
        CHECK(left.idle == 5);
        CHECK(left.open == 5);
        CHECK(left.waiting == 0);
        std::uint16_t const port = url == local_url ? service.plain_port() : service.tls_port();
        CHECK(sockets_to(port).size() == 5);
        CHECK(service.wait_for_open_at_most(5, long_enough));
        client.close_idle();
        CHECK(sockets_to(port).empty());
    }
}

} // namespace foundry_test::pool_limits_test
