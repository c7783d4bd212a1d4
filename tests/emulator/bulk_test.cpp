// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Bulk work: each row comes once, whatever a request, the service, the input or the reader does, and what is sent for it.

#include "support/interrupted_call.hpp"
#include "support/plain_calls.hpp"

#include <foundry/bulk.hpp>
#include <foundry/endpoints.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <list>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <stdexcept>

namespace foundry_test::bulk_test {

namespace json = boost::json;
using foundry::bulk_options;
using foundry::bulk_progress;
using foundry::completed_request;
using foundry::embedded_text;
using foundry::errc;
using foundry::testing::outage;
using foundry::testing::recorded_request;

using embedded_rows = foundry::async_generator<embedded_text>;
using completed_rows = foundry::async_generator<completed_request>;

std::string const model = "text-embedding-3-small";

std::vector<std::string> numbered_texts(std::size_t count)
{
    std::vector<std::string> all;
    for (std::size_t i = 0; i != count; ++i)
        all.push_back("text number " + std::to_string(i) + ";");
    return all;
}

foundry::chat_request numbered_question(std::size_t i)
{
    foundry::chat_request request{"gpt-4o"};
    request.user("question number " + std::to_string(i) + ";");
    return request;
}

std::vector<foundry::chat_request> numbered_questions(std::size_t count)
{
    std::vector<foundry::chat_request> all;
    for (std::size_t i = 0; i != count; ++i)
        all.push_back(numbered_question(i));
    return all;
}

/// Emulators with short vectors.
foundry::testing::emulator_options small()
{
    foundry::testing::emulator_options with = unchecked();
    with.embedding_dimensions = 16;
    return with;
}

/// A test with an emulator and a client of it.
template <class Body>
void with_service(Body body, foundry::options (*how)(emulator const&) = &trusting,
                  foundry::testing::emulator_options const& of = small())
{
    run([](Body test, foundry::options (*options)(emulator const&),
           foundry::testing::emulator_options settings) -> asio::awaitable<void> {
        emulator service(settings);
        foundry::client<> const client =
            client_of(co_await asio::this_coro::executor, service, local_url, options(service));
        co_await test(service, client);
    }(std::move(body), how, of));
}

template <class Row>
asio::awaitable<std::vector<Row>> all_of(foundry::async_generator<Row> rows)
{
    std::vector<Row> all;
    while (std::optional<Row> row = co_await rows.next())
        all.push_back(std::move(*row));
    co_return all;
}

/// The rows before an error, and the error.
template <class Row>
struct broken_run
{
    broken_run() = default;

    std::vector<Row> rows;
    std::exception_ptr thrown;
    std::optional<foundry::error> error;
};

template <class Row>
asio::awaitable<broken_run<Row>> broken(foundry::async_generator<Row> rows)
{
    broken_run<Row> result;
    try {
        while (std::optional<Row> row = co_await rows.next())
            result.rows.push_back(std::move(*row));
    } catch (foundry::error const& e) {
        result.error = e;
        result.thrown = std::current_exception();
    } catch (...) {
        result.thrown = std::current_exception();
    }
    if (!result.thrown)
        throw std::runtime_error("the run was to fail and did not");
    CHECK(!co_await rows.next()); // it is at its end
    co_return result;
}

std::string message_of(std::exception_ptr thrown)
{
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (std::exception const& e) {
        return e.what();
    }
}

/// Each row is there once, at its place if `in_order`; returns how many have failed.
std::size_t check_rows(std::vector<embedded_text> const& rows, bool in_order)
{
    std::set<std::size_t> seen;
    std::size_t failed = 0;
    std::size_t wrong = 0;
    for (std::size_t i = 0; i != rows.size(); ++i) {
        embedded_text const& row = rows[i];
        bool const is_good = (!in_order || row.index == i) && seen.insert(row.index).second &&
                             row.vector.numbers.empty() == row.failure.has_value();
        wrong += is_good ? 0 : 1;
        failed += row.failure ? 1 : 0;
    }
    CHECK(wrong == 0);
    return failed;
}

/// The same of all rows.
std::size_t check_texts(std::vector<embedded_text> const& rows, std::size_t count, bool in_order = true)
{
    CHECK(rows.size() == count);
    for (embedded_text const& row : rows) {
        if (row.index >= count)
            FAIL_CHECK(row.index);
    }
    return check_rows(rows, in_order);
}

std::size_t inputs_in(recorded_request const& request)
{
    return json::parse(request.body).at("input").as_array().size();
}

std::vector<std::size_t> sizes_of(std::vector<recorded_request> const& journal)
{
    std::vector<std::size_t> sizes;
    for (recorded_request const& each : journal)
        sizes.push_back(inputs_in(each));
    return sizes;
}

bool has(recorded_request const& request, std::string_view words)
{
    return request.body.find(words) != std::string::npos;
}

std::string error_body(std::string const& code) { return R"({"error":{"code":")" + code + R"(","message":"no"}})"; }

asio::awaitable<void> wait(std::chrono::milliseconds time)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

/// Lets everything happen that can.
asio::awaitable<void> settle() { return wait(100ms); }

/// Waits until a condition holds, for as long as it takes on a busy machine.
template <class Condition>
asio::awaitable<bool> eventually(Condition holds)
{
    auto const end = std::chrono::steady_clock::now() + long_enough;
    while (!holds() && std::chrono::steady_clock::now() < end)
        co_await wait(1ms);
    co_return holds();
}

/// The most calls that were in progress at a time.
class concurrency_observer final : public foundry::observer
{
public:
    void on_event(foundry::call_event const& e) noexcept override
    {
        if (e.what == foundry::call_event::kind::attempt && e.attempt == 1)
            most = std::max(most, ++now);
        if (e.what == foundry::call_event::kind::end)
            --now;
    }

