// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Batch jobs: recorded exchanges are gone through again; jobs run at the emulator, and connections break meanwhile.

#include "support/cutting_relay.hpp"
#include "support/plain_calls.hpp"
#include "support/recordings.hpp"
#include "support/report.hpp"

#include <foundry/batches.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/files.hpp>

#include <map>
#include <random>
#include <set>

namespace foundry_test::batches_test {

using foundry::batch_status;
using foundry::errc;
using foundry::testing::emulator_options;
using foundry::testing::recorded_request;

std::size_t count(emulator const& service, std::string const& method, std::string const& end)
{
    auto const all = service.journal();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](recorded_request const& r) {
        return r.method == method && r.target.substr(0, r.target.find('?')).ends_with(end);
    }));
}

foundry::wait_options quick()
{
    foundry::wait_options how;
    how.interval = 1ms;
    how.max_interval = 5ms;
    return how;
}

/// A test with an emulator and a client of it.
template <class Body>
void with_service(Body body, foundry::options (*how)(emulator const&) = &trusting,
                  emulator_options const& behaviour = unchecked())
{
    run([](Body test, foundry::options (*options)(emulator const&),
           emulator_options emulated) -> asio::awaitable<void> {
        emulator service(emulated);
        foundry::client<> const client =
            client_of(co_await asio::this_coro::executor, service, local_url, options(service));
        co_await test(service, client);
    }(std::move(body), how, behaviour));
}

foundry::batch_requests questions(int how_many)
{
    foundry::batch_requests rows{"gpt-4o-mini"};
    for (int i = 0; i != how_many; ++i)
        rows.add("row-" + std::to_string(i), question("How many feet are in " + std::to_string(i) + " miles?"));
    return rows;
}

/// All rows of a job by their ids; each id once.
asio::awaitable<std::map<std::string, foundry::batch_row>> rows_of(foundry::batches const& batches,
                                                                   foundry::batch const& job)
{
    std::map<std::string, foundry::batch_row> rows;
    foundry::async_generator<foundry::batch_row> all = batches.results(job);
    while (std::optional<foundry::batch_row> row = co_await all.next()) {
        std::string const id = row->custom_id;
        CHECK(rows.emplace(id, std::move(*row)).second);
    }
    co_return rows;
}

// Recordings

std::string path_of(exchange const& e)
{
    std::string path = e.url.substr(0, e.url.find('?'));
    return path.substr(path.find("/batches") + 8);
}

void expect_batch(std::string const& text, foundry::batch const& got)
{
    std::string written;
    foundry::json::write(written, {&got, &foundry::json::type_of<foundry::batch>::value}, foundry::json::writing::all);
    json::object const all = json::parse(written).as_object();
    json::object const wanted = json::parse(text).as_object();
    for (auto const& [name, value] : wanted) {
        if (value.is_null() || name == "usage" || (value.is_string() && value.get_string().empty()))
            continue;
        auto const* const found = all.if_contains(name);
        REQUIRE_MESSAGE(found != nullptr, std::string(name));
        if (name != "request_counts")
            CHECK_MESSAGE(*found == value, std::string(name));
    }
    CHECK(got.request_counts.total == wanted.at("request_counts").at("total").to_number<std::int64_t>());
    CHECK(got.request_counts.completed == wanted.at("request_counts").at("completed").to_number<std::int64_t>());
    auto const* const usage = wanted.if_contains("usage");
    CHECK((usage == nullptr || got.usage->total_tokens == usage->at("total_tokens").to_number<std::int64_t>()));
}

