// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Bulk work against limits of requests and of tokens: how often the service refuses, who waits and who does not.

#include "support/interrupted_call.hpp"
#include "support/plain_calls.hpp"

#include <foundry/bulk.hpp>
#include <foundry/endpoints.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <set>

namespace foundry_test::rate_limits_test {

using foundry::bulk_options;
using foundry::completed_request;
using foundry::embedded_text;
using foundry::errc;
using foundry::testing::outage;
using foundry::testing::recorded_request;

std::string const model = "text-embedding-3-small";

std::vector<std::string> numbered_texts(std::size_t count)
{
    std::vector<std::string> all;
    for (std::size_t i = 0; i != count; ++i)
        all.push_back("text number " + std::to_string(i) + ";");
    return all;
}

foundry::testing::emulator_options limited_service(std::uint64_t requests, std::uint64_t tokens,
                                                   std::chrono::milliseconds window)
{
    foundry::testing::emulator_options with = unchecked();
    with.embedding_dimensions = 16;
    with.requests_per_minute = requests;
    with.tokens_per_minute = tokens;
    with.rate_window = window;
    return with;
}

/// Counts the answers with status 429.
class refusal_observer final : public foundry::observer
{
public:
    void on_event(foundry::call_event const& e) noexcept override
    {
        refusals += e.what == foundry::call_event::kind::response && e.status == 429 ? 1 : 0;
    }

    std::atomic<std::size_t> refusals = 0;
};

foundry::options watched(emulator const& service, std::shared_ptr<refusal_observer> const& by)
{
    foundry::options with = trusting(service);
    with.observer = by;
    with.retry.max_retries = 20;
    with.retry.backoff = 1ms;
    return with;
}

struct outcome
{
    outcome() = default;