    int now = 0;
    int most = 0;
};

// Rows

TEST_CASE("bulk: ten thousand texts come in order, each once, in 40 requests")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.queue(answer::json(503, "{}").header("retry-after-ms", "200")); // the first part is late
        std::vector<std::string> const texts = numbered_texts(10'000);
        bulk_options how;
        how.call.retry.max_retries = 3;
        auto const begun = std::chrono::steady_clock::now();
        std::vector<embedded_text> const rows = co_await all_of(foundry::embed_all(client, model, texts, how));
        std::chrono::duration<double> const time = std::chrono::steady_clock::now() - begun;
        CHECK(check_texts(rows, texts.size()) == 0);
        CHECK(std::equal(rows.begin(), rows.end(), texts.begin(), texts.end(),
                         [](embedded_text const& row, std::string const& text) { return row.text == text; }));
        CHECK(service.requests() == 41);
        MESSAGE("report: bulk work: 10,000 texts in " << time.count() << " s");
        foundry::embedding_request direct{model, {texts[0], texts[255], texts[256], texts[9'999]}};
        foundry::embeddings const wanted = co_await client.embed(direct);
        std::size_t const places[] = {0, 255, 256, 9'999};
        for (std::size_t i = 0; i != 4; ++i)
            CHECK(rows[places[i]].vector == wanted.data[i].embedding_);
    });
}

TEST_CASE("bulk: ten thousand texts come as they are ready, each once")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.queue(answer::json(503, "{}").header("retry-after-ms", "200"));
        bulk_options how;
        how.in_order = false;
        how.call.retry.max_retries = 3;
        std::vector<embedded_text> const rows =
            co_await all_of(foundry::embed_all(client, model, numbered_texts(10'000), how));
        CHECK(check_texts(rows, 10'000, false) == 0);
        CHECK(rows.front().index != 0);
        std::size_t wrong = 0;
        for (embedded_text const& row : rows)
            wrong += row.text == "text number " + std::to_string(row.index) + ";" ? 0 : 1;
        CHECK(wrong == 0);
        CHECK(service.requests() == 41);
    });
}

TEST_CASE("bulk: five hundred chat requests, in order and as they are ready")
{
    for (bool const in_order : {true, false}) {
        with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            bulk_options how;
            how.in_order = in_order;
            std::vector<completed_request> const rows =
                co_await all_of(foundry::for_each_completion(client, numbered_questions(500), how));
            REQUIRE(rows.size() == 500);
            std::set<std::size_t> seen;
            for (std::size_t i = 0; i != rows.size(); ++i) {
                CHECK((!in_order || rows[i].index == i));
                CHECK(seen.insert(rows[i].index).second);
                CHECK(!rows[i].failure);
                CHECK(!rows[i].completion.text().empty());
                CHECK(rows[i].request == numbered_question(rows[i].index));
            }
            CHECK(service.requests() == 500);
        });
    }
}

TEST_CASE("bulk: an empty input gives no row and sends nothing")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        std::vector<embedded_text> const rows =
            co_await all_of(foundry::embed_all(client, model, std::vector<std::string>()));
        CHECK(rows.empty());
        std::vector<completed_request> const others =
            co_await all_of(foundry::for_each_completion(client, std::vector<foundry::chat_request>()));
        CHECK(others.empty());
        embedded_rows const never_read = foundry::embed_all(client, model, numbered_texts(3));
        co_await settle();
        CHECK(service.requests() == 0);
    });
}

TEST_CASE("bulk: any range and any stream of texts")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        std::vector<std::string> const lines{"a", "b", "c"};
        std::vector<std::string_view> const views(lines.begin(), lines.end());
        std::list<char const*> const pointers{"a", "b", "c"};
        std::istringstream file("a b c");
        std::array<std::string, 3> const array{"a", "b", "c"};
        std::vector<std::vector<embedded_text>> results;
        results.push_back(co_await all_of(foundry::embed_all(client, model, lines)));
        results.push_back(co_await all_of(foundry::embed_all(client, model, views)));
        results.push_back(co_await all_of(foundry::embed_all(client, model, pointers)));
        results.push_back(co_await all_of(foundry::embed_all(client, model, array)));
        results.push_back(co_await all_of(foundry::embed_all(client, model, std::span(lines))));
        results.push_back(co_await all_of(
            foundry::embed_all(client, model, lines | std::views::filter([](auto const&) { return true; }))));
        results.push_back(
            co_await all_of(foundry::embed_all(client, model, std::ranges::istream_view<std::string>(file))));
        foundry::embedding_request pattern{model};
        pattern.dimensions = 4;
        std::vector<embedded_text> const shorter = co_await all_of(foundry::embed_all(client, pattern, lines));
        for (std::vector<embedded_text> const& rows : results) {
            CHECK(check_texts(rows, 3) == 0);
            CHECK(rows[1].text == "b");
        }
        CHECK(shorter.at(2).vector.numbers.size() == 4);
        CHECK(service.requests() == results.size() + 1);
        CHECK(lines == std::vector<std::string>{"a", "b", "c"}); // a view does not own them
    });
}

