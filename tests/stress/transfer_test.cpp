// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What an upload, a download and a batch of any size take of memory. The emulator, which keeps the file, is another process.

#include "support/cutting_relay.hpp"
#include "support/fixture.hpp"
#include "support/process_memory.hpp"

#include <foundry/batches.hpp>
#include <foundry/files.hpp>
#include <foundry/testing/emulator.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

using namespace foundry_test;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

/// An emulator in a process of its own.
class other_process
{
public:
    other_process()
    {
        int ports[2];
        int stops[2];
        REQUIRE(::pipe(ports) == 0);
        REQUIRE(::pipe(stops) == 0);
        child_ = ::fork();
        if (child_ == 0) {
            ::close(stops[1]);
            serve(ports[1], stops[0]);
        }
        ::close(ports[1]);
        ::close(stops[0]);
        REQUIRE(::read(ports[0], &port, sizeof port) == sizeof port);
        ::close(ports[0]);
        stop_ = stops[1];
    }
    ~other_process()
    {
        ::close(stop_);
        ::waitpid(child_, nullptr, 0);
    }
    other_process(other_process const&) = delete;
    other_process& operator=(other_process const&) = delete;

    std::uint16_t port = 0;

private:
    [[noreturn]] static void serve(int tell, int stop)
    {
        {
            foundry::testing::emulator_options how = unchecked();
            how.tls = false;
            how.journal_limit = 0;
            foundry::testing::emulator const service(how);
            std::uint16_t const own = service.plain_port();
            char end = 0;
            if (::write(tell, &own, sizeof own) == sizeof own)
                static_cast<void>(::read(stop, &end, 1)); // until the other end is closed
        }
        ::_exit(0);
    }

    pid_t child_ = 0;
    int stop_ = -1;
};

char letter(std::uint64_t at) { return static_cast<char>('a' + (at / 7 + at / 65'536) % 26); }

/// So many bytes, which are nowhere.
class made_source
{
public:
    explicit made_source(std::uint64_t size) : size_(size) {}

    std::optional<std::uint64_t> size() const { return size_; }
    asio::awaitable<std::size_t> read(std::span<char> into)
    {
        std::size_t const count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - at_));
        for (std::size_t i = 0; i != count; ++i)
            into[i] = letter(at_ + i);
        at_ += count;
        co_return count;
    }
    bool rewind()
    {
        at_ = 0;
        return true;
    }

private:
    std::uint64_t size_;
    std::uint64_t at_ = 0;
};

/// Compares what arrives with the same.
struct comparing_sink
{
    asio::awaitable<void> write(std::span<char const> bytes)
    {
        for (char const each : bytes)
            wrong += each == letter(count++) ? 0 : 1;
        co_return;
    }
    bool rewind()
    {
        count = 0;
        return true;
    }

    std::uint64_t count = 0;
    std::uint64_t wrong = 0;
};

foundry::client<> client_at(asio::any_io_executor executor, std::uint16_t port)
{
    foundry::endpoint where{urls[3]};
    where.connect_to("127.0.0.1", port);
    return foundry::client<>(std::move(executor), where, foundry::no_credential{});
}

struct measured
{
    std::size_t up = 0;   // KiB
    std::size_t down = 0; // KiB
};

asio::awaitable<void> transfer(std::uint16_t port, std::uint64_t size, measured& took)
{
    foundry::client<> const client = client_at(co_await asio::this_coro::executor, port);
    foundry::files const files{client};
    foundry::file_upload const small(made_source(1000), "small", "assistants");
    static_cast<void>(co_await files.upload(small)); // what only the first call takes

    std::size_t before = begin_measuring();
    foundry::multipart form; // for the function of its own takes 512 MiB at most
    form.add("purpose", "assistants").add_file("file", "large", "text/plain", made_source(size));
    foundry::file const stored = co_await client.call<foundry::file>(foundry::route{"POST", "files"}, std::move(form));
    took.up = peak_memory() - before;
    CHECK(stored.bytes == static_cast<std::int64_t>(size));

    before = begin_measuring();
    comparing_sink sink;
    co_await files.download(stored.id, sink);
    took.down = peak_memory() - before;
    CHECK(sink.count == size);
    CHECK(sink.wrong == 0);
}

struct batch_outcome
{
    std::size_t written = 0; // KiB that the requests take while they are added
    std::size_t read = 0;    // KiB that the results take while they are read
    std::size_t rows = 0;
    std::size_t doubled = 0;
    std::size_t failed = 0;
    std::size_t relayed = 0; // bytes
    std::size_t jobs = 0;
};

asio::awaitable<void> run_a_job(std::uint16_t port, std::size_t count, batch_outcome& outcome)
{
    foundry::client<> const client = client_at(co_await asio::this_coro::executor, port);
    foundry::batches const batches{client};
    foundry::batch job;
    {
        std::size_t const before = begin_measuring();
        foundry::batch_requests rows{"gpt-4o-mini"};
        foundry::chat_request request;
        request.user("How many feet are in a mile?");
        for (std::size_t i = 0; i != count; ++i)
            rows.add("row-" + std::to_string(i), request);
        job = co_await batches.submit(rows);
        outcome.written = peak_memory() - before;
    }
    foundry::wait_options how;
    how.interval = how.max_interval = std::chrono::milliseconds(50);
    how.call.timeouts.first_byte = std::chrono::minutes(10);
    job = co_await batches.wait(job.id, {}, how);
    std::vector<bool> seen(count);
    std::size_t const before = begin_measuring();
    foundry::async_generator<foundry::batch_row> results = batches.results(job);
    while (std::optional<foundry::batch_row> const row = co_await results.next()) {
        std::size_t const number = std::stoul(row->custom_id.substr(4));
        outcome.doubled += seen.at(number) ? 1 : 0;
        seen[number] = true;
        outcome.failed += row->failure ? 1 : 0;
        outcome.rows += 1;
    }
    outcome.read = peak_memory() - before;
}

/// A job over a connection that is cut once, and the number of jobs that the service has then.
asio::awaitable<void> run_a_cut_job(std::uint16_t port, std::size_t count, std::size_t after, batch_outcome& outcome)
{
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    cutting_relay const relay(executor, port, after);
    co_await run_a_job(relay.port(), count, outcome);
    outcome.relayed = relay.relayed();
    foundry::client<> const direct = client_at(executor, port);
    foundry::async_generator<foundry::batch> all = foundry::batches{direct}.list();
    while (co_await all.next())
        outcome.jobs += 1;
}

batch_outcome job_with_a_cut(std::size_t count, std::size_t after)
{
    other_process const service;
    batch_outcome outcome;
    asio::io_context context;
    std::exception_ptr failure;
    asio::co_spawn(context, run_a_cut_job(service.port, count, after, outcome), [&](std::exception_ptr e) {
        failure = e;
        context.stop(); // the relay listens on
    });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
    return outcome;
}

} // namespace

