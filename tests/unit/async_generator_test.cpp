// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/async_generator.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace foundry_test::async_generator_test {

namespace asio = boost::asio;
using foundry::async_generator;

void run(asio::awaitable<void> body)
{
    asio::io_context context;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(body), [&](std::exception_ptr e) { failure = e; });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
}

struct counted
{
    explicit counted(int& n) : alive(&n) { ++*alive; }
    counted(counted const&) = delete;
    counted& operator=(counted const&) = delete;
    ~counted() { --*alive; }
    int* alive;
};

asio::awaitable<int> later(int value)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::seconds(0));
    co_await timer.async_wait(asio::deferred);
    co_return value;
}

asio::awaitable<void> pause() { co_await later(0); }

asio::awaitable<int> forever()
{
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
    co_await timer.async_wait(asio::deferred);
    co_return 0;
}

async_generator<std::string> numbers(int n, int& alive)
{
    counted const guard(alive);
    for (int i = 0; i != n; ++i) {
        co_await pause();
        co_yield std::to_string(co_await later(i));
    }
}

async_generator<std::string> doubled(async_generator<std::string> in)
{
    while (auto text = co_await in.next()) {
        std::string const twice = *text + *text;
        co_yield twice;
    }
}

async_generator<int> breaking()
{
    co_yield 1;
    throw std::runtime_error("broken");
}

async_generator<int> recovering()
{
    std::string caught;
    auto inner = breaking();
    try {
        while (auto v = co_await inner.next())
            co_yield *v;
    } catch (std::runtime_error const& e) {
        caught = e.what();
    }
    co_yield static_cast<int>(caught.size());
}

async_generator<int> stuck(int& alive)
{
    counted const guard(alive);
    co_yield 1;
    co_yield co_await forever();
}

asio::awaitable<void> reads_all()
{
    int alive = 0;
    auto g = numbers(5, alive);
    CHECK(alive == 0); // nothing runs before the first next()
    std::string all;
    while (auto v = co_await g.next())
        all += *v;
    CHECK(all == "01234");
    CHECK(alive == 0);
    CHECK(!co_await g.next());
}

asio::awaitable<void> leaves_early()
{
    int alive = 0;
    {
        auto g = numbers(5, alive);
        CHECK(*co_await g.next() == "0");
        CHECK(alive == 1);
    }
    CHECK(alive == 0);
}

asio::awaitable<void> nests()
{
    int alive = 0;
    auto g = doubled(doubled(numbers(3, alive)));
    std::string all;
    while (auto v = co_await g.next())
        all += *v;
    CHECK(all == "000011112222");
}

asio::awaitable<void> throws()
{
    auto g = breaking();
    CHECK(*co_await g.next() == 1);
    bool thrown = false;
    try {
        co_await g.next();
    } catch (std::runtime_error const& e) {
        thrown = std::string{e.what()} == "broken";
    }
    CHECK(thrown);
    CHECK(!co_await g.next());

    auto r = recovering();
    CHECK(*co_await r.next() == 1);
    CHECK(*co_await r.next() == 6);
    CHECK(!co_await r.next());
}

asio::awaitable<void> is_cancelled()
{
    using namespace asio::experimental::awaitable_operators;
    int alive = 0;
    auto g = stuck(alive);
    CHECK(*co_await g.next() == 1);
    asio::steady_timer soon(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
    auto const first = co_await (g.next() || soon.async_wait(asio::use_awaitable));
    CHECK(first.index() == 1);
    CHECK(alive == 0); // the cancellation has gone through the body
    CHECK(!co_await g.next());
}

/// Goes on after a wait that was cancelled.
async_generator<std::string> persistent()
{
    for (;;) {
        std::string got = "aborted";
        try {
            got = std::to_string(co_await forever());
        } catch (boost::system::system_error const& e) {
            CHECK(e.code() == asio::error::operation_aborted);
        }
        try {
            co_await pause();
        } catch (boost::system::system_error const& e) {
            CHECK(e.code() == asio::error::operation_aborted);
            got += " twice";
        }
        co_yield got;
    }
}

asio::awaitable<void> is_cancelled_and_read_again()
{
    using namespace asio::experimental::awaitable_operators;
    auto g = persistent();
    asio::steady_timer soon(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
    auto const first = co_await (g.next() || soon.async_wait(asio::use_awaitable));
    CHECK(first.index() == 1);
    CHECK(*co_await g.next() == "aborted twice");
}

/// What an awaitable may await besides other awaitables.
async_generator<std::string> asking()
{
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, std::chrono::seconds(0));
    co_await timer.async_wait(asio::deferred);
    auto operation = timer.async_wait(asio::deferred);
    co_await std::move(operation);
    auto const state = co_await asio::this_coro::cancellation_state;
    co_yield executor == timer.get_executor() && state.cancelled() == asio::cancellation_type::none ? "same" : "other";
}

asio::awaitable<void> awaits_anything()
{
    auto g = asking();
    CHECK(*co_await g.next() == "same");
    CHECK(!co_await g.next());
}

asio::awaitable<void> is_moved()
{
    int alive = 0;
    auto g = numbers(3, alive);
    CHECK(*co_await g.next() == "0");
    auto h = std::move(g);
    CHECK(*co_await h.next() == "1");
    CHECK(!co_await g.next());
    h = numbers(1, alive);
    CHECK(*co_await h.next() == "0");
    async_generator<int> empty;
    CHECK(!co_await empty.next());
}

asio::awaitable<void> waits(async_generator<int> g)
{
    // g++ 12 miscompiles a coroutine whose whole body is `while (co_await g.next()) {}`
    while (auto value = co_await g.next())
        CHECK(*value == 1);
}

TEST_CASE("async_generator: a generator yields its values in order and then ends") { run(reads_all()); }
TEST_CASE("async_generator: destroying a generator destroys its body at the point where it is suspended")
{
    run(leaves_early());
}
TEST_CASE("async_generator: a generator can read another generator") { run(nests()); }
TEST_CASE("async_generator: next() throws the body's exception once, and a body can catch exceptions")
{
    run(throws());
}
TEST_CASE("async_generator: cancelling next() cancels what the body awaits") { run(is_cancelled()); }
TEST_CASE("async_generator: a body that goes on after a cancelled next() sees operation_aborted, and the next call "
          "goes on from there")
{
    run(is_cancelled_and_read_again());
}
TEST_CASE("async_generator: a body awaits executors and asynchronous operations as any coroutine does")
{
    run(awaits_anything());
}
TEST_CASE("async_generator: a generator can be moved between two reads") { run(is_moved()); }

TEST_CASE("async_generator: destroying the context destroys the body")
{
    int alive = 0;
    {
        asio::io_context context;
        asio::co_spawn(context, waits(stuck(alive)), [](std::exception_ptr) {});
        context.poll();
        CHECK(alive == 1);
    }
    CHECK(alive == 0);
}

TEST_CASE("async_generator: a generator is a chunk source")
{
    static_assert(foundry::chunk_source<async_generator<std::string>>);
    static_assert(!foundry::chunk_source<std::string>);
}

} // namespace foundry_test::async_generator_test