asio::awaitable<void> repeat(emulator& service, foundry::client<> const& client, exchange const& e)
{
    foundry::batches const batches{client};
    service.queue(answer::json(e.status, e.body));
    std::string const path = path_of(e);
    if (e.method == "GET" && path.empty()) {
        foundry::batch_query which;
        std::size_t const after = e.url.find("after=");
        if (after != std::string::npos)
            which.after = e.url.substr(after + 6, e.url.find('&', after) - after - 6);
        which.limit = 2;
        json::value const page = json::parse(e.body);
        foundry::async_generator<foundry::batch> all = batches.list(which);
        for (json::value const& each : page.at("data").as_array()) {
            std::optional<foundry::batch> const job = co_await all.next();
            REQUIRE(job);
            expect_batch(json::serialize(each), *job);
        }
    } else if (e.method == "GET") {
        foundry::batch const job = co_await batches.get(path.substr(1));
        expect_batch(e.body, job);
        CHECK(job.raw() == e.body);
    } else if (path.ends_with("/cancel")) {
        expect_batch(e.body, co_await batches.cancel(path.substr(1, path.size() - 8)));
    } else {
        foundry::batch refused;
        refused.input_file_id = text_of(e.request.at("input_file_id"));
        refused.endpoint = text_of(e.request.at("endpoint"));
        expect_batch(e.body, co_await batches.resubmit(refused));
        CHECK(json::parse(service.journal().at(0).body) == json::value(e.request));
    }
}

TEST_CASE("batches: each recorded exchange decodes to what it holds, and its request is the recorded one")
{
    int requests = 0;
    for (auto const& entry : std::filesystem::directory_iterator(FOUNDRY_TEST_DATA "/job_recordings")) {
        if (!entry.path().filename().string().starts_with("batch_"))
            continue;
        for (exchange const& e : load(entry.path())) {
            if (e.url.find("/batches") == std::string::npos)
                continue;
            CAPTURE(e.name);
            with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
                co_await repeat(service, client, e);
                recorded_request const got = service.journal().at(0);
                CHECK(got.method == e.method);
                CHECK(got.target.substr(0, got.target.find('?')) == "/v1/batches" + path_of(e));
            });
            ++requests;
        }
    }
    CHECK(requests > 20);
    MESSAGE("report: recorded exchanges with batches: " << requests);
}

TEST_CASE("results: recorded output and error files become answers and errors of direct calls")
{
    int rows = 0;
    int failures = 0;
    for (auto const& entry : std::filesystem::directory_iterator(FOUNDRY_TEST_DATA "/job_recordings")) {
        if (!entry.path().filename().string().starts_with("batch_"))
            continue;
        for (exchange const& e : load(entry.path())) {
            if (!e.url.ends_with("/content") && e.url.find("/content?") == std::string::npos)
                continue;
            CAPTURE(e.name);
            with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
                service.queue(answer::json(200, e.body).header("Content-Type", "application/octet-stream"));
                foundry::batch job;
                job.output_file_id = "file-1";
                bool const is_responses = e.name.find("responses") != std::string::npos;
                job.endpoint = is_responses ? "/v1/responses" : "/chat/completions";
                foundry::async_generator<foundry::batch_row> all = foundry::batches{client}.results(job);
                while (std::optional<foundry::batch_row> const row = co_await all.next()) {
                    rows += 1;
                    failures += row->failure ? 1 : 0;
                    CHECK(!row->custom_id.empty());
                    if (row->failure)
                        continue;
                    CHECK(e.body.find(row->body) != std::string::npos);
                    CHECK(!row->request_id.empty());
                    if (is_responses)
                        CHECK(!row->as<foundry::response>().text().empty());
                    else
                        CHECK(!row->as<foundry::chat_completion>().text().empty());
                }
            });
        }
    }
    CHECK(rows >= 6);
    CHECK(failures == 2);
    MESSAGE("report: recorded rows of batches: " << rows << ", " << failures << " of them failed");
}

