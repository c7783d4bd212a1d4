// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Requests that are made again, on real sockets. Waits are short: their lengths are the unit tests' matter.

#include "support/fixture.hpp"

#include <foundry/call.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <functional>

namespace foundry_test::retry_test {

using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::answer;
using foundry::testing::emulator;

char const* const model = "gpt-4o-mini";

foundry::client<> make_client(asio::any_io_executor executor, emulator const& service, foundry::options with,
                              char const* url = urls[0])
{
    foundry::any_credential key = foundry::api_key{service.api_key()};
    return foundry::client<>(std::move(executor), at(service, url), std::move(key), std::move(with));
}

answer overloaded(char const* request_id)
{
    answer made = answer::json(503, R"({"error":{"code":"503","message":"Overloaded."}})");
    made.header("x-request-id", request_id);
    return made;
}

TEST_CASE("retry: a transient error is retried, on every form and for every operation")
{
    emulator azure;
    for (char const* const form : urls) {
        CAPTURE(std::string(form));
        run([](emulator& service, char const* url) -> asio::awaitable<void> {
            foundry::client<> client =
                make_client(co_await asio::this_coro::executor, service, with_retries(service), url);
            std::size_t const before = service.journal().size();
            service.queue(overloaded("a"));
            service.queue(answer::json(429, "{}"));
            foundry::chat_completion const reply = co_await client.complete(model, "Hello.");
            CHECK(!reply.text().empty());
            CHECK(service.journal().size() == before + 3);
            // the same request, to the letter
            auto const sent = service.journal();
            CHECK(sent[before].body == sent[before + 2].body);
            CHECK(sent[before].header("x-ms-client-request-id") == sent[before + 2].header("x-ms-client-request-id"));

            service.queue(overloaded("a"));
            foundry::chat_stream chunks = co_await client.stream(model, "Hello.");
            foundry::chat_completion const streamed = co_await chunks.collect();
            CHECK(streamed.text() == reply.text());

            service.queue(overloaded("a"));
            foundry::embeddings const vectors = co_await client.embed({"text-embedding-3-small", "a mile"});
            CHECK(vectors.size() == 1);
        }(azure, form));
    }
}

TEST_CASE("retry: the error has every attempt, and on_retry is called before each wait")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::options with = with_retries(service);
        std::vector<unsigned> told;
        with.retry.on_retry = [&told](foundry::attempt const& failed, std::chrono::milliseconds) {
            told.push_back(failed.status);
        };
        foundry::client<> client = make_client(co_await asio::this_coro::executor, service, with);
        service.queue(overloaded("first"));
        answer limited = answer::json(429, R"({"error":{"code":"429","message":"Slow down."}})");
        limited.header("retry-after-ms", "3").header("x-request-id", "second");
        service.queue(limited);
        service.queue(overloaded("third"));
        service.queue(overloaded("fourth"));
        foundry::error const failed = co_await failure_of(client.complete(model, "Hello."));
        CHECK(failed.code() == errc::service_error);
        CHECK(failed.request_id() == "fourth");
        auto const& attempts = failed.attempts();
        REQUIRE(attempts.size() == 4);
        CHECK(attempts[0].request_id == "first");
        CHECK(attempts[0].waited == 0ms);
        CHECK(attempts[1].status == 429);
        CHECK(attempts[1].code == errc::rate_limited);
        CHECK(attempts[1].retry_after == 3ms);
        CHECK(attempts[2].waited == 3ms);
        CHECK(attempts[3].request_id == "fourth");
        CHECK(told == std::vector<unsigned>{503, 429, 503});
        CHECK(service.queued() == 0);
        foundry::chat_completion const next = co_await client.complete(model, "Hello.");
        CHECK(!next.text().empty());
    }(azure));
}

TEST_CASE("retry: max_retries 0 sends one request, for a client or for a call")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = make_client(co_await asio::this_coro::executor, service, with_retries(service));
        service.queue(overloaded("a"));
        foundry::call_options once;
        once.retry.max_retries = 0;
        foundry::chat_request request{model};
        request.user("Hello.");
        foundry::error const failed = co_await failure_of(client.complete(request, once));
        CHECK(failed.attempts().size() == 1);
        CHECK(service.journal().size() == 1);
        foundry::error const wrong = co_await failure_of(client.complete("nobody", "Hello."));
        CHECK(wrong.attempts().size() == 1);
        CHECK(service.journal().size() == 2);
        foundry::error const unsent = co_await failure_of(client.complete(foundry::chat_request{model}));
        CHECK(unsent.attempts().empty());
    }(azure));
}