// Requests

TEST_CASE("bulk: requests have at most so many texts and so many tokens")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        bulk_options how;
        how.in_flight = 1;
        how.texts_per_request = 4;
        std::vector<embedded_text> rows = co_await all_of(foundry::embed_all(client, model, numbered_texts(10), how));
        CHECK(check_texts(rows, 10) == 0);
        CHECK(sizes_of(service.journal()) == std::vector<std::size_t>{4, 4, 2});

        service.clear_journal();
        how.tokens_per_request = 250;
        std::vector<std::string> texts(5, std::string(400, 'x')); // of 100 tokens
        texts[2] = std::string(4'000, 'x');
        texts.insert(texts.end(), 6, "small");
        rows = co_await all_of(foundry::embed_all(client, model, texts, how));
        CHECK(check_texts(rows, texts.size()) == 0);
        CHECK(sizes_of(service.journal()) == std::vector<std::size_t>{2, 1, 4, 4});

        service.clear_journal();
        how.texts_per_request = 2048;
        how.tokens_per_request = 1;
        rows = co_await all_of(foundry::embed_all(client, model, numbered_texts(5), how));
        CHECK(sizes_of(service.journal()) == std::vector<std::size_t>(5, 1));

        service.clear_journal();
        how.tokens_per_request = 1'000'000;
        rows = co_await all_of(foundry::embed_all(client, model, numbered_texts(2'049), how));
        CHECK(sizes_of(service.journal()) == std::vector<std::size_t>{2'048, 1});
    });
}

TEST_CASE("bulk: at most in_flight requests are made at a time")
{
    for (std::size_t const in_flight : {1U, 3U, 8U, 40U}) {
        run([](std::size_t most) -> asio::awaitable<void> {
            emulator service(small());
            auto const seen = std::make_shared<concurrency_observer>();
            foundry::options with = trusting(service);
            with.observer = seen;
            foundry::client<> const client =
                client_of(co_await asio::this_coro::executor, service, local_url, std::move(with));
            bulk_options how;
            how.in_flight = most;
            how.texts_per_request = 5;
            std::vector<embedded_text> const rows =
                co_await all_of(foundry::embed_all(client, model, numbered_texts(1'000), how));
            CHECK(check_texts(rows, 1'000) == 0);
            CHECK(seen->most <= static_cast<int>(most));
            CHECK(service.connections() <= most);
        }(in_flight));
    }
}

TEST_CASE("bulk: as many requests as in_flight are made at a time, if there are so many")
{
    for (std::size_t const in_flight : {1U, 8U, 40U}) {
        with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            service.reply_when([](recorded_request const&) { return true; },
                               answer::json(503, error_body("busy")).delay(500ms));
            bulk_options how;
            how.in_flight = in_flight;
            how.texts_per_request = 1;
            embedded_rows rows = foundry::embed_all(client, model, numbered_texts(in_flight), how);
            auto const begun = std::chrono::steady_clock::now();
            CHECK(co_await rows.next());
            CHECK(service.requests() == in_flight);
            CHECK(std::chrono::steady_clock::now() - begun >= 500ms);
        });
    }
}

TEST_CASE("bulk: a slow reader slows the requests, and the input is not read further than they need")
{
    for (bool const in_order : {true, false}) {
        with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            std::vector<std::string> const texts = numbered_texts(100);
            std::size_t read = 0;
            auto const counted = texts | std::views::transform([&read](std::string const& text) {
                                     ++read;
                                     return text;
                                 });
            bulk_options how;
            how.in_flight = 2; // the window has four requests
            how.texts_per_request = 3;
            how.in_order = in_order;
            embedded_rows rows = foundry::embed_all(client, model, counted, how);
            CHECK(read == 0);
            for (std::size_t row = 0; row != 30; ++row) {
                CHECK(co_await rows.next());
                if (row % 3 != 1)
                    continue;
                std::size_t const before = row / 3; // requests whose rows have all been read
                CHECK(co_await eventually([&] { return service.requests() == before + 4; }));
                co_await settle();
                CHECK(service.requests() == before + 4);
                CHECK(read == 3 * (before + 4));
            }
        });
    }
}

TEST_CASE("bulk: in order, a late request holds at most the window")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.reply_when([](recorded_request const& r) { return has(r, "number 0;"); },
                           answer::json(500, "{}").hang().delay(10min));
        bulk_options how;
        how.in_flight = 4;
        how.texts_per_request = 1;
        how.call.timeouts.first_byte = 500ms;
        auto const begun = std::chrono::steady_clock::now();
        embedded_rows rows = foundry::embed_all(client, model, numbered_texts(50), how);
        std::optional<embedded_text> const first = co_await rows.next();
        CHECK(std::chrono::steady_clock::now() - begun >= 400ms);
        CHECK(service.requests() == 8);
        CHECK(first->failure->code() == errc::first_byte_timeout);
        std::size_t others = 0;
        while (std::optional<embedded_text> const row = co_await rows.next())
            others += row->failure ? 0 : 1;
        CHECK(others == 49);
    });
}

// Rows that fail

TEST_CASE("bulk: a chat request that fails does not end the others")
{
    for (bool const in_order : {true, false}) {
        with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            service.reply_when([](recorded_request const& r) { return has(r, "number 3;"); },
                               answer::json(400, error_body("content_filter")));
            service.reply_when([](recorded_request const& r) { return has(r, "number 5;"); },
                               answer::json(503, error_body("busy")));
            std::vector<foundry::chat_request> requests = numbered_questions(20);
            requests[7].messages.clear(); // nothing is sent for these two
            requests[9].user("\xff");
            bulk_options how;
            how.in_order = in_order;
            std::vector<completed_request> rows =
                co_await all_of(foundry::for_each_completion(client, std::move(requests), how));
            std::sort(rows.begin(), rows.end(), [](auto const& a, auto const& b) { return a.index < b.index; });
            REQUIRE(rows.size() == 20);
            for (completed_request const& row : rows)
                CHECK(row.failure.has_value() ==
                      (row.index == 3 || row.index == 5 || row.index == 7 || row.index == 9));
            CHECK(rows[3].failure->code() == errc::content_filter);
            CHECK(rows[5].failure->status() == 503);
            CHECK(rows[7].failure->code() == errc::invalid_argument);
            CHECK(rows[9].failure->code() == errc::invalid_argument);
            CHECK(service.requests() == 18);
        });
    }
}