    std::size_t rows = 0;
    std::size_t failed = 0;
    bool is_in_order = true;
};

asio::awaitable<outcome> embed_texts(foundry::basic_client client, std::size_t count, bulk_options how)
{
    outcome result;
    foundry::async_generator<embedded_text> rows = foundry::embed_all(client, model, numbered_texts(count), how);
    while (std::optional<embedded_text> row = co_await rows.next()) {
        result.is_in_order = result.is_in_order && row->index == result.rows;
        result.failed += row->failure || row->vector.numbers.empty() ? 1 : 0;
        ++result.rows;
    }
    co_return result;
}

asio::awaitable<void> wait(std::chrono::milliseconds time)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

/// Ten thousand texts at one endpoint; returns how often the service has refused.
std::size_t refusals_of_ten_thousand(char const* url, foundry::testing::emulator_options const& limits,
                                     std::size_t texts_per_request)
{
    std::size_t refused = 0;
    run([](char const* where, foundry::testing::emulator_options of, std::size_t texts,
           std::size_t& refusals) -> asio::awaitable<void> {
        emulator service(of);
        auto const observer = std::make_shared<refusal_observer>();
        foundry::client<> const client =
            client_of(co_await asio::this_coro::executor, service, where, watched(service, observer));
        bulk_options how;
        how.texts_per_request = texts;
        auto const begun = std::chrono::steady_clock::now();
        outcome const result = co_await embed_texts(client, 10'000, how);
        std::chrono::duration<double> const time = std::chrono::steady_clock::now() - begun;
        CHECK(result.rows == 10'000);
        CHECK(result.failed == 0);
        CHECK(result.is_in_order);
        CHECK(service.requests() == 10'000 / texts + observer->refusals);
        refusals = observer->refusals;
        double const windows = time / std::chrono::duration<double>(of.rate_window);
        MESSAGE("report: bulk work with limits: 10,000 texts in " << service.requests() << " requests and " << windows
                                                                  << " windows, " << refusals << " refused");
    }(url, limits, texts_per_request, refused));
    return refused;
}

TEST_CASE("rate limits: bulk work sends as many requests as the service takes, and none is refused")
{
    CHECK(refusals_of_ten_thousand(local_url, limited_service(30, 0, 200ms), 50) == 0);
}

TEST_CASE("rate limits: bulk work sends as many tokens as the service takes, and none is refused")
{
    CHECK(refusals_of_ten_thousand(local_url, limited_service(100, 4'500, 200ms), 50) == 0);
}

TEST_CASE("rate limits: where a reset is told in whole seconds, no request is refused either")
{
    CHECK(refusals_of_ten_thousand(v1_url, limited_service(20, 10'000, 2s), 200) == 0);
}

TEST_CASE("rate limits: a service that tells nothing but how long to wait refuses once a window, and all is done")
{
    std::size_t const refused = refusals_of_ten_thousand(foundry_url, limited_service(30, 0, 200ms), 50);
    CHECK(refused <= 7 * 8); // windows, each with what was under way
}

TEST_CASE("rate limits: with one answer in twenty a 429 and an endpoint that dies, each text comes once")
{
    run([]() -> asio::awaitable<void> {
        emulator first(limited_service(40, 0, 300ms));
        emulator second(limited_service(40, 20'000, 300ms));
        auto const count = std::make_shared<std::atomic<int>>(0);
        for (emulator* const each : {&first, &second}) {
            each->reply_when(
                [count](recorded_request const&) { return ++*count % 20 == 0; },
                answer::json(429, R"({"error":{"code":"429","message":"no"}})").header("retry-after-ms", "20"));
        }
        auto const observer = std::make_shared<refusal_observer>();
        foundry::options with = watched(first, observer);
        with.tls.ca_certificates += second.ca_certificate();
        with.failover.cooling = 20ms;
        foundry::endpoint first_place("https://near.openai.azure.com/openai/v1");
        first_place.connect_to("127.0.0.1", first.tls_port());
        foundry::endpoint second_place("https://far.openai.azure.com/openai/v1");
        second_place.connect_to("127.0.0.1", second.tls_port());
        foundry::endpoints all;
        all.add(first_place, foundry::api_key{first.api_key()}).add(second_place, foundry::api_key{second.api_key()});
        foundry::client<> const client(co_await asio::this_coro::executor, all, with);

        bulk_options how;
        how.texts_per_request = 50;
        std::set<std::size_t> seen;
        std::size_t position = 0;
        foundry::async_generator<embedded_text> rows = foundry::embed_all(client, model, numbered_texts(10'000), how);
        while (std::optional<embedded_text> row = co_await rows.next()) {
            CHECK(row->index == position++);
            CHECK(!row->failure);
            seen.insert(row->index);
            if (position == 4'000)
                first.fail_with(outage::reset());
        }
        CHECK(seen.size() == 10'000);
        CHECK(position == 10'000);
        std::size_t const requests = first.requests() + second.requests();
        CHECK(requests >= 200);
        MESSAGE("report: bulk work in trouble: 200 parts in " << requests << " requests, " << first.requests()
                                                              << " of them to the endpoint that dies, "
                                                              << observer->refusals.load() << " refused");
    }());
}

TEST_CASE("rate limits: calls beside bulk work do not wait")
{
    run([]() -> asio::awaitable<void> {
        using asio::experimental::awaitable_operators::operator&&;
        foundry::testing::emulator_options limits = limited_service(0, 0, 1min);
        emulator service(limits);
        service.queue(answer::json(429, R"({"error":{"code":"429","message":"no"}})").header("retry-after-ms", "400"));
        auto const observer = std::make_shared<refusal_observer>();
        foundry::client<> const client =
            client_of(co_await asio::this_coro::executor, service, local_url, watched(service, observer));
        auto const call = [](foundry::client<> asked, emulator& at) -> asio::awaitable<void> {
            while (at.requests() == 0)
                co_await wait(1ms);
            auto const begun = std::chrono::steady_clock::now();
            foundry::embedding_request const request{model, "a word"};
            CHECK((co_await asked.embed(request)).size() == 1);
            CHECK(std::chrono::steady_clock::now() - begun < 400ms);
        };
        bulk_options how;
        how.in_flight = 1;
        outcome const result = co_await (embed_texts(client, 10, how) && call(client, service));
        CHECK(result.rows == 10);
        CHECK(result.failed == 0);
    }());
}

TEST_CASE("rate limits: after a refusal nobody of bulk work asks before the time that the service named")
{
    run([]() -> asio::awaitable<void> {
        using asio::experimental::awaitable_operators::operator&&;
        emulator service(limited_service(0, 0, 1min));
        service.queue(answer::json(429, R"({"error":{"code":"429","message":"no"}})").header("retry-after-ms", "300"));
        foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, local_url,
                                                   watched(service, std::make_shared<refusal_observer>()));
        auto const later = [](foundry::client<> asked, emulator& at) -> asio::awaitable<outcome> {
            while (at.requests() == 0)
                co_await wait(1ms);
            co_await wait(20ms); // the refusal arrives
            auto const begun = std::chrono::steady_clock::now();
            outcome const made = co_await embed_texts(asked, 3, bulk_options());
            CHECK(std::chrono::steady_clock::now() - begun >= 200ms);
            co_return made;
        };
        bulk_options one;
        one.in_flight = 1;
        auto const [a, b] = co_await (embed_texts(client, 1, one) && later(client, service));
        CHECK(a.failed + b.failed == 0);
        CHECK(a.rows + b.rows == 4);
    }());
}

TEST_CASE("rate limits: headers that are wrong hold no work up")
{
    for (char const* const number : {"-1", "many", "99999999999999999999999", "1e3", "", "0"}) {
        for (char const* const reset : {"0", "-1", "soon", "0s"}) {
            CAPTURE(number);
            CAPTURE(reset);
            run([](char const* left, char const* again) -> asio::awaitable<void> {
                emulator service(limited_service(0, 0, 1min));
                foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, local_url,
                                                           watched(service, std::make_shared<refusal_observer>()));
                foundry::embedding_request const one{model, "a"};
                (void)co_await client.embed(one);
                std::string const body =
                    R"({"data":[{"index":0,"embedding":[1,2]}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}})";
                for (int i = 0; i != 20; ++i) {
                    answer made = answer::json(200, body);
                    for (char const* const unit : {"requests", "tokens"}) {
                        made.header(std::string("x-ratelimit-remaining-") + unit, left);
                        made.header(std::string("x-ratelimit-reset-") + unit, again);
                    }
                    service.queue(made);
                }
                bulk_options how;
                how.texts_per_request = 1;
                outcome const result = co_await embed_texts(client, 20, how);
                CHECK(result.rows == 20);
                CHECK(result.failed == 0);
            }(number, reset));
        }
    }
}

TEST_CASE("rate limits: a wait that is longer than the time of the call fails its rows, and says what to do")
{
    run([]() -> asio::awaitable<void> {
        emulator service(limited_service(2, 0, 1min));
        foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, local_url,
                                                   watched(service, std::make_shared<refusal_observer>()));
        bulk_options how;
        how.texts_per_request = 1;
        how.in_flight = 1;
        how.call.timeouts.total = 100ms;
        foundry::async_generator<embedded_text> rows = foundry::embed_all(client, model, numbered_texts(4), how);
        std::size_t failed = 0;
        while (std::optional<embedded_text> row = co_await rows.next()) {
            if (!row->failure)
                continue;
            ++failed;
            CHECK(row->failure->code() == errc::total_timeout);
            CHECK(std::string(row->failure->what()).find("timeouts.total") != std::string::npos);
        }
        CHECK(failed == 2);
        CHECK(service.requests() == 2);
    }());
}

TEST_CASE("rate limits: work that waits for them may be interrupted after any handler")
{
    emulator service(limited_service(2, 0, 10ms));
    int const moments =
        interrupt_after_each_handler(service, [](foundry::client<> const& client) -> asio::awaitable<void> {
            return [](foundry::client<> asked) -> asio::awaitable<void> {
                bulk_options how;
                how.in_flight = 3;
                how.texts_per_request = 1;
                (void)co_await embed_texts(asked, 5, how);
            }(client);
        });
    MESSAGE("report: work with limits interrupted at " << moments << " moments");
}

TEST_CASE("rate limits: two runs of one client share them")
{
    run([]() -> asio::awaitable<void> {
        using asio::experimental::awaitable_operators::operator&&;
        emulator service(limited_service(30, 0, 200ms));
        auto const observer = std::make_shared<refusal_observer>();
        foundry::client<> const client =
            client_of(co_await asio::this_coro::executor, service, local_url, watched(service, observer));
        bulk_options how;
        how.texts_per_request = 10;
        auto const [a, b] = co_await (embed_texts(client, 1'000, how) && embed_texts(client, 1'000, how));
        CHECK(a.rows + b.rows == 2'000);
        CHECK(a.failed + b.failed == 0);
        CHECK(observer->refusals == 0);
    }());
}

} // namespace foundry_test::rate_limits_test
