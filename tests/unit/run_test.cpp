// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/error.hpp>
#include <foundry/run.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <stdexcept>

namespace foundry_test::run_test {

namespace asio = boost::asio;

asio::awaitable<void> go_on_for_a_while(bool& ended)
{
    auto const executor = co_await asio::this_coro::executor;
    for (int i = 0; i != 3; ++i)
        co_await asio::post(executor, asio::use_awaitable);
    ended = true;
}

template <class Thrown>
asio::awaitable<int> fail(Thrown what)
{
    auto const executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    throw what;
}

template <class Thrown>
asio::awaitable<void> fail_without_value(Thrown what)
{
    co_await fail(std::move(what));
}

TEST_CASE("run: a coroutine that ends gives 0")
{
    bool ended = false;
    CHECK(foundry::run(go_on_for_a_while(ended)) == 0);
    CHECK(ended);
}

TEST_CASE("run: a coroutine that throws gives 1, whatever it throws")
{
    CHECK(foundry::run(fail_without_value(foundry::error(foundry::errc::no_ca_store, "on purpose"))) == 1);
    CHECK(foundry::run(fail_without_value(std::runtime_error("on purpose"))) == 1);
    CHECK(foundry::run(fail_without_value(42)) == 1);
}

TEST_CASE("rethrow: the context's run() throws what the coroutine threw, with and without a value")
{
    asio::io_context context;
    asio::co_spawn(context, fail_without_value(std::runtime_error("one")), foundry::rethrow);
    CHECK_THROWS_WITH(context.run(), "one");
    context.restart();
    asio::co_spawn(context, fail(std::runtime_error("two")), foundry::rethrow);
    CHECK_THROWS_WITH(context.run(), "two");
    context.restart();
    bool ended = false;
    asio::co_spawn(context, go_on_for_a_while(ended), foundry::rethrow);
    context.run();
    CHECK(ended);
}

} // namespace foundry_test::run_test