TEST_CASE("retry: x-should-retry and every spelling of Retry-After are obeyed, and a wait that is too long gives up")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = make_client(co_await asio::this_coro::executor, service, with_retries(service));
        answer final_one = answer::json(503, "{}");
        final_one.header("x-should-retry", "false");
        service.queue(final_one);
        foundry::error const refused = co_await failure_of(client.complete(model, "Hello."));
        CHECK(refused.attempts().size() == 1);
        CHECK(refused.should_retry() == false);

        answer asked_for = answer::json(400, "{}");
        asked_for.header("x-should-retry", "true");
        service.queue(asked_for);
        foundry::chat_completion const reply = co_await client.complete(model, "Hello.");
        CHECK(!reply.text().empty());

        for (char const* const name : {"retry-after-ms", "x-ms-retry-after-ms"}) {
            answer wait = answer::json(429, "{}");
            wait.header(name, "2");
            service.queue(wait);
            foundry::chat_completion const after = co_await client.complete(model, "Hello.");
            CHECK(!after.text().empty());
        }
        for (char const* const value : {"410000", "1e9", "Wed, 21 Oct 2099 07:28:00 GMT"}) {
            CAPTURE(std::string(value));
            answer much = answer::json(429, "{}");
            much.header("Retry-After", value);
            service.queue(much);
            foundry::call_options quick;
            quick.retry.max_retries = std::string_view(value) == "1e9" ? 0 : 3;
            foundry::chat_request request{model};
            request.user("Hello.");
            foundry::error const later = co_await failure_of(client.complete(request, quick));
            CHECK(later.code() == errc::rate_limited);
            CHECK(later.attempts().size() == 1);
            if (std::string_view(value) != "1e9")
                CHECK(later.retry_after() > 120s);
        }
        for (char const* const value : {"-5", "", "soon", "0"}) {
            CAPTURE(std::string(value));
            answer odd = answer::json(429, "{}");
            odd.header("Retry-After", value);
            service.queue(odd);
            foundry::chat_completion const after = co_await client.complete(model, "Hello.");
            CHECK(!after.text().empty());
        }
        service.queue(answer::json(
            429, R"({"error":{"code":"insufficient_quota","type":"insufficient_quota","message":"You exceeded."}})"));
        foundry::error const empty = co_await failure_of(client.complete(model, "Hello."));
        CHECK(empty.code() == errc::quota_exhausted);
        CHECK(empty.attempts().size() == 1);
        CHECK(service.queued() == 0);
    }(azure));
}

TEST_CASE("retry: an error in the body of a 200 is retried, and half an answer leaves nothing in the next")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = make_client(co_await asio::this_coro::executor, service, with_retries(service));
        service.queue(answer::json(200, R"({"id":"no","error":{"code":"429","message":"Rate limit is exceeded."}})"));
        foundry::chat_completion const reply = co_await client.complete(model, "Hello.");
        CHECK(!reply.text().empty());
        CHECK(reply.id != "no");
        CHECK(reply.raw().find("Rate limit") == std::string::npos);
        CHECK(service.journal().size() == 2);
    }(azure));
}

TEST_CASE("retry: a connection lost before the answer is retried; within the answer it is an error")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::client<> client = make_client(co_await asio::this_coro::executor, service, with_retries(service));
        service.queue(answer::json(200, "{}").cut_after(0));
        service.queue(answer::json(200, "{}").cut_after(0));
        foundry::chat_completion const reply = co_await client.complete(model, "Hello.");
        CHECK(!reply.text().empty());
        CHECK(service.journal().size() == 3);

        service.queue(answer::json(200, R"({"id":"x"})").cut_after(30));
        foundry::error const cut = co_await failure_of(client.complete(model, "Hello."));
        CHECK(cut.code() == errc::stream_truncated);
        CHECK(cut.attempts().size() == 1);
    }(azure));
}

class stubborn final : public foundry::retry_policy
{
public:
    std::optional<std::chrono::milliseconds> decide(foundry::attempt const& failed, unsigned retries,
                                                    double) const override
    {
        if (failed.status == 404 && retries < 5)
            return 0ms;
        return std::nullopt;
    }
};

TEST_CASE("retry: a custom policy decides what is retried")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::options with = trusting(service);
        with.retry.policy = std::make_shared<stubborn>();
        foundry::client<> client = make_client(co_await asio::this_coro::executor, service, with);
        foundry::error const unknown =
            co_await failure_of(client.call<boost::json::value>(foundry::route{"GET", "nowhere"}));
        CHECK(unknown.attempts().size() == 6);
        service.queue(overloaded("a"));
        foundry::error const once = co_await failure_of(client.complete(model, "Hello."));
        CHECK(once.attempts().size() == 1);
    }(azure));
}

/// Asks again after the same time, whatever happens.
struct constant_wait : foundry::retry_policy
{
    explicit constant_wait(std::chrono::milliseconds t) : time(t) {}

    std::optional<std::chrono::milliseconds> decide(foundry::attempt const&, unsigned retries, double) const override
    {
        return retries < 3 ? std::optional(time) : std::nullopt;
    }

    std::chrono::milliseconds time;
};