TEST_CASE("results: the error of a row has the code of a direct call; one that was never run says so")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        std::string const lines =
            R"({"custom_id":"a","response":{"status_code":429,"request_id":"r1","body":{"error":{"code":"429","message":"slow down"}}},"error":null})"
            "\n"
            R"({"custom_id":"b","response":null,"error":{"code":"batch_expired","message":"too late"}})"
            "\n\r\n"
            "no JSON\n"
            R"({"custom_id":"c","response":{"status_code":400,"request_id":"r2","body":{"error":{"code":"content_filter","message":"no"}}},"error":null})"
            "\n"
            R"({"custom_id":"d"})"
            "\n"
            R"({"custom_id":"e","response":{"status_code":200,"request_id":"r3","body":)" +
            completion_text("5,280") + R"(},"error":null})";
        service.queue(answer::json(200, lines).header("Content-Type", "application/octet-stream"));
        foundry::batch job;
        job.error_file_id = "file-1";
        job.endpoint = "/v1/chat/completions";
        std::vector<foundry::batch_row> rows;
        foundry::async_generator<foundry::batch_row> all = foundry::batches{client}.results(job);
        while (std::optional<foundry::batch_row> row = co_await all.next())
            rows.push_back(std::move(*row));
        REQUIRE(rows.size() == 6);
        CHECK(rows[0].failure->code() == errc::rate_limited);
        CHECK(rows[0].failure->status() == 429);
        CHECK(rows[0].failure->request_id() == "r1");
        CHECK(rows[1].failure->code() == errc::service_error);
        CHECK(rows[1].failure->service_code() == "batch_expired");
        CHECK(rows[1].status == 0);
        CHECK(rows[2].failure->code() == errc::unexpected_reply);
        CHECK(rows[2].body == "no JSON");
        CHECK(rows[3].failure->code() == errc::content_filter);
        CHECK_THROWS_AS(rows[3].as<foundry::chat_completion>(), foundry::error);
        CHECK(rows[4].failure->code() == errc::unexpected_reply);
        CHECK(rows[5].as<foundry::chat_completion>().text() == "5,280");
    });
}

// Requests

std::string refusal_of(std::function<void()> const& add)
{
    try {
        add();
    } catch (foundry::error const& e) {
        CHECK(e.code() == errc::invalid_argument);
        return e.what();
    }
    return {};
}

TEST_CASE("batch requests: what the service would refuse is refused when it is added, and the rest stays")
{
    foundry::batch_requests rows{"gpt-4o-mini"};
    rows.add("a", question());
    CHECK(refusal_of([&] { rows.add("a", question()); }).find("added before") != std::string::npos);
    CHECK(refusal_of([&] { rows.add("", question()); }).find("empty") != std::string::npos);
    CHECK(refusal_of([&] { rows.add("b", foundry::chat_request{}); }).find("messages is empty") != std::string::npos);
    foundry::chat_request other = question();
    other.model = "gpt-4o";
    CHECK(refusal_of([&] { rows.add("b", other); }).find("one deployment") != std::string::npos);
    foundry::response_request const newer{"gpt-4o-mini", "Hello"};
    CHECK(refusal_of([&] { rows.add("b", newer); }).find("one kind") != std::string::npos);
    foundry::batch_requests nameless;
    foundry::chat_request anonymous = question();
    anonymous.model.reset();
    CHECK(refusal_of([&] { nameless.add("a", anonymous); }).find("no model") != std::string::npos);
    CHECK(rows.size() == 1);
    CHECK(rows.files() == 1);
    CHECK(nameless.files() == 0);
}

TEST_CASE("batch requests: a full file is the end, or the beginning of the next one")
{
    foundry::batch_file_options how;
    how.max_requests = 2;
    foundry::batch_requests full{"gpt-4o-mini", how};
    full.add("a", question()).add("b", question());
    CHECK(refusal_of([&] { full.add("c", question()); }).find("divide") != std::string::npos);
    how.divide = true;
    foundry::batch_requests several{"gpt-4o-mini", how};
    for (char const* const id : {"a", "b", "c", "d", "e"})
        several.add(id, question());
    CHECK(several.files() == 3);
    CHECK(refusal_of([&] { several.add("a", question()); }).find("added before") != std::string::npos);
    how.max_bytes = 100;
    foundry::batch_requests small{"gpt-4o-mini", how};
    CHECK(refusal_of([&] { small.add("a", question(std::string(200, 'x'))); }).find("bytes") != std::string::npos);
}

TEST_CASE("batch requests: the files are gone with the requests")
{
    foundry::batch_file_options how;
    how.folder = std::filesystem::temp_directory_path() / "foundry-test-batch-files";
    std::filesystem::create_directory(how.folder);
    {
        foundry::batch_requests rows{"gpt-4o-mini", how};
        rows.add("a", question());
        CHECK(!std::filesystem::is_empty(how.folder));
    }
    CHECK(std::filesystem::is_empty(how.folder));
    std::filesystem::remove(how.folder);
}

// Jobs

asio::awaitable<void> run_a_job(foundry::client<> client, foundry::batch_requests const& rows, std::size_t wanted)
{
    foundry::batches const batches{client};
    foundry::batch_options how;
    how.metadata["mine"] = "yes";
    how.output_expires_after = std::chrono::hours(24 * 14);
    foundry::batch job = co_await batches.submit(rows, how);
    CHECK(job.status == batch_status::validating);
    std::vector<std::string> states;
    job = co_await batches.wait(
        job.id, [&](foundry::batch const& now) { states.emplace_back(now.status.name()); }, quick());
    CHECK(job.status == batch_status::completed);
    CHECK(states.size() >= 3);
    CHECK(states.back() == "completed");
    CHECK(job.request_counts.total == static_cast<std::int64_t>(wanted));
    CHECK(job.metadata.has_value());
    auto const found = co_await rows_of(batches, job);
    CHECK(found.size() == wanted);
    for (auto const& [id, row] : found)
        CHECK(!row.failure);
}

TEST_CASE("batches: chats, embeddings and responses are submitted, waited for and read, on each form")
{
    foundry::batch_requests vectors{"text-embedding-3-small"};
    for (int i = 0; i != 3; ++i)
        vectors.add(std::to_string(i), foundry::embedding_request{"", "a mile"});
    foundry::batch_requests newer{"gpt-4o-mini"};
    newer.add("a", foundry::response_request{"gpt-4o-mini", "How many feet are in a mile?"});
    for (char const* const url : {v1_url, dated_url, local_url}) {
        CAPTURE(std::string(url));
        run([](char const* where, foundry::batch_requests const& embed,
               foundry::batch_requests const& respond) -> asio::awaitable<void> {
            emulator service;
            foundry::client<> const client = client_of(co_await asio::this_coro::executor, service, where);
            foundry::batch_requests const chats = questions(5);
            co_await run_a_job(client, chats, 5);
            co_await run_a_job(client, embed, 3);
            if (where != dated_url)
                co_await run_a_job(client, respond, 1);
        }(url, vectors, newer));
    }
}

TEST_CASE("batches: a row that is refused has its error, and the others their answers")
{
    with_service([](emulator&, foundry::client<> const& client) -> asio::awaitable<void> {
        foundry::batches const batches{client};
        foundry::batch_requests rows = questions(3);
        foundry::chat_request wrong = question();
        wrong.temperature = 7;
        rows.add("wrong", wrong);
        foundry::batch job = co_await batches.submit(rows);
        job = co_await batches.wait(job.id, {}, quick());
        CHECK(job.request_counts.failed == 1);
        auto const all = co_await rows_of(batches, job);
        REQUIRE(all.size() == 4);
        CHECK(all.at("wrong").failure->code() == errc::bad_request);
        CHECK(all.at("wrong").status == 400);
        CHECK(!all.at("row-0").as<foundry::chat_completion>().text().empty());
    });
}

TEST_CASE("batches: a job for a full queue has a code of its own, and is submitted again without another upload")
{
    emulator_options how = unchecked();
    how.enqueued_token_limit = 1;
    with_service(
        [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            foundry::batches const batches{client};
            foundry::batch job = co_await batches.submit(questions(3));
            job = co_await batches.wait(job.id, {}, quick());
            CHECK(job.status == batch_status::failed);
            CHECK(job.is_queue_full());
            foundry::batch const again = co_await batches.resubmit(job);
            CHECK(again.id != job.id);
            CHECK(again.input_file_id == job.input_file_id);
            CHECK(count(service, "POST", "/files") == 1);
            CHECK(count(service, "POST", "/batches") == 2);
            service.queue(answer::json(400, R"({"error":{"code":"token_limit_exceeded","message":"full"}})"));
            foundry::error const full = co_await failure_of(batches.resubmit(job));
            CHECK(full.code() == errc::queue_full);
        },
        &trusting, how);
}

TEST_CASE("batches: a job is cancelled and listed")
{
    with_service([](emulator&, foundry::client<> const& client) -> asio::awaitable<void> {
        foundry::batches const batches{client};
        std::set<std::string> made;
        for (int i = 0; i != 3; ++i)
            made.insert((co_await batches.submit(questions(1))).id);
        foundry::batch job = co_await batches.cancel(*made.begin());
        CHECK(job.status == batch_status::cancelling);
        job = co_await batches.wait(job.id, {}, quick());
        CHECK(job.status == batch_status::cancelled);
        CHECK((co_await rows_of(batches, job)).empty());
        foundry::batch_query which;
        which.limit = 2;
        foundry::async_generator<foundry::batch> all = batches.list(which);
        while (std::optional<foundry::batch> const each = co_await all.next())
            CHECK(made.erase(each->id) == 1);
        CHECK(made.empty());
    });
}

TEST_CASE("batches: what cannot be submitted is refused before anything is sent")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        foundry::batches const batches{client};
        foundry::batch_requests const none;
        CHECK((co_await failure_of(batches.submit(none))).code() == errc::invalid_argument);
        foundry::batch_options second;
        second.file = 1;
        CHECK((co_await failure_of(batches.submit(questions(1), second))).code() == errc::invalid_argument);
        foundry::batch_file_options divided;
        divided.max_requests = 1;
        divided.divide = true;
        foundry::batch_requests several{"gpt-4o-mini", divided};
        several.add("a", question()).add("b", question());
        CHECK((co_await failure_of(batches.submit(several))).code() ==
              errc::invalid_argument); // not the first one alone
        CHECK((co_await failure_of(batches.get(""))).code() == errc::invalid_argument);
        CHECK(service.journal().empty());
    });
}

TEST_CASE("batches: unknown states, counts of null and capital letters are read")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        foundry::batches const batches{client};
        service.queue(answer::json(
            200,
            R"({"id":"b","status":"Validating","request_counts":{"total":null,"completed":null},"endpoint":null})"));
        service.queue(answer::json(200, R"({"id":"b","status":"in_progress","request_counts":null})"));
        service.queue(answer::json(200, R"({"id":"b","status":"suspended"})"));
        foundry::batch const job = co_await batches.wait("b", {}, quick());
        CHECK(job.status.name() == "suspended");
        CHECK(service.journal().size() == 3);
    });
}

TEST_CASE("batches: the requests that failed for a passing reason are submitted again, and no others")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        foundry::batches const batches{client};
        foundry::batch_requests rows = questions(5);
        foundry::chat_request wrong = question();
        wrong.temperature = 7;
        rows.add("wrong", wrong);
        service.reply_when(
            [](recorded_request const& r) {
                bool const is_row = r.target.ends_with("/chat/completions");
                return is_row && (r.body.find("in 1 miles") != r.body.npos || r.body.find("in 3 miles") != r.body.npos);
            },
            answer::json(429, R"({"error":{"code":"429","message":"slow down"}})"));
        foundry::batch job = co_await batches.submit(rows);
        job = co_await batches.wait(job.id, {}, quick());
        CHECK(job.request_counts.failed == 3);
        service.reply_when([](recorded_request const& r) { return r.target.ends_with("/chat/completions"); },
                           answer::chat("5,280"));
        std::optional<foundry::batch> again = co_await batches.retry_failed(job);
        REQUIRE(again);
        *again = co_await batches.wait(again->id, {}, quick());
        auto const found = co_await rows_of(batches, *again);
        REQUIRE(found.size() == 2);
        CHECK(found.at("row-1").as<foundry::chat_completion>().text() == "5,280");
        CHECK(!found.at("row-3").failure);
        CHECK(!co_await batches.retry_failed(*again));
        co_await foundry::files{client}.remove(job.input_file_id);
        foundry::error const gone = co_await failure_of(batches.retry_failed(job));
        CHECK(gone.status() == 404);
        CHECK(std::string(gone.what()).find(job.input_file_id) != std::string::npos);
    });
}

