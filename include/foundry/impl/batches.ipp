// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/batches.hpp>
#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/noted_scope.hpp>
#include <foundry/detail/base/random_fraction.hpp>
#include <foundry/detail/call/request_builder.hpp>
#include <foundry/detail/core/retry_budget.hpp>
#include <foundry/detail/operations/batch_files.hpp>
#include <foundry/detail/operations/batch_results.hpp>
#include <foundry/detail/operations/content_lines.hpp>
#include <foundry/detail/operations/fetch_object.hpp>
#include <foundry/detail/operations/list_pages.hpp>
#include <foundry/detail/operations/poll.hpp>
#include <foundry/files.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <unordered_set>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

// Jobs

struct expiry_after
{
    expiry_after() = default;

    std::string anchor = "created_at";
    std::int64_t seconds = 0;
};
BOOST_DESCRIBE_STRUCT(expiry_after, (), (anchor, seconds))

/// `POST batches`. Wire format: `CreateBatchRequest`.
struct new_batch
{
    new_batch() = default;

    std::string input_file_id;
    std::string endpoint;
    std::string completion_window;
    std::optional<dictionary<std::string>> metadata;
    std::optional<expiry_after> output_expires_after;
};
BOOST_DESCRIBE_STRUCT(new_batch, (), (input_file_id, endpoint, completion_window, metadata, output_expires_after))

inline void accept(new_batch const&) {}

/// `batches/{id}`.
inline route batch_route(std::string_view verb, std::string_view id) { return route{verb, "batches"}.segment(id); }

