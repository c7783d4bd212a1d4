// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What a call may run on: any executor that runs one handler at a time.

#include "support/plain_calls.hpp"

#include <foundry/async_call.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <doctest/doctest.h>

#include <future>

namespace foundry_test::executors_test {

using foundry::errc;

FOUNDRY_CORO asio::awaitable<std::string> ask(foundry::client<> client)
{
    foundry::chat_request const request = question();
    std::string text;
    try {
        foundry::chat_completion const reply = co_await client.complete(request);
        text = reply.text();
    } catch (foundry::error const& failed) {
        text = failed.what();
    }
    co_return text;
}

std::string asked_on(asio::any_io_executor executor, foundry::client<> const& client)
{
    return asio::co_spawn(executor, ask(client), asio::use_future).get();
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST_CASE("executor: one with several threads is rejected with what to write instead, and nothing is sent")
{
    emulator service;
    asio::thread_pool pool(2);
    foundry::client<> const client = client_of(pool.get_executor(), service, foundry_url, limited(service));
    CHECK(contains(asked_on(pool.get_executor(), client), "boost::asio::make_strand"));
    CHECK(contains(asked_on(asio::system_executor(), client), "boost::asio::make_strand"));
    CHECK(service.requests() == 0);
    CHECK(!contains(asked_on(asio::make_strand(pool), client), "make_strand"));
    CHECK(service.requests() == 1);
}

TEST_CASE("executor: a thread pool of one thread is accepted")
{
    emulator service;
    asio::thread_pool pool(1);
    foundry::client<> const client = client_of(pool.get_executor(), service, foundry_url, limited(service));
    CHECK(!contains(asked_on(pool.get_executor(), client), "make_strand"));
    CHECK(service.requests() == 1);
}

TEST_CASE("async_call: a call on any executor, for a future, a function or a coroutine")
{
    emulator service;
    asio::thread_pool pool(2);
    foundry::client<> const client = client_of(pool.get_executor(), service, foundry_url, limited(service));

    std::future<foundry::chat_completion> reply =
        foundry::async_call(pool.get_executor(), client.complete(question()), asio::use_future);
    CHECK(!reply.get().text().empty());

    std::promise<std::string> said;
    foundry::async_call(pool.get_executor(), client.complete(question()),
                        [&said](std::exception_ptr failed, foundry::chat_completion given) {
                            said.set_value(failed ? std::string() : std::string(given.text()));
                        });
    CHECK(!said.get_future().get().empty());

    std::future<void> warm = foundry::async_call(pool.get_executor(), client.warm_up(), asio::use_future);
    CHECK_NOTHROW(warm.get());

    run([](foundry::client<> c, asio::any_io_executor elsewhere) -> asio::awaitable<void> {
        auto call = c.complete("gpt-4o-mini", "Hello.");
        foundry::chat_completion const given =
            co_await foundry::async_call(std::move(elsewhere), std::move(call), asio::use_awaitable);
        CHECK(!given.text().empty());
    }(client, pool.get_executor()));
}

TEST_CASE("async_call: an error reaches the handler, and its slot cancels the call")
{
    emulator service;
    asio::io_context context;
    foundry::client<> const client = client_of(context.get_executor(), service, foundry_url, limited(service));
    queue(service, answer::json(404, "{}"));
    errc code{};
    foundry::async_call(context.get_executor(), client.complete(question()),
                        [&code](std::exception_ptr failed, foundry::chat_completion) {
                            try {
                                std::rethrow_exception(failed);
                            } catch (foundry::error const& e) {
                                code = static_cast<errc>(e.code().value());
                            }
                        });
    context.run();
    CHECK(code == errc::route_not_found);

    queue(service, answer::raw("").hang());
    asio::cancellation_signal stop;
    bool cancelled = false;
    foundry::async_call(context.get_executor(), client.complete(question()),
                        asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, foundry::chat_completion) {
                            cancelled = is_cancellation(e);
                        }));
    context.restart();
    while (!service.wait_for_requests(2, 1ms))
        context.poll();
    stop.emit(asio::cancellation_type::terminal);
    context.run();
    CHECK(cancelled);
}

} // namespace foundry_test::executors_test