TEST_CASE("bulk: of 256 texts only the one that is refused fails, after 17 requests")
{
    struct refusal
    {
        unsigned status;
        char const* code;
        errc wanted;
    };
    for (refusal const& how :
         {refusal{400, "bad", errc::bad_request}, refusal{400, "content_filter", errc::content_filter},
          refusal{400, "context_length_exceeded", errc::too_large}, refusal{413, "large", errc::too_large},
          refusal{422, "odd", errc::unprocessable}}) {
        for (std::size_t const guilty : {0U, 77U, 255U}) {
            with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
                service.reply_when([](recorded_request const& r) { return has(r, "poison"); },
                                   answer::json(how.status, error_body(how.code)));
                std::vector<std::string> texts = numbered_texts(256);
                texts[guilty] = "poison";
                std::vector<embedded_text> const rows = co_await all_of(foundry::embed_all(client, model, texts));
                CHECK(check_texts(rows, 256) == 1);
                REQUIRE(rows[guilty].failure);
                CHECK(rows[guilty].failure->code() == how.wanted);
                CHECK(service.requests() == 17);
            });
        }
    }
}

TEST_CASE("bulk: texts that are refused fail alone, wherever they are")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.reply_when([](recorded_request const& r) { return has(r, "poison"); },
                           answer::json(400, error_body("bad")));
        std::vector<std::string> texts = numbered_texts(3'000);
        std::set<std::size_t> const guilty{0, 1, 255, 256, 700, 701, 702, 2'999};
        for (std::size_t const i : guilty)
            texts[i] = "poison";
        texts[1'500] = "\xff"; // which cannot be JSON
        std::vector<embedded_text> const rows = co_await all_of(foundry::embed_all(client, model, texts));
        CHECK(check_texts(rows, 3'000) == guilty.size() + 1);
        for (std::size_t const i : guilty)
            CHECK(rows[i].failure->code() == errc::bad_request);
        CHECK(rows[1'500].failure->code() == errc::invalid_argument);
    });
}

TEST_CASE("bulk: if all texts are refused, there are at most twice as many requests as texts")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.reply_when([](recorded_request const&) { return true; }, answer::json(400, error_body("bad")));
        std::vector<embedded_text> const rows = co_await all_of(foundry::embed_all(client, model, numbered_texts(100)));
        CHECK(check_texts(rows, 100) == 100);
        CHECK(service.requests() == 199);
    });
}

TEST_CASE("bulk: a request that fails for another reason fails with all of its texts, and is not divided")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.reply_when([](recorded_request const& r) { return has(r, "number 300;"); },
                           answer::json(503, error_body("busy")));
        std::vector<embedded_text> const rows =
            co_await all_of(foundry::embed_all(client, model, numbered_texts(1'000)));
        CHECK(check_texts(rows, 1'000) == 256);
        CHECK(!rows[255].failure);
        CHECK(rows[256].failure);
        CHECK(rows[511].failure);
        CHECK(service.requests() == 4);
    });
}

// A service in trouble

TEST_CASE("bulk: if a request in twenty is answered 429, each row still comes once")
{
    for (bool const in_order : {true, false}) {
        with_service(
            [&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
                auto const count = std::make_shared<std::atomic<int>>(0);
                service.reply_when([count](recorded_request const&) { return ++*count % 20 == 0; },
                                   answer::json(429, error_body("429")).header("retry-after-ms", "5"));
                bulk_options how;
                how.texts_per_request = 10;
                how.in_order = in_order;
                bulk_progress last;
                how.on_progress = [&](bulk_progress const& now) { last = now; };
                std::vector<embedded_text> const rows =
                    co_await all_of(foundry::embed_all(client, model, numbered_texts(4'000), how));
                CHECK(check_texts(rows, 4'000, in_order) == 0);
                CHECK(service.requests() == 421); // every twentieth of these
                CHECK(last.requests == 400);
            },
            &with_retries);
    }
}

TEST_CASE("bulk: rate limits of the service are waited for")
{
    foundry::testing::emulator_options limits = small();
    limits.requests_per_minute = 5;
    limits.rate_window = 50ms;
    with_service(
        [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            bulk_options how;
            how.texts_per_request = 10;
            how.call.retry.max_retries = 100;
            auto const begun = std::chrono::steady_clock::now();
            std::vector<embedded_text> const rows =
                co_await all_of(foundry::embed_all(client, model, numbered_texts(400), how));
            CHECK(std::chrono::steady_clock::now() - begun >= 300ms); // 40 requests, 5 in a window
            CHECK(check_texts(rows, 400) == 0);
            CHECK(service.requests() >= 40);
            MESSAGE("report: bulk work: 40 requests at 5 in 50 ms took " << service.requests());
        },
        &with_retries, limits);
}

foundry::endpoint named(emulator const& service, std::string const& name)
{
    foundry::endpoint where("https://" + name + ".openai.azure.com/openai/v1");
    where.connect_to("127.0.0.1", service.tls_port());
    return where;
}

TEST_CASE("bulk: if one of two endpoints dies, the other takes its requests, and each row comes once")
{
    run([]() -> asio::awaitable<void> {
        emulator first(small());
        emulator second(small());
        foundry::endpoints all;
        all.add(named(first, "first"), foundry::api_key{first.api_key()});
        all.add(named(second, "second"), foundry::api_key{second.api_key()});
        foundry::options with = with_retries(first);
        with.tls.ca_certificates += second.ca_certificate();
        foundry::client<> const client(co_await asio::this_coro::executor, all, with);
        bulk_options how;
        how.texts_per_request = 10;
        std::vector<embedded_text> rows;
        embedded_rows each = foundry::embed_all(client, model, numbered_texts(4'000), how);
        while (std::optional<embedded_text> row = co_await each.next()) {
            rows.push_back(std::move(*row));
            if (rows.size() == 2'000)
                first.fail_with(outage::reset());
        }
        CHECK(check_texts(rows, 4'000) == 0);
        CHECK(first.requests() > 200);
        CHECK(second.requests() > 150);
        MESSAGE("report: bulk work: " << first.requests() << " requests to an endpoint that dies, " << second.requests()
                                      << " to the other");
    }());
}

// What ends the work

/// Work of which every request gets this answer.
template <class Row, class Begin>
void expect_thrown(answer const& reply, errc wanted, bool in_order, Begin begin)
{
    with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.reply_when([](recorded_request const&) { return true; }, reply);
        bulk_options how;
        how.in_order = in_order;
        broken_run<Row> const run = co_await broken(begin(client, how));
        CHECK(run.rows.empty());
        REQUIRE(run.error);
        CHECK(run.error->code() == wanted);
        CHECK(service.requests() <= how.in_flight);
    });
}

TEST_CASE("bulk: what every request would fail with is thrown, and not a row")
{
    struct failure
    {
        unsigned status;
        char const* code;
        errc wanted;
    };
    for (failure const& each :
         {failure{401, "401", errc::unauthorized}, failure{403, "Forbidden", errc::forbidden},
          failure{404, "DeploymentNotFound", errc::model_not_found}, failure{404, "404", errc::model_not_found},
          failure{405, "405", errc::route_not_found}, failure{429, "insufficient_quota", errc::quota_exhausted},
          failure{400, "OperationNotSupported", errc::bad_request}}) {
        CAPTURE(std::string(each.code));
        answer const reply = answer::json(each.status, error_body(each.code));
        for (bool const in_order : {true, false}) {
            expect_thrown<embedded_text>(reply, each.wanted, in_order, [](auto const& client, bulk_options const& how) {
                return foundry::embed_all(client, model, numbered_texts(10'000), how);
            });
            expect_thrown<completed_request>(
                reply, each.wanted, in_order, [](auto const& client, bulk_options const& how) {
                    return foundry::for_each_completion(client, numbered_questions(100), how);
                });
        }
    }
}

TEST_CASE("bulk: a model for chats has no embeddings, and that is thrown")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        broken_run<embedded_text> const run =
            co_await broken(foundry::embed_all(client, "gpt-4o", numbered_texts(10'000)));
        CHECK(run.rows.empty());
        CHECK(run.error);
        CHECK(service.requests() <= 8);
    });
}

TEST_CASE("bulk: an invalid option of the call is thrown, and nothing is sent")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        bulk_options how;
        how.call.traceparent = "odd";
        broken_run<embedded_text> const texts =
            co_await broken(foundry::embed_all(client, model, numbered_texts(1'000), how));
        CHECK(texts.error->code() == errc::invalid_argument);
        CHECK(texts.rows.empty());
        broken_run<completed_request> const chats =
            co_await broken(foundry::for_each_completion(client, numbered_questions(100), how));
        CHECK(chats.error->code() == errc::invalid_argument);
        CHECK(chats.rows.empty());
        CHECK(service.requests() == 0);
    });
}

TEST_CASE("bulk: rows before an error of the whole are delivered first")
{
    for (bool const in_order : {true, false}) {
        with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            service.reply_when([](recorded_request const& r) { return has(r, "number 500;"); },
                               answer::json(403, error_body("Forbidden")));
            bulk_options how;
            how.in_order = in_order;
            how.texts_per_request = 10;
            broken_run<embedded_text> const run =
                co_await broken(foundry::embed_all(client, model, numbered_texts(1'000), how));
            CHECK(run.error->code() == errc::forbidden);
            CHECK(check_rows(run.rows, in_order) == 0);
            if (in_order)
                CHECK(run.rows.size() == 500);
            else
                CHECK(run.rows.size() >= 500 - 70);
            CHECK(run.rows.size() % 10 == 0);
        });
    }
}

TEST_CASE("bulk: rows of a divided request before an error of the whole are delivered first")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.reply_when([](recorded_request const& r) { return has(r, "poison"); },
                           answer::json(400, error_body("bad")));
        service.reply_when([](recorded_request const& r) { return has(r, "number 6;") && !has(r, "number 1;"); },
                           answer::json(401, error_body("401")));
        std::vector<std::string> texts = numbered_texts(8);
        texts[2] = "poison";
        broken_run<embedded_text> const run = co_await broken(foundry::embed_all(client, model, texts));
        CHECK(run.error->code() == errc::unauthorized);
        CHECK(check_texts(run.rows, 4) == 1);
        CHECK(run.rows[2].failure);
    });
}

TEST_CASE("bulk: a client that is closed ends the work after the rows before")
{
    with_service([](emulator&, foundry::client<> const& client) -> asio::awaitable<void> {
        bulk_options how;
        how.texts_per_request = 1;
        embedded_rows rows = foundry::embed_all(client, model, numbered_texts(1'000), how);
        for (int i = 0; i != 100; ++i)
            CHECK(co_await rows.next());
        client.close();
        std::size_t more = 0;
        std::optional<foundry::error> failed;
        try {
            while (std::optional<embedded_text> const row = co_await rows.next())
                more += row->failure ? 1'000 : 1;
        } catch (foundry::error const& e) {
            failed = e;
        }
        REQUIRE(failed);
        CHECK(failed->code() == errc::client_closed);
        CHECK(more <= 16);
    });
}

TEST_CASE("bulk: options that cannot work name their member")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        std::pair<char const*, std::size_t bulk_options::*> const members[] = {
            {"in_flight", &bulk_options::in_flight},
            {"texts_per_request", &bulk_options::texts_per_request},
            {"tokens_per_request", &bulk_options::tokens_per_request}};
        for (auto const& [name, member] : members) {
            bulk_options how;
            how.*member = 0;
            broken_run<embedded_text> const run =
                co_await broken(foundry::embed_all(client, model, numbered_texts(1), how));
            CHECK(run.error->code() == errc::invalid_argument);
            CHECK(run.error->message().find(name) != std::string::npos);
        }
        bulk_options how;
        how.texts_per_request = 2'049;
        broken_run<completed_request> const run =
            co_await broken(foundry::for_each_completion(client, numbered_questions(1), how));
        CHECK(run.error->code() == errc::invalid_argument);
        CHECK(run.error->message().find("2049") != std::string::npos);
        CHECK(service.requests() == 0);
        how = bulk_options();
        how.in_flight = static_cast<std::size_t>(-1);
        std::vector<embedded_text> const rows =
            co_await all_of(foundry::embed_all(client, model, numbered_texts(1'000), how));
        CHECK(check_texts(rows, 1'000) == 0);
    });
}

TEST_CASE("bulk: an executor of several threads is refused")
{
    emulator const service(small());
    asio::thread_pool pool(2);
    std::optional<foundry::error> failed;
    asio::co_spawn(
        pool, broken(foundry::embed_all(client_of(pool.get_executor(), service, local_url), model, numbered_texts(9))),
        [&](std::exception_ptr, broken_run<embedded_text> const& run) { failed = run.error; });
    pool.join();
    REQUIRE(failed);
    CHECK(failed->code() == errc::invalid_argument);
}

// Progress

TEST_CASE("bulk: progress counts rows, failures, requests and tokens")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.reply_when([](recorded_request const& r) { return has(r, "number 30;"); },
                           answer::json(503, error_body("busy")));
        bulk_options how;
        how.texts_per_request = 10;
        std::vector<bulk_progress> steps;
        how.on_progress = [&](bulk_progress const& now) { steps.push_back(now); };
        std::vector<embedded_text> rows = co_await all_of(foundry::embed_all(client, model, numbered_texts(95), how));
        REQUIRE(steps.size() == 10);
        for (std::size_t i = 0; i != steps.size(); ++i) {
            CHECK(steps[i].requests == i + 1);
            CHECK(steps[i].total == 95);
            CHECK((i == 0 || steps[i].done > steps[i - 1].done));
        }
        CHECK(steps.back().done == 95);
        CHECK(steps.back().failed == 10);
        CHECK(steps.back().usage.total_tokens > 85);

        auto const unsized = numbered_texts(3);
        bulk_progress last;
        how.on_progress = [&](bulk_progress const& now) { last = now; };
        rows = co_await all_of(
            foundry::embed_all(client, model, unsized | std::views::filter([](auto const&) { return true; }), how));
        CHECK(!last.total);
        CHECK(last.done == 3);
    });
}

TEST_CASE("bulk: what on_progress throws ends the work")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        bulk_options how;
        how.texts_per_request = 10;
        how.in_flight = 2;
        how.on_progress = [](bulk_progress const& now) {
            if (now.done == 50)
                throw std::runtime_error("enough");
        };
        broken_run<embedded_text> const run =
            co_await broken(foundry::embed_all(client, model, numbered_texts(1'000), how));
        CHECK(message_of(run.thrown) == "enough");
        CHECK(run.rows.size() <= 50);
        CHECK(service.requests() <= 10);
    });
}

TEST_CASE("bulk: on_progress is not called any more after the generator is gone")
{
    with_service([](emulator&, foundry::client<> const& client) -> asio::awaitable<void> {
        int calls = 0;
        {
            std::string const local(100, 'x');
            bulk_options how;
            how.texts_per_request = 1;
            how.on_progress = [&](bulk_progress const&) { calls += local.empty() ? 0 : 1; };
            embedded_rows rows = foundry::embed_all(client, model, numbered_texts(100), how);
            CHECK(co_await rows.next());
        }
        int const before = calls;
        co_await settle();
        CHECK(calls == before);
    });
}

// Sources

foundry::async_generator<std::string> slow_texts(std::size_t count, std::chrono::milliseconds pause)
{
    for (std::size_t i = 0; i != count; ++i) {
        if (i % 10 == 0)
            co_await wait(pause);
        co_yield "text number " + std::to_string(i) + ";";
    }
}

/// Requests that each depend on the row before.
foundry::async_generator<foundry::chat_request> one_after_another(std::size_t& rows_read)
{
    for (std::size_t i = 0; i != 20; ++i) {
        while (rows_read != i)
            co_await wait(1ms);
        foundry::chat_request request = numbered_question(i);
        co_yield std::move(request);
    }
}

TEST_CASE("bulk: a source may wait, and rows that are ready do not wait for it")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        std::vector<embedded_text> const rows =
            co_await all_of(foundry::embed_all(client, model, slow_texts(1'000, 1ms)));
        CHECK(check_texts(rows, 1'000) == 0);
        CHECK(service.requests() == 4);
        std::size_t read = 0;
        completed_rows chats = foundry::for_each_completion(client, one_after_another(read));
        while (std::optional<completed_request> const row = co_await chats.next()) {
            CHECK(!row->failure);
            ++read;
        }
        CHECK(read == 20);
    });
}

foundry::async_generator<std::string> breaking_texts(std::size_t count)
{
    for (std::size_t i = 0; i != count; ++i)
        co_yield "text number " + std::to_string(i) + ";";
    co_await wait(1ms);
    throw std::runtime_error("the archive is broken");
}

TEST_CASE("bulk: what a source throws comes after the rows before")
{
    for (bool const in_order : {true, false}) {
        for (std::size_t const count : {0U, 10U, 15U, 1'000U}) {
            with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
                CAPTURE(count);
                bulk_options how;
                how.in_order = in_order;
                how.texts_per_request = 10;
                broken_run<embedded_text> run =
                    co_await broken(foundry::embed_all(client, model, breaking_texts(count), how));
                CHECK(message_of(run.thrown) == "the archive is broken");
                CHECK(check_texts(run.rows, count, in_order) == 0);
                CHECK(service.requests() == (count + 9) / 10);
                auto const numbers = std::views::iota(std::size_t{0}) | std::views::transform([count](std::size_t i) {
                                         if (i == count)
                                             throw std::out_of_range("too far");
                                         return std::to_string(i);
                                     });
                run = co_await broken(foundry::embed_all(client, model, numbers, how));
                CHECK(message_of(run.thrown) == "too far");
                CHECK(check_texts(run.rows, count, in_order) == 0);
            });
        }
    }
}

// Ends

/// All answers hang, but that to the first request.
void hang_after_first(emulator& service)
{
    service.reply_when([](recorded_request const& r) { return !has(r, "number 0;"); },
                       answer::json(200, "{}").hang().delay(10min));
}

TEST_CASE("bulk: a generator that is destroyed closes its connections, and the client stays usable")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        hang_after_first(service);
        std::vector<std::string> kept;
        {
            std::vector<std::string> const texts = numbered_texts(100);
            bulk_options how;
            how.texts_per_request = 1;
            embedded_rows rows = foundry::embed_all(client, model, std::span(texts), how);
            std::optional<embedded_text> const first = co_await rows.next();
            kept.push_back(first->text);
            CHECK(co_await eventually([&] { return service.requests() == 9; }));
            CHECK(client.connections().open == 8);
        }
        CHECK(co_await eventually([&] { return client.connections().open == client.connections().idle; }));
        CHECK(kept.front() == "text number 0;");
        CHECK(service.wait_for_open_at_most(1, 5s));
        foundry::embedding_request const again{model, "text number 0;"};
        CHECK((co_await client.embed(again)).size() == 1);
    });
}

TEST_CASE("bulk: next() may be cancelled; the requests are cancelled, and what was read stays")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        hang_after_first(service);
        bulk_options how;
        how.texts_per_request = 1;
        std::vector<embedded_text> rows;
        asio::cancellation_signal signal;
        std::exception_ptr thrown;
        bool has_ended = false;
        asio::co_spawn(
            co_await asio::this_coro::executor,
            [](embedded_rows all, std::vector<embedded_text>& into) -> asio::awaitable<void> {
                while (std::optional<embedded_text> row = co_await all.next())
                    into.push_back(std::move(*row));
            }(foundry::embed_all(client, model, slow_texts(100, 5ms), how), rows),
            asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) {
                thrown = e;
                has_ended = true;
            }));
        CHECK(co_await eventually([&] { return service.requests() == 9; }));
        CHECK(rows.size() == 1);
        signal.emit(asio::cancellation_type::terminal);
        REQUIRE(co_await eventually([&] { return has_ended; }));
        CHECK(is_cancellation(thrown));
        CHECK(service.wait_for_open_at_most(1, 5s));
        CHECK(client.connections().open == client.connections().idle);
        foundry::embedding_request const again{model, "text number 0;"};
        CHECK((co_await client.embed(again)).size() == 1);
    });
}

enum class work_kind
{
    texts,
    divided_texts,
    waiting_texts,
    chats
};

asio::awaitable<void> do_work(foundry::client<> client, work_kind what, bool in_order)
{
    bulk_options how;
    how.in_flight = 2;
    how.texts_per_request = 2;
    how.in_order = in_order;
    if (what == work_kind::chats) {
        completed_rows all = foundry::for_each_completion(client, numbered_questions(6), how);
        for (bool more = true; more;)
            more = (co_await all.next()).has_value();
        co_return;
    }
    std::vector<std::string> texts = numbered_texts(12);
    if (what == work_kind::divided_texts)
        texts[3] = "poison";
    embedded_rows all = what == work_kind::waiting_texts ? foundry::embed_all(client, model, slow_texts(12, 0ms), how)
                                                         : foundry::embed_all(client, model, texts, how);
    for (bool more = true; more;)
        more = (co_await all.next()).has_value();
}

TEST_CASE("bulk: work may be cancelled, closed with its client or destroyed with its context after any handler")
{
    emulator service(small());
    service.reply_when([](recorded_request const& r) { return has(r, "poison"); },
                       answer::json(400, error_body("bad")));
    int moments = 0;
    for (work_kind const what :
         {work_kind::texts, work_kind::divided_texts, work_kind::waiting_texts, work_kind::chats}) {
        for (bool const in_order : {true, false}) {
            CAPTURE(static_cast<int>(what));
            moments += interrupt_after_each_handler(
                service, [=](foundry::client<> const& client) { return do_work(client, what, in_order); });
        }
    }
    MESSAGE("report: bulk work interrupted at " << moments << " moments");
}

/// Reads rows until there are so many, and then leaves the generator.
asio::awaitable<void> leave_after(foundry::client<> client, std::size_t count, bool waits)
{
    std::vector<std::string> const texts = numbered_texts(40);
    bulk_options how;
    how.in_flight = 3;
    how.texts_per_request = 2;
    embedded_rows rows = waits ? foundry::embed_all(client, model, slow_texts(40, 1ms), how)
                               : foundry::embed_all(client, model, std::span(texts), how);
    for (std::size_t i = 0; i != count; ++i)
        CHECK(co_await rows.next());
}

TEST_CASE("bulk: a generator may be left after any row")
{
    for (bool const waits : {false, true}) {
        with_service([&](emulator&, foundry::client<> const& client) -> asio::awaitable<void> {
            for (std::size_t count = 0; count != 41; ++count) {
                co_await leave_after(client, count, waits);
                if (count % 5 == 0)
                    co_await wait(5ms);
            }
            foundry::embedding_request const again{model, "a"};
            CHECK((co_await client.embed(again)).size() == 1);
        });
    }
}

} // namespace foundry_test::bulk_test
