// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/async_generator.hpp>
#include <foundry/batch.hpp>
#include <foundry/batch_requests.hpp>
#include <foundry/client.hpp>
#include <foundry/wait.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

/// How `batches::submit()` makes a job.
struct batch_options
{
    batch_options() = default;

    call_options call;                     ///< For each request.
    std::optional<std::size_t> file;       ///< Index of the file of the `batch_requests`, if they have several.
    std::string completion_window = "24h"; ///< The services know no other.
    dictionary<std::string> metadata;      ///< At most 16 texts of yours.
    std::optional<std::chrono::seconds> input_expires_after;  ///< Of the uploaded file: Azure takes 14 to 30 days.
    std::optional<std::chrono::seconds> output_expires_after; ///< Of the files with the results.
};

/// Which jobs `batches::list()` gives, the newest first.
struct batch_query
{
    batch_query() = default;

    std::string after;                 ///< Only those after this id.
    std::optional<std::int64_t> limit; ///< Number of jobs in a page, 1 to 100; not set: the service's own.
};

/// Batch jobs: `POST batches` and what lies below it, on the v1 and the dated form of Azure OpenAI, and on servers that have it.
///
///     foundry::batches batches{client};
///     foundry::batch job = co_await batches.submit(rows);
///     job = co_await batches.wait(job.id);
///     foundry::async_generator<foundry::batch_row> results = batches.results(job);
///     while (auto row = co_await results.next())
///         std::cout << row->custom_id << '\n';
///
/// A job outlives the program: its id is all that another program needs.
///
/// A cheap handle made from a client; executor, cancellation, object lifetimes and thread safety are the client's.
/// Source of the wire format: learn.microsoft.com, "Getting started with Azure OpenAI batch deployments"; OpenAI, "Batch".
class batches
{
public:
    explicit batches(basic_client const& client) noexcept : state_(detail::state_of(client)) {}

    /// Uploads the requests, waits until the service has processed the file, and creates a job.
    ///
    /// Safe to repeat after a lost reply: before a job is created again, the list of jobs is searched for one with this input, so that no
    /// second job is paid for.
    ///
    /// @throws foundry::error with a code of `errc`: `invalid_argument` if there are no requests, or several files and none of them is
    /// chosen by `batch_options::file`.
    boost::asio::awaitable<batch> submit(batch_requests const& rows) const;
    boost::asio::awaitable<batch> submit(batch_requests const& rows, batch_options const& how) const;

    /// Creates a job again whose input the service refused for a passing reason (`batch::is_queue_full()`), without another upload.
    boost::asio::awaitable<batch> resubmit(batch const& refused) const;
    boost::asio::awaitable<batch> resubmit(batch const& refused, batch_options const& how) const;

    /// Submits the requests of a job again that have failed for a passing reason, such as a rate limit, or were never run. Reads the results
    /// and the input of the job. Nothing if there are no such requests.
    ///
    /// @throws foundry::error with the status 404 if the service no longer has the input: add the requests to new `batch_requests`.
    boost::asio::awaitable<std::optional<batch>> retry_failed(batch const& job) const;
    boost::asio::awaitable<std::optional<batch>> retry_failed(batch const& job, batch_options const& how) const;

    boost::asio::awaitable<batch> get(std::string_view id) const;
    boost::asio::awaitable<batch> get(std::string_view id, call_options const& with) const;

    /// All jobs, page by page: the next page is asked for when the one before has been read.
    async_generator<batch> list() const;
    async_generator<batch> list(batch_query which) const;
    async_generator<batch> list(batch_query which, call_options with) const;

    /// Asks the service to stop; what is ready can be read when the job has ended, up to ten minutes later.
    boost::asio::awaitable<batch> cancel(std::string_view id) const;
    boost::asio::awaitable<batch> cancel(std::string_view id, call_options const& with) const;

    /// Waits until a job has ended; its `status` is the outcome. Asks at once, again after 10 s, then each wait is 1.5 times as long, up to
    /// a minute. A connection that breaks meanwhile does no harm, as of any call (`call_options::retry`).
    ///
    /// `on_progress`, which may be empty, is told each state that the service gives.
    ///
    /// Cancellation: ends the wait; the job goes on, see cancel().
    boost::asio::awaitable<batch> wait(std::string_view id) const;
    boost::asio::awaitable<batch> wait(std::string_view id, std::function<void(batch const&)> on_progress) const;
    boost::asio::awaitable<batch> wait(std::string_view id, std::function<void(batch const&)> on_progress,
                                       wait_options const& how) const;

    /// What became of the requests of a job that has ended, in no order: those that were answered, then those that were not. They are read
    /// line by line while they arrive; if the connection breaks, the rest is asked for again.
    ///
    /// A row that cannot be read has a `failure`, and the others follow.
    async_generator<batch_row> results(batch const& job) const;
    async_generator<batch_row> results(batch const& job, call_options with) const;

private:
    std::shared_ptr<detail::client_state> state_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/batches.ipp>
#endif