// Broken connections

struct job_outcome
{
    std::size_t relayed = 0;
    std::size_t jobs = 0;
    std::size_t rows = 0;
};

/// Submits a job, waits for it and reads it, over a connection that is cut once.
asio::awaitable<void> run_with_a_cut(std::size_t after, foundry::batch_requests const& rows, job_outcome& outcome)
{
    emulator service(unchecked());
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    cutting_relay const relay(executor, service.plain_port(), after);
    foundry::endpoint where{local_url};
    where.connect_to("127.0.0.1", relay.port());
    foundry::any_credential who = foundry::api_key("emulator-key");
    foundry::options how = with_retries(service);
    foundry::client<> const client(executor, where, std::move(who), how);
    foundry::batches const batches{client};
    foundry::batch job = co_await batches.submit(rows);
    job = co_await batches.wait(job.id, {}, quick());
    CHECK(job.status == batch_status::completed);
    outcome.rows = (co_await rows_of(batches, job)).size();
    outcome.relayed = relay.relayed();
    foundry::async_generator<foundry::batch> all = batches.list();
    while (co_await all.next())
        outcome.jobs += 1;
    client.close();
}

/// Runs a coroutine to its end; what still runs beside it, such as a relay, ends with the context.
void run_beside_others(asio::io_context& context, asio::awaitable<void> body)
{
    std::exception_ptr failed;
    asio::co_spawn(context, std::move(body), [&](std::exception_ptr e) {
        failed = e;
        context.stop();
    });
    context.run();
    if (failed)
        std::rethrow_exception(failed);
}

job_outcome outcome_of(std::size_t after, foundry::batch_requests const& rows)
{
    job_outcome outcome;
    asio::io_context context;
    run_beside_others(context, run_with_a_cut(after, rows, outcome));
    return outcome;
}

TEST_CASE("batches: a connection that is cut anywhere loses no row, and makes no second job")
{
    foundry::batch_requests const rows = questions(40);
    std::size_t const all = outcome_of(static_cast<std::size_t>(-1), rows).relayed;
    CHECK(all > 40 * 200);
    std::mt19937 random(7);
    std::uniform_int_distribution<std::size_t> anywhere(1, all - 1);
    for (int i = 0; i != 50; ++i) {
        std::size_t const after = anywhere(random);
        CAPTURE(after);
        job_outcome const outcome = outcome_of(after, rows);
        CHECK(outcome.rows == 40);
        CHECK(outcome.jobs == 1);
    }
    MESSAGE("report: batch over a connection that is cut: 50 of " << all << " places, 40 rows each, no second job");
}

