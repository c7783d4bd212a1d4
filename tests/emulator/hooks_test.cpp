// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What a program passes in and the library calls: policies, observers and credentials that throw, or call the client themselves.

#include "support/plain_calls.hpp"

#include <foundry/token_credential.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <stdexcept>

namespace foundry_test::hooks_test {

using foundry::errc;

/// What a call throws that is no foundry::error.
template <class T>
asio::awaitable<std::string> thrown_by(asio::awaitable<T> call)
{
    std::string what;
    try {
        static_cast<void>(co_await std::move(call));
    } catch (foundry::error const& e) {
        what = std::string("foundry::error: ") + e.what();
    } catch (std::runtime_error const& e) {
        what = e.what();
    } catch (int) {
        what = "int";
    }
    co_return what;
}

struct throwing_policy : foundry::retry_policy
{
    std::optional<std::chrono::milliseconds> decide(foundry::attempt const&, unsigned, double) const override
    {
        throw std::runtime_error("the policy's own");
    }
};

/// Asks a question of its own each time.
struct asking_policy : foundry::retry_policy
{
    std::optional<std::chrono::milliseconds> decide(foundry::attempt const&, unsigned, double) const override
    {
        asio::co_spawn(executor, own->complete(question()), asio::detached);
        return 1ms;
    }

    asio::any_io_executor executor;
    foundry::client<> const* own = nullptr;
};

struct asking_observer : foundry::observer
{
    void on_event(foundry::call_event const& e) noexcept override
    {
        if (e.what == foundry::call_event::kind::attempt && own != nullptr)
            asio::co_spawn(executor, std::exchange(own, nullptr)->complete(question()), asio::detached);
    }

    asio::any_io_executor executor;
    foundry::client<> const* own = nullptr;
};

template <class Thrown>
struct throwing_credential
{
    FOUNDRY_CORO asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        if (*is_good)
            co_return foundry::access_token("emulator-token", std::chrono::system_clock::now() + 1h);
        throw Thrown(what);
    }

    Thrown what;
    std::shared_ptr<bool> is_good = std::make_shared<bool>(false);
};

template <class Thrown>
asio::awaitable<std::string> ask_with(emulator& service, throwing_credential<Thrown> who)
{
    std::shared_ptr<bool> const is_good = who.is_good;
    foundry::any_credential any = std::move(who);
    foundry::client<> client(co_await asio::this_coro::executor, at(service, v1_url), any, limited(service));
    std::string what = co_await thrown_by(client.complete(question()));
    *is_good = true;
    co_await goes_on(service, client);
    co_return what;
}

TEST_SUITE_BEGIN("hooks");

TEST_CASE("hooks: what a retry policy or its callback throws is thrown by the call, and the client goes on")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        foundry::options with = limited(service);
        with.retry.max_retries = 3;
        with.retry.policy = std::make_shared<throwing_policy>();
        foundry::client<> first = client_of(executor, service, v1_url, with);
        queue(service, answer::json(503, "{}"));
        CHECK(co_await thrown_by(first.complete(question())) == "the policy's own");
        co_await goes_on(service, first);
        with.retry.policy = nullptr;
        with.retry.on_retry = [](foundry::attempt const&, std::chrono::milliseconds) { throw 1; };
        foundry::client<> second = client_of(executor, service, v1_url, with);
        queue(service, answer::json(503, "{}"));
        CHECK(co_await thrown_by(second.complete(question())) == "int");
        co_await goes_on(service, second);
    }(azure));
    CHECK(azure.wait_for_open_at_most(0, long_enough));
}

TEST_CASE("hooks: a policy and an observer may call the client that calls them")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        auto const policy = std::make_shared<asking_policy>();
        auto const observer = std::make_shared<asking_observer>();
        policy->executor = observer->executor = co_await asio::this_coro::executor;
        foundry::options with = limited(service);
        with.retry.policy = policy;
        with.observer = observer;
        with.pool.max_connections = 2;
        foundry::client<> const client = client_of(policy->executor, service, v1_url, with);
        policy->own = observer->own = &client;
        queue(service, answer::json(200, completion_text("own"))); // of the observer's question or the program's
        queue(service, answer::json(503, "{}"));
        foundry::chat_completion const reply = co_await client.complete(question());
        CHECK(!reply.text().empty());
        while (service.requests() < 3)
            co_await asio::post(policy->executor, asio::use_awaitable);
    }(azure));
    CHECK(azure.wait_for_replies(3, long_enough));
}

TEST_CASE("hooks: what a credential throws is thrown by the call as it is, and the next call asks it again")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        throwing_credential<std::runtime_error> plain{std::runtime_error("the credential's own")};
        CHECK(co_await ask_with(service, plain) == "the credential's own");
        throwing_credential<int> odd{1};
        CHECK(co_await ask_with(service, odd) == "int");
    }(azure));
}

TEST_CASE("limits: a negative limit is off")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::options with = limited(service);
        for (auto const limit :
             {&foundry::timeouts::token, &foundry::timeouts::connect, &foundry::timeouts::tls, &foundry::timeouts::pool,
              &foundry::timeouts::write, &foundry::timeouts::first_byte, &foundry::timeouts::silence,
              &foundry::timeouts::stall, &foundry::timeouts::total, &foundry::timeouts::stream_total})
            with.timeouts.*limit = std::chrono::milliseconds::min();
        with.pool.max_idle = with.pool.max_age = std::chrono::milliseconds::min(); // so that nothing is kept
        foundry::client<> client = client_of(co_await asio::this_coro::executor, service, v1_url, with);
        co_await client.warm_up();
        co_await goes_on(service, client);
        co_await goes_on(service, client);
        foundry::chat_stream chunks = co_await client.stream(question());
        foundry::chat_completion const reply = co_await chunks.collect();
        CHECK(!reply.text().empty());
    }(azure));
}

TEST_SUITE_END();

} // namespace foundry_test::hooks_test