/// Some pages of the documentation write states with a capital letter.
inline void normalize_status(batch& job)
{
    if (!job.status.known())
        job.status.assign(to_lower(job.status.name()));
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<batch> fetch_batch(std::shared_ptr<pending_request> request)
{
    batch job = co_await fetch_object<batch>(std::move(request));
    normalize_status(job);
    co_return job;
}

inline bool is_running(batch const& job)
{
    return job.status == batch_status::validating || job.status == batch_status::in_progress ||
           job.status == batch_status::finalizing || job.status == batch_status::cancelling;
}

inline constexpr poll_rules<batch> batch_polls{&fetch_batch, &is_running,
                                               "the job is still running; wait for it by its id",
                                               std::chrono::seconds{10}, std::chrono::seconds{60}};

/// A page of jobs; one of Azure's samples has them under `value`.
struct batch_page
{
    batch_page() = default;

    std::vector<batch> data;
    std::vector<batch> value;
    bool has_more = false;
    std::string last_id;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(batch_page, (), (data, value, has_more, last_id, extra))

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<batch_page> fetch_batches(std::shared_ptr<client_state> state,
                                                                           batch_query which, call_options with)
{
    route list{"GET", "batches"};
    if (!which.after.empty())
        list.query("after", which.after);
    if (which.limit)
        list.query("limit", std::to_string(*which.limit));
    batch_page page;
    std::shared_ptr<pending_request> request = prepare_call(std::move(state), list, with, response_form::json);
    co_await fetch_json(std::move(request), {&page, &json::type_of<batch_page>::value}, nullptr);
    if (page.data.empty())
        page.data = std::move(page.value);
    for (batch& job : page.data)
        normalize_status(job);
    if (page.last_id.empty() && !page.data.empty())
        page.last_id = page.data.back().id;
    co_return page;
}

/// The job that has this input, if the service knows one among its newest.
///
/// @param after the id of a job: only newer ones are meant; may be empty.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<batch>>
find_batch(std::shared_ptr<client_state> state, std::string input, std::string after, call_options with)
{
    static constexpr int max_pages = 10; // of a hundred
    batch_query which;
    which.limit = 100;
    for (int i = 0; i != max_pages; ++i) {
        batch_page page = co_await fetch_batches(state, which, with);
        for (batch& job : page.data) {
            if (job.id == after) // the newest come first
                co_return std::nullopt;
            if (job.input_file_id == input)
                co_return std::move(job);
        }
        if (!page.has_more)
            break;
        which.after = std::move(page.last_id);
    }
    co_return std::nullopt;
}

/// Whether the service may have done what it was asked, though its answer says otherwise or has not come.
inline bool is_outcome_unknown(error const& e)
{
    return e.code() == errc::connection_lost || e.code() == errc::stream_truncated || e.code() == errc::write_timeout ||
           e.code() == errc::first_byte_timeout || e.code() == errc::silence_timeout ||
           e.code() == errc::stall_timeout || e.code() == errc::total_timeout || e.code() == errc::unexpected_reply ||
           e.code() == errc::limit_exceeded || e.status() >= 500 || e.status() == 408 || e.status() == 409;
}

inline error may_have_been_created(error const& e, std::string const& input)
{
    failure f = e.details();
    f.advice += f.advice.empty() ? "" : "; ";
    f.advice +=
        "the job may have been created: look for the input " + input + " in batches::list() before you submit again";
    return error(e.code(), std::move(f));
}

/// Makes the request once, and says what became of it: the job, or the error. After an error that leaves it open, the list decides.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<batch>>
try_to_create(std::shared_ptr<pending_request> request, std::string input, std::string after, call_options with,
              std::optional<error>& failed)
{
    std::shared_ptr<client_state> const state = request->state;
    try {
        batch job = co_await fetch_batch(std::move(request));
        co_return job;
    } catch (error const& e) {
        failed = e;
    }
    if (!is_outcome_unknown(*failed))
        co_return std::nullopt;
    try {
        std::optional<batch> found = co_await find_batch(state, input, std::move(after), std::move(with));
        co_return found;
    } catch (error const&) {
        throw may_have_been_created(*failed, input);
    }
}

/// Creates a job, but not twice.
///
/// @param after the id of an older job with the same input; may be empty.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<batch>
create_batch(std::shared_ptr<client_state> state, new_batch what, std::string after, call_options with)
{
    running_call call;
    call.begin(state->target.calls, co_await boost::asio::this_coro::executor);
    pending_request const first = prepare(state, operations::batches, what, with, &accept);
    retry_options const how = first.retry;
    for (retry_budget requests(how, first.timeouts.total, http::clock::now());;) {
        auto request = std::make_shared<pending_request>(prepare(state, operations::batches, what, with, &accept));
        request->retry.max_retries = 0;
        request->retry.policy = nullptr;
        request->is_sent_once = true;
        request->is_round = true;
        std::optional<error> failed;
        std::optional<batch> job = co_await try_to_create(std::move(request), what.input_file_id, after, with, failed);
        if (job)
            co_return std::move(*job);
        std::chrono::milliseconds const wait = requests.wait_after(*failed, http::clock::now(), random_fraction());
        boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor, wait);
        noted_scope const waits(&call.wait, pause);
        try {
            co_await pause.async_wait(boost::asio::deferred);
        } catch (boost::system::system_error const&) {
            call.check(); // the end of the client has ended the wait
            throw;
        }
    }
}

inline new_batch make_batch(std::string endpoint, batch_options const& how)
{
    new_batch made;
    made.endpoint = std::move(endpoint);
    made.completion_window = how.completion_window;
    if (!how.metadata.empty())
        made.metadata = how.metadata;
    if (how.output_expires_after) {
        made.output_expires_after.emplace();
        made.output_expires_after->seconds = how.output_expires_after->count();
    }
    return made;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<batch>
submit_batch(std::shared_ptr<client_state> state, std::shared_ptr<batch_files> rows, batch_options how)
{
    if (rows->files.empty())
        throw error(errc::invalid_argument, "there are no requests; add() some");
    std::string const count = std::to_string(rows->files.size());
    if (!how.file && rows->files.size() != 1)
        throw error(errc::invalid_argument,
                    "the requests have " + count + " files; submit each of them with batch_options::file");
    std::size_t const chosen = how.file.value_or(0);
    if (chosen >= rows->files.size())
        throw error(errc::invalid_argument,
                    "the requests have " + count + " files; there is no file " + std::to_string(chosen));
    foundry::files const files(state);
    file_upload what(rows->files[chosen].path, "batch");
    what.media_type = "application/jsonl";
    what.expires_after = how.input_expires_after;
    file input = co_await files.upload(std::move(what), how.call);
    if (input.status != file_status::processed) {
        wait_options until;
        until.call = how.call;
        input = co_await files.wait(input.id, until);
    }
    if (input.status != file_status::processed) {
        throw error(errc::unprocessable, "the service could not process the file " + input.id + ": " +
                                             input.status_details.value_or(std::string(input.status.name())));
    }
    new_batch job = make_batch(rows->url, how);
    job.input_file_id = input.id;
    batch made = co_await create_batch(std::move(state), std::move(job), {}, std::move(how.call));
    co_return made;
}

// Requests that have failed

inline bool is_passing(batch_row const& row)
{
    return row.failure && (row.failure->code() == errc::rate_limited || row.failure->code() == errc::service_error);
}

struct row_id
{
    row_id() = default;

    std::string custom_id;
};
BOOST_DESCRIBE_STRUCT(row_id, (), (custom_id))

/// The requests of a job whose ids are given, from its input.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::shared_ptr<batch_files>>
collect_requests(std::shared_ptr<client_state> state, std::string input, std::unordered_set<std::string> ids,
                 call_options with)
{
    auto rows = std::make_shared<batch_files>(std::string(), batch_file_options());
    content_lines lines(std::move(state), std::move(input), std::move(with));
    for (;;) {
        std::optional<std::string> const line = co_await lines.next();
        if (!line)
            break;
        row_id of;
        json::reader reader;
        if (reader.read(of, *line) && ids.contains(of.custom_id))
            rows->add_line(*line);
    }
    co_return rows;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<batch>> retry_rows(std::shared_ptr<client_state> state,
                                                                                  async_generator<batch_row> results,
                                                                                  std::string endpoint,
                                                                                  std::string input, batch_options how)
{
    std::unordered_set<std::string> ids;
    for (;;) {
        std::optional<batch_row> const row = co_await results.next();
        if (!row)
            break;
        if (is_passing(*row))
            ids.insert(row->custom_id);
    }
    if (ids.empty())
        co_return std::nullopt;
    std::shared_ptr<batch_files> rows = co_await collect_requests(state, std::move(input), std::move(ids), how.call);
    rows->url = std::move(endpoint);
    how.file.reset();
    batch made = co_await submit_batch(std::move(state), std::move(rows), std::move(how));
    co_return made;
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<batch> batches::submit(batch_requests const& rows, batch_options const& how) const
{
    return detail::submit_batch(state_, rows.written(), how);
}
FOUNDRY_DECL boost::asio::awaitable<batch> batches::submit(batch_requests const& rows) const
{
    return submit(rows, batch_options());
}

FOUNDRY_DECL boost::asio::awaitable<batch> batches::resubmit(batch const& refused, batch_options const& how) const
{
    detail::new_batch job = detail::make_batch(refused.endpoint, how);
    job.input_file_id = refused.input_file_id;
    return detail::create_batch(state_, std::move(job), refused.id, how.call);
}
FOUNDRY_DECL boost::asio::awaitable<batch> batches::resubmit(batch const& refused) const
{
    return resubmit(refused, batch_options());
}

FOUNDRY_DECL boost::asio::awaitable<std::optional<batch>> batches::retry_failed(batch const& job,
                                                                                batch_options const& how) const
{
    return detail::retry_rows(state_, results(job, how.call), job.endpoint, job.input_file_id, how);
}
FOUNDRY_DECL boost::asio::awaitable<std::optional<batch>> batches::retry_failed(batch const& job) const
{
    return retry_failed(job, batch_options());
}

FOUNDRY_DECL boost::asio::awaitable<batch> batches::get(std::string_view id, call_options const& with) const
{
    return detail::fetch_batch(
        detail::prepare_stored(state_, id, detail::batch_route("GET", id), with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<batch> batches::get(std::string_view id) const { return get(id, call_options()); }

FOUNDRY_DECL async_generator<batch> batches::list(batch_query which, call_options with) const
{
    return detail::list_pages<batch>(state_, std::move(which), std::move(with), &detail::fetch_batches);
}
FOUNDRY_DECL async_generator<batch> batches::list(batch_query which) const
{
    return list(std::move(which), call_options());
}
FOUNDRY_DECL async_generator<batch> batches::list() const { return list(batch_query()); }

FOUNDRY_DECL boost::asio::awaitable<batch> batches::cancel(std::string_view id, call_options const& with) const
{
    return detail::fetch_batch(detail::prepare_stored(state_, id, detail::batch_route("POST", id).segment("cancel"),
                                                      with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<batch> batches::cancel(std::string_view id) const
{
    return cancel(id, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<batch>
batches::wait(std::string_view id, std::function<void(batch const&)> on_progress, wait_options const& how) const
{
    return detail::wait_for(state_, std::string(id), detail::batch_route("GET", id), how, detail::batch_polls,
                            std::move(on_progress));
}
FOUNDRY_DECL boost::asio::awaitable<batch> batches::wait(std::string_view id,
                                                         std::function<void(batch const&)> on_progress) const
{
    return wait(id, std::move(on_progress), wait_options());
}
FOUNDRY_DECL boost::asio::awaitable<batch> batches::wait(std::string_view id) const { return wait(id, {}); }

FOUNDRY_DECL async_generator<batch_row> batches::results(batch const& job, call_options with) const
{
    std::vector<std::string> ids;
    for (std::string const* id : {&job.output_file_id, &job.error_file_id}) {
        if (!id->empty())
            ids.push_back(*id);
    }
    return detail::read_results(state_, job.endpoint, std::move(ids), std::move(with));
}
FOUNDRY_DECL async_generator<batch_row> batches::results(batch const& job) const
{
    return results(job, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI
