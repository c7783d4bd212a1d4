// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// However many ask for a token, and whoever of them gives up: one request.

#include "support/entra_fixture.hpp"

#include <foundry/entra/client_secret_credential.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <atomic>

namespace foundry_test::token_fetch_test {

using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;

constexpr std::chrono::milliseconds long_enough{20'000};

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

foundry::entra::client_secret_credential secret_of(emulator const& service)
{
    return foundry::entra::client_secret_credential("contoso-tenant", "contoso-application", "contoso-secret",
                                                    asking(service));
}

std::size_t token_requests(emulator const& service)
{
    std::size_t count = 0;
    for (auto const& r : service.journal())
        count += r.target.ends_with("/oauth2/v2.0/token");
    return count;
}

FOUNDRY_CORO asio::awaitable<void> ask(std::shared_ptr<foundry::detail::credential_source> from,
                                       asio::any_io_executor background, std::atomic<int>& good)
{
    foundry::detail::token_query query(for_scope(), std::move(background));
    std::shared_ptr<foundry::access_token const> token;
    co_await from->find_token(std::move(query), token);
    if (token->token().reveal() == "given-token-1")
        ++good;
}

/// Two calls that wait for the same token, and how they end.
struct two_waiters
{
    two_waiters() : client(client_with(context.get_executor(), service, secret_of(service)))
    {
        service.queue(answer::raw("").hang()); // the authority takes its time
        for (int i = 0; i != 2; ++i)
            asio::co_spawn(context, client.complete("gpt-4o-mini", "Hello."),
                           asio::bind_cancellation_slot(cancel[i].slot(),
                                                        [this, i](std::exception_ptr e, foundry::chat_completion) {
                                                            ended[i] = true;
                                                            failure[i] = e;
                                                        }));
        until([this] { return service.wait_for_requests(1, 1ms); });
    }

    template <class Condition>
    void until(Condition condition)
    {
        while (!condition()) {
            context.restart();
            context.poll();
        }
    }

    bare_environment none;
    emulator service;
    asio::io_context context;
    foundry::client<> client;
    asio::cancellation_signal cancel[2];
    std::exception_ptr failure[2];
    bool ended[2] = {false, false};
};

/// A credential that answers without a wait, as one that keeps its token does.
struct instant_credential
{
    FOUNDRY_CORO asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        co_return foundry::access_token("emulator-token", std::chrono::system_clock::now() + 1h);
    }
};

TEST_SUITE_BEGIN("one flight");

TEST_CASE("token fetch: a thousand coroutines on four threads share one token request")
{
    bare_environment const none;
    emulator service;
    foundry::any_credential const who = secret_of(service);
    std::atomic<int> good = 0;
    asio::thread_pool threads(4);
    for (int i = 0; i != 1000; ++i)
        asio::co_spawn(asio::make_strand(threads), ask(who.source(), threads.get_executor(), good), asio::detached);
    threads.join();
    CHECK(good == 1000);
    CHECK(token_requests(service) == 1);
    CHECK(service.connections() == 1);
}

TEST_CASE("token fetch: if the first waiter is cancelled, the others still get the token")
{
    bare_environment const none;
    emulator service;
    asio::io_context context;
    foundry::client<> const client = client_with(context.get_executor(), service, secret_of(service));
    asio::cancellation_signal cancel;
    bool first_ended = false;
    std::optional<std::string> text;
    answer slow = answer::json(200, R"({"access_token":"emulator-token","expires_in":3600})");
    service.queue(slow.delay(100ms));
    asio::co_spawn(context, client.complete("gpt-4o-mini", "Hello."),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, foundry::chat_completion) {
                       CHECK(is_cancellation(e));
                       first_ended = true;
                   }));
    asio::co_spawn(context, client.complete("gpt-4o-mini", "Hello."),
                   [&](std::exception_ptr e, foundry::chat_completion reply) {
                       CHECK(!e);
                       text = reply.text();
                   });
    while (!service.wait_for_requests(1, 1ms))
        context.poll();
    cancel.emit(asio::cancellation_type::terminal);
    context.poll();
    CHECK(first_ended);
    context.restart();
    context.run();
    REQUIRE(text);
    CHECK(!text->empty());
    CHECK(token_requests(service) == 1);
}

TEST_CASE("token fetch: if the last waiter is cancelled, the socket closes, and the next call starts a new fetch")
{
    two_waiters s;
    s.cancel[0].emit(asio::cancellation_type::terminal);
    s.until([&] { return s.ended[0]; });
    CHECK(s.service.open_connections() == 1);
    s.cancel[1].emit(asio::cancellation_type::terminal);
    s.until([&] { return s.ended[1]; });
    s.until([&] { return s.service.wait_for_open_at_most(0, 1ms); });
    std::optional<std::string> text;
    asio::co_spawn(s.context, s.client.complete("gpt-4o-mini", "Hello."),
                   [&](std::exception_ptr e, foundry::chat_completion reply) {
                       CHECK(!e);
                       text = reply.text();
                   });
    s.until([&] { return text.has_value(); });
    CHECK(token_requests(s.service) == 2);
}

TEST_CASE("token fetch: a token that does not come ends the call at timeouts.token, or at timeouts.total")
{
    bare_environment const none;
    emulator service;
    service.queue(answer::raw("").hang());
    service.queue(answer::raw("").hang());
    run([](emulator& s) -> asio::awaitable<void> {
        foundry::any_credential who = secret_of(s);
        foundry::client<> client(co_await asio::this_coro::executor, at(s, urls[1]), who, trusting(s));
        foundry::chat_request request{"gpt-4o-mini"};
        request.user("Hello.");
        foundry::call_options hasty;
        hasty.timeouts.token = 50ms;
        foundry::error const late = co_await failure_of(client.complete(request, hasty));
        CHECK(late.code() == errc::token_timeout);
        hasty.timeouts.token = 1min;
        hasty.timeouts.total = 50ms;
        foundry::error const over = co_await failure_of(client.complete(request, hasty));
        CHECK(over.code() == errc::total_timeout);
        foundry::chat_completion const reply = co_await client.complete(request);
        CHECK(!reply.text().empty());
    }(service));
    CHECK(service.wait_for_open_at_most(1, long_enough));
}

TEST_CASE("token fetch: a failure reaches all waiters at once")
{
    bare_environment const none;
    emulator service;
    service.queue(answer::json(400, R"({"error":"invalid_request","error_description":"AADSTS90002: No."})"));
    foundry::any_credential const who = secret_of(service);
    std::atomic<int> good = 0;
    std::atomic<int> failed = 0;
    asio::thread_pool threads(2);
    for (int i = 0; i != 100; ++i)
        asio::co_spawn(asio::make_strand(threads), ask(who.source(), threads.get_executor(), good),
                       [&failed](std::exception_ptr e) {
                           try {
                               std::rethrow_exception(e);
                           } catch (foundry::error const& refused) {
                               failed += refused.code() == errc::authentication_failed &&
                                         std::string_view(refused.what()).find("AADSTS90002") != std::string_view::npos;
                           }
                       });
    threads.join();
    CHECK(good == 0);
    CHECK(failed == 100);
    CHECK(token_requests(service) == 1);
}

/// A credential that asks a client of its own for its secret: here the one that waits for it.
struct self_calling_credential
{
    FOUNDRY_CORO asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        foundry::chat_completion const secret = co_await (*own)->complete("gpt-4o-mini", "What is the secret?");
        co_return foundry::access_token(secret.text(), std::chrono::system_clock::now() + 1h);
    }

    std::shared_ptr<std::optional<foundry::client<>>> own = std::make_shared<std::optional<foundry::client<>>>();
};

TEST_CASE("token fetch: a credential that calls its own client gets an error, and does not wait for itself")
{
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        self_calling_credential who;
        foundry::client<> client = client_with(co_await asio::this_coro::executor, s, who);
        who.own->emplace(client);
        foundry::error const failed = co_await failure_of(client.complete("gpt-4o-mini", "Hello."));
        who.own->reset();
        CHECK(failed.code() == errc::invalid_argument);
        CHECK(contains(failed.what(), "get_token() calls a client that waits for this very token"));
    }(service));
    CHECK(service.requests() == 0);
}

TEST_CASE("token fetch: if no token comes because the client's context is not run, the error says so")
{
    emulator service;
    asio::io_context home; // which is not run
    run([](emulator& s, asio::any_io_executor own) -> asio::awaitable<void> {
        foundry::any_credential who = instant_credential();
        foundry::client<> client(std::move(own), at(s, urls[1]), std::move(who), trusting(s));
        foundry::chat_request request{"gpt-4o-mini"};
        request.user("Hello.");
        foundry::call_options hasty;
        hasty.timeouts.token = 50ms;
        foundry::error const late = co_await failure_of(client.complete(request, hasty));
        CHECK(late.code() == errc::token_timeout);
        CHECK(contains(late.what(), "has not begun to fetch it"));
        CHECK(contains(late.what(), "run that context"));
    }(service, home.get_executor()));
}

TEST_CASE("token fetch: a cancelled fetch may end later, on another context and after its last waiter is gone")
{
    emulator service;
    asio::io_context home;
    asio::io_context other;
    foundry::client<> const client = client_with(home.get_executor(), service, instant_credential());
    asio::cancellation_signal cancel;
    bool ended = false;
    asio::co_spawn(other, client.complete("gpt-4o-mini", "Hello."),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, foundry::chat_completion) {
                       CHECK(is_cancellation(e));
                       ended = true;
                   }));
    other.poll();
    cancel.emit(asio::cancellation_type::terminal);
    other.run();
    CHECK(ended);
    home.run(); // begins the fetch, whose cancellation waits behind it
    CHECK(service.requests() == 0);
}

TEST_SUITE_END();

} // namespace foundry_test::token_fetch_test