/// Creates a job of a file over a connection that is cut; the number of jobs is counted at the emulator.
asio::awaitable<void> create_with_a_cut(std::size_t after, bool is_kept, job_outcome& outcome)
{
    emulator service(unchecked());
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    foundry::client<> const direct = client_of(executor, service, local_url);
    foundry::file_upload what(
        foundry::memory_source(
            R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini"}})"),
        "a.jsonl", "batch");
    foundry::batch of;
    of.input_file_id = (co_await foundry::files{direct}.upload(std::move(what))).id;
    of.endpoint = "/v1/chat/completions";
    cutting_relay const relay(executor, service.plain_port(), after);
    foundry::endpoint where{local_url};
    where.connect_to("127.0.0.1", relay.port());
    foundry::any_credential who = foundry::api_key("emulator-key");
    foundry::options how = with_retries(service);
    foundry::client<> const client(executor, where, std::move(who), how);
    if (is_kept)
        static_cast<void>(co_await foundry::files{client}.get(of.input_file_id));
    foundry::batch const job = co_await foundry::batches{client}.resubmit(of);
    CHECK(job.input_file_id == of.input_file_id);
    outcome.relayed = relay.relayed();
    foundry::async_generator<foundry::batch> all = foundry::batches{direct}.list();
    while (co_await all.next())
        outcome.jobs += 1;
    client.close();
}

TEST_CASE("batches: a connection that is cut at any byte of the creation of a job makes exactly one")
{
    int cuts = 0;
    for (bool const is_kept : {false, true}) {
        std::size_t end = 4096;
        for (std::size_t after = 1; after < end; after += 9, ++cuts) {
            CAPTURE(after);
            job_outcome outcome;
            asio::io_context context;
            run_beside_others(context, create_with_a_cut(after, is_kept, outcome));
            CHECK(outcome.jobs == 1);
            if (outcome.relayed <= after) // it was not cut
                end = after;
        }
    }
    CHECK(cuts > 200);
    MESSAGE("report: creation of a job over a connection that is cut: " << cuts << " places, one job each");
}

TEST_CASE("batches: a job whose creation has no answer is found in the list, whatever the answer was")
{
    for (answer const& lost : {answer::raw("").close(), answer::json(500, "{}"), answer::json(200, "<html>")}) {
        with_service([&](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            foundry::batches const batches{client};
            foundry::batch job = co_await batches.submit(questions(1));
            service.queue(lost); // as if the service had created it nevertheless
            foundry::batch other;
            other.id = "batch_other";
            other.input_file_id = job.input_file_id;
            other.endpoint = job.endpoint;
            foundry::batch const found = co_await batches.resubmit(other);
            CHECK(found.id == job.id);
            CHECK(count(service, "POST", "/batches") == 2);
            CHECK(count(service, "GET", "/batches") == 1);
        });
    }
}

TEST_CASE("batches: only a job that is newer than the refused one is taken for the lost one")
{
    with_service(
        [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            foundry::batches const batches{client};
            foundry::batch const first = co_await batches.submit(questions(1));
            foundry::batch const second = co_await batches.resubmit(first);
            service.queue(answer::json(503, "{}")); // nothing was created
            foundry::batch const third = co_await batches.resubmit(second);
            CHECK(third.id != first.id);
            CHECK(third.id != second.id);
            CHECK(third.input_file_id == first.input_file_id);
        },
        &with_retries);
}

TEST_CASE("batches: if the list cannot be read either, the error says that the job may exist")
{
    with_service([](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
        service.queue(answer::raw("").close());
        service.queue(answer::json(403, "{}"));
        foundry::batch refused;
        refused.input_file_id = "file-7";
        refused.endpoint = "/v1/chat/completions";
        foundry::error const e = co_await failure_of(foundry::batches{client}.resubmit(refused));
        CHECK(e.code() == errc::connection_lost);
        CHECK(e.advice().find("file-7") != std::string::npos);
        CHECK(e.advice().find("may have been created") != std::string::npos);
    });
}

TEST_CASE("batches: a job that was refused is not created again")
{
    with_service(
        [](emulator& service, foundry::client<> const& client) -> asio::awaitable<void> {
            service.queue(answer::json(400, R"({"error":{"message":"no such file"}})"));
            foundry::batch refused;
            refused.input_file_id = "file-7";
            refused.endpoint = "/v1/chat/completions";
            CHECK((co_await failure_of(foundry::batches{client}.resubmit(refused))).code() == errc::bad_request);
            CHECK(service.journal().size() == 1);
        },
        &with_retries);
}

} // namespace foundry_test::batches_test
