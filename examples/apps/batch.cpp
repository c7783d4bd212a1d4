// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A batch job: a thousand questions that the service answers by itself, at half the price, within a day.
//
//     batch [--every MILLISECONDS]                submits the job, waits for it and reads it
//     batch --resume ID [--every MILLISECONDS]    goes on with a job that was submitted before
//
// Ctrl-C ends the program, not the job: it prints how to go on. --every says how often the service is asked (10 s at first).
// configuration.hpp says which service it uses. The emulator of this program ends with it; to resume a job, start one of its own
// (examples/apps/emulator.cpp) and name it in AZURE_AI_ENDPOINT.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/batches.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <csignal>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>
#include <variant>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

/// A line that is written over itself: how far the job is, how fast, and how long it will take.
class progress
{
public:
    void show(foundry::batch const& job)
    {
        std::int64_t const done = job.request_counts.completed + job.request_counts.failed;
        std::int64_t const all = job.request_counts.total;
        int const width = 30;
        int const filled = all > 0 ? static_cast<int>(width * done / all) : 0;
        std::cout << '\r' << '[' << std::string(static_cast<std::size_t>(filled), '#')
                  << std::string(static_cast<std::size_t>(width - filled), ' ') << "] " << job.status.name() << ' '
                  << done << " of " << all;
        double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
        if (done > 0 && seconds > 0) {
            double const rate = static_cast<double>(done) / seconds;
            std::cout << std::fixed << std::setprecision(1) << ", " << rate << " a second, "
                      << static_cast<double>(all - done) / rate << " s left";
        }
        std::cout << "\x1b[K" << std::flush; // clears what is left of a longer line
    }

private:
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

foundry::batch_requests questions(std::string const& model)
{
    foundry::batch_requests rows{model};
    for (int i = 1; i <= 1000; ++i) {
        foundry::chat_request request{model};
        request.system("Answer in one sentence.").user("How many feet are in " + std::to_string(i) + " miles?");
        rows.add("question-" + std::to_string(i), request);
    }
    return rows;
}

asio::awaitable<void> print_results(foundry::batches batches, foundry::batch job)
{
    int answered = 0;
    int failed = 0;
    foundry::async_generator<foundry::batch_row> rows = batches.results(job);
    while (auto row = co_await rows.next()) {
        ++(row->failure ? failed : answered);
        if (row->failure)
            std::cout << row->custom_id << ": " << printable(row->failure->what()) << '\n';
        else if (answered <= 3)
            std::cout << row->custom_id << ": " << printable(row->as<foundry::chat_completion>().text()) << '\n';
    }
    std::cout << answered << " answered, " << failed << " failed\n";
}

asio::awaitable<void> work(std::string id, std::chrono::milliseconds every)
{
    configuration const my("https://contoso.openai.azure.com/openai/v1");
    foundry::client client{co_await asio::this_coro::executor, my.endpoint(), my.credential(), my.options()};
    foundry::batches const batches{client};
    if (id.empty()) {
        foundry::batch_requests const rows = questions(my.model());
        foundry::batch const submitted = co_await batches.submit(rows);
        id = submitted.id;
        std::cout << "submitted " << rows.size() << " requests as " << id << '\n';
    }

    foundry::wait_options how;
    if (every.count() > 0)
        how.interval = how.max_interval = every;
    progress bar;
    asio::signal_set interrupt(co_await asio::this_coro::executor, SIGINT);
    auto const outcome = co_await (batches.wait(
                                       id, [&bar](foundry::batch const& now) { bar.show(now); }, how) ||
                                   interrupt.async_wait(asio::use_awaitable));
    std::cout << '\n';
    if (outcome.index() == 1) {
        std::cout << "The job goes on. To read it:  batch --resume " << id << '\n';
        co_return;
    }
    foundry::batch const& job = std::get<0>(outcome);
    if (job.errors) {
        for (foundry::batch_error const& each : job.errors->data)
            std::cout << "line " << each.line.value_or(0) << ": " << printable(each.message) << '\n';
    }
    co_await print_results(batches, job);
}

int main(int count, char** arguments)
{
    std::string id;
    std::chrono::milliseconds every{0};
    for (int i = 1; i + 1 < count; i += 2) {
        std::string_view const name = arguments[i];
        if (name == "--resume")
            id = arguments[i + 1];
        else if (name == "--every")
            every = std::chrono::milliseconds(std::stoi(arguments[i + 1]));
    }
    return foundry::run(work(id, every));
}