/// How many requests a call makes before a wait without end, in which it is cancelled, or until it fails.
std::size_t requests_with(std::function<void(foundry::options&)> const& set)
{
    emulator service;
    asio::io_context context;
    asio::cancellation_signal cancel;
    foundry::options with = with_retries(service);
    set(with);
    with.retry.on_retry = [&](foundry::attempt const&, std::chrono::milliseconds wait) {
        CHECK(wait >= 0ms);
        if (wait > 1h)
            asio::post(context, [&] { cancel.emit(asio::cancellation_type::terminal); });
    };
    foundry::client<> const client = make_client(context.get_executor(), service, std::move(with));
    for (int i = 0; i != 4; ++i)
        service.queue(overloaded("a"));
    asio::co_spawn(
        context, client.complete(model, "Hello."),
        asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr e, foundry::chat_completion) { CHECK(e); }));
    context.run();
    return service.requests();
}

TEST_CASE("retry: the longest wait of a policy is a wait, and a negative one is none")
{
    auto const policy = [](std::chrono::milliseconds time) {
        return [time](foundry::options& o) { o.retry.policy = std::make_shared<constant_wait>(time); };
    };
    auto const backoff = [](std::chrono::milliseconds time) {
        return [time](foundry::options& o) { o.retry.backoff = o.retry.max_backoff = time; };
    };
    CHECK(requests_with(policy(std::chrono::milliseconds::max())) == 1);
    CHECK(requests_with(policy(std::chrono::milliseconds::min())) == 4);
    CHECK(requests_with(backoff(std::chrono::milliseconds::max())) == 1);
    CHECK(requests_with(backoff(std::chrono::milliseconds::min())) == 4);
    // A call with a limit has no room for such a wait.
    CHECK(requests_with([&](foundry::options& o) {
              policy(std::chrono::milliseconds::max())(o);
              o.timeouts.total = 1min;
          }) == 1);
}

TEST_CASE("retry: the options of a call override the client's policy")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::options with = with_retries(service);
        with.retry.policy = std::make_shared<constant_wait>(1ms);
        foundry::client<> client = make_client(co_await asio::this_coro::executor, service, with);
        foundry::chat_request request{model};
        request.user("Hello.");
        foundry::call_options once;
        once.retry.max_retries = 0;
        service.queue(overloaded("a"));
        foundry::error const failed = co_await failure_of(client.complete(request, once));
        CHECK(failed.attempts().size() == 1);
    }(azure));
}

TEST_CASE("retry: options that a call does not set are the client's")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        foundry::options with = with_retries(service);
        with.timeouts.first_byte = 100ms;
        with.retry.backoff = 1ms;
        with.retry.max_retries = 2;
        foundry::client<> client = make_client(co_await asio::this_coro::executor, service, with);
        CHECK(client.settings().timeouts.first_byte == 100ms);
        CHECK(client.settings().retry.max_retries == 2);
        foundry::chat_request request{model};
        request.user("Hello.");
        foundry::call_options one;
        one.timeouts.total = 20s;
        one.retry.backoff = 2ms;
        service.queue(answer::raw("").hang());
        foundry::error const late = co_await failure_of(client.complete(request, one));
        CHECK(late.code() == errc::first_byte_timeout);
        for (int i = 0; i != 3; ++i)
            service.queue(overloaded("a"));
        foundry::error const often = co_await failure_of(client.complete(request, one));
        CHECK(often.attempts().size() == 3);
    }(azure));
}

TEST_CASE("retry: cancellation ends a wait at once, and no wait begins that exceeds the total time limit")
{
    emulator azure;
    run([](emulator& service) -> asio::awaitable<void> {
        using namespace asio::experimental::awaitable_operators;
        auto const executor = co_await asio::this_coro::executor;
        foundry::options with = with_retries(service);
        with.retry.backoff = 10min;
        with.retry.max_backoff = 10min;
        bool waiting = false;
        with.retry.on_retry = [&waiting](foundry::attempt const&, std::chrono::milliseconds) { waiting = true; };
        foundry::client<> client = make_client(executor, service, with);
        service.queue(overloaded("a"));
        asio::steady_timer timer{executor};
        auto const poll = [](asio::steady_timer& t, bool& flag) -> asio::awaitable<void> {
            while (!flag) {
                t.expires_after(1ms);
                co_await t.async_wait(asio::use_awaitable);
            }
        };
        auto const won = co_await (client.complete(model, "Hello.") || poll(timer, waiting));
        CHECK(won.index() == 1);
        foundry::call_options hasty;
        hasty.timeouts.total = 5s;
        foundry::chat_request request{model};
        request.user("Hello.");
        service.queue(overloaded("b"));
        foundry::error const failed = co_await failure_of(client.complete(request, hasty));
        CHECK(failed.code() == errc::service_error);
        CHECK(failed.request_id() == "b");
        foundry::chat_completion const reply = co_await client.complete(model, "Hello.");
        CHECK(!reply.text().empty());
    }(azure));
}

} // namespace foundry_test::retry_test