TEST_SUITE_BEGIN("transfer");

TEST_CASE("files: an upload and a download of any size take less than 4 MiB of memory")
{
    std::size_t const size = std::getenv("FOUNDRY_LONG") != nullptr ? 1024 * mib : 128 * mib;
    other_process const service;
    measured took;
    asio::io_context context;
    std::exception_ptr failure;
    asio::co_spawn(context, transfer(service.port, size, took), [&](std::exception_ptr e) { failure = e; });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
    CHECK(took.up < 4 * 1024);
    CHECK(took.down < 4 * 1024);
    std::cout << "report: transfer: " << size / mib << " MiB took " << took.up << " KiB on their way up and "
              << took.down << " KiB on their way down" << std::endl;
}

TEST_CASE(
    "batches: a job of any size is read in the same memory, each row once; its requests take no more than their ids")
{
    std::size_t const count = std::getenv("FOUNDRY_LONG") != nullptr ? 100'000 : 2'000;
    other_process const service;
    batch_outcome outcome;
    asio::io_context context;
    std::exception_ptr failure;
    asio::co_spawn(context, run_a_job(service.port, count, outcome), [&](std::exception_ptr e) { failure = e; });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
    CHECK(outcome.rows == count);
    CHECK(outcome.doubled == 0);
    CHECK(outcome.failed == 0);
    CHECK(outcome.written < 2 * 1024 + count / 8); // 128 bytes for an id
    CHECK(outcome.read < 4 * 1024);
    std::cout << "report: batch: " << count << " rows took " << outcome.written << " KiB to submit and " << outcome.read
              << " KiB to read" << std::endl;
}

TEST_CASE("batches: a job of any size over a connection that is cut somewhere has each row once, and is the only one")
{
    bool const is_long = std::getenv("FOUNDRY_LONG") != nullptr;
    std::size_t const count = is_long ? 100'000 : 1'000;
    std::size_t const cuts = is_long ? 50 : 5;
    std::size_t const bytes = job_with_a_cut(count, std::size_t(-1)).relayed;
    std::mt19937 random(11);
    std::uniform_int_distribution<std::size_t> anywhere(1, bytes);
    for (std::size_t i = 0; i != cuts; ++i) {
        std::size_t const after = anywhere(random);
        CAPTURE(after);
        batch_outcome const outcome = job_with_a_cut(count, after);
        CHECK(outcome.rows == count);
        CHECK(outcome.doubled == 0);
        CHECK(outcome.failed == 0);
        CHECK(outcome.jobs == 1);
    }
    std::cout << "report: batch: " << count << " rows over a connection that was cut, at " << cuts << " of " << bytes
              << " bytes: each row once, one job each" << std::endl;
}

TEST_SUITE_END();
