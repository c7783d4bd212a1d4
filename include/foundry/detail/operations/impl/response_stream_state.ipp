// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/noted_scope.hpp>
#include <foundry/detail/base/random_fraction.hpp>
#include <foundry/detail/call/event_rules.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/operations/fetch_response.hpp>
#include <foundry/detail/operations/response_stream_state.hpp>
#include <foundry/error.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL event_numbers::verdict event_numbers::check(std::optional<std::int64_t> number) const
{
    if (!is_numbered_ || !number || last_ < 0 || is_always_zero(*number))
        return verdict::next;
    if (*number <= last_)
        return verdict::repeated;
    return *number == last_ + 1 ? verdict::next : verdict::early;
}

FOUNDRY_DECL void event_numbers::take(std::optional<std::int64_t> number)
{
    if (number && !is_always_zero(*number))
        last_ = *number;
    else if (number || last_ < 0)
        ignore();
}

/// Azure's names of some types. Source: `OpenAI.ResponseStreamEventType` (v1).
inline constexpr std::pair<std::string_view, response_event_type> azure_event_types[] = {
    {"response.mcp_call.arguments_delta", response_event_type::mcp_call_arguments_delta},
    {"response.mcp_call.arguments_done", response_event_type::mcp_call_arguments_done},
    {"response.reasoning.delta", response_event_type::reasoning_text_delta},
    {"response.reasoning.done", response_event_type::reasoning_text_done},
    {"response.reasoning_summary.delta", response_event_type::reasoning_summary_text_delta},
    {"response.reasoning_summary.done", response_event_type::reasoning_summary_text_done},
    {"response.audio_transcript.delta", response_event_type::audio_transcript_delta},
    {"response.audio_transcript.done", response_event_type::audio_transcript_done},
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void>
response_stream_state::open(std::shared_ptr<pending_request> request)
{
    events_ = co_await open_events(std::move(request));
}

FOUNDRY_DECL void response_stream_state::resume_at(resume_point point, std::int64_t last,
                                                   boost::asio::any_io_executor const& executor)
{
    call_.begin(point.state->target.calls, executor);
    point_.emplace(std::move(point));
    numbers_ = event_numbers(last);
}

FOUNDRY_DECL void response_stream_state::end() noexcept
{
    is_over_ = true;
    has_value_ = false;
    events_.close();
    if (call_.wait != nullptr)
        call_.wait->cancel();
    if (call_.part != nullptr)
        call_.part->end();
    call_.finish();
}

/// Whether the event, which has been read into `value_`, follows the last one.
FOUNDRY_DECL bool response_stream_state::is_next(raw_event const& event)
{
    bool const is_last =
        value_.type == response_event_type::completed || value_.type == response_event_type::incomplete;
    if (value_.type == response_event_type::created && numbers_.last() == 0)
        return false;
    switch (numbers_.check(value_.sequence_number)) {
    case event_numbers::verdict::repeated:
        if (is_last)
            break;
        if (point_ || value_.sequence_number != numbers_.last() || value_.raw() == event.data)
            return false;
        numbers_.ignore(); // the service gives all events this number
        break;
    case event_numbers::verdict::early:
        if (!point_)
            numbers_.ignore(); // the missing ones may follow
        else if (!point_->id.empty() && point_->with.resumes != 0 && !std::exchange(has_gap_, true))
            throw error(errc::stream_truncated, "events of the stream are missing");
        has_gap_ = false; // the service does not have them
        break;
    case event_numbers::verdict::next:
        has_gap_ = has_gap_ && !value_.sequence_number;
        break;
    }
    return true;
}

FOUNDRY_DECL bool response_stream_state::take(raw_event const& event)
{
    http::event plain;
    plain.type = event.event;
    plain.data = event.data;
    if (is_keep_alive(plain) && !event.data.starts_with('{'))
        return false;
    if (!reader_.read(value_, event.data)) {
        throw error(errc::unexpected_reply,
                    "an event of the stream is not of the expected shape: " + reader_.problem());
    }
    if (value_.type.name().empty()) {
        value_.type.assign(event.event);
        reader_.forget();
    }
    for (auto const& [name, type] : azure_event_types) {
        if (value_.type.name() == name)
            value_.type = type;
    }
    if (!is_next(event))
        return false;
    value_.raw_storage() = event.data;
    bool const is_alive_only = is_keep_alive_name(value_.type.name());
    if (value_.sequence_number || !is_alive_only)
        numbers_.take(value_.sequence_number);
    if (!is_alive_only)
        resumed_ = 0;
    if (value_.response) {
        reader_.forget();
        normalize_usage(*value_.response);
        value_.response->set_info(events_.info());
        if (point_ && point_->id.empty())
            point_->id = value_.response->id;
    }
    if (value_.type == response_event_type::failed)
        throw in_answer(error(errc::service_error, "the response failed; the service gives no reason"), info(), {});
    is_over_ = value_.type == response_event_type::completed || value_.type == response_event_type::incomplete;
    if (is_over_)
        call_.finish();
    return true;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response_event const*> read_event(response_stream_state* state)
{
    if (state == nullptr)
        co_return nullptr;
    response_stream_state& stream = *state;
    while (!std::exchange(stream.has_value_, false)) {
        std::optional<error> broken;
        try {
            raw_event const* const event = co_await stream.events_.read();
            if (event == nullptr && stream.is_over_)
                co_return nullptr;
            if (event == nullptr)
                stream.throw_truncated();
            if (stream.take(*event))
                break;
            continue;
        } catch (error const& e) {
            if (stream.is_over_ || !stream.can_resume(e)) {
                stream.end();
                throw;
            }
            broken.emplace(e);
        } catch (...) {
            stream.end();
            throw;
        }
        stream.events_.close();
        try {
            co_await stream.replace_connection(*broken);
        } catch (boost::system::system_error const&) {
            if (stream.is_over_)
                co_return nullptr; // closed
            stream.end();
            stream.call_.check(); // the end of the client has ended a wait
            throw;
        }
    }
    co_return &stream.value_;
}

FOUNDRY_DECL void response_stream_state::throw_truncated() const
{
    throw in_answer(
        error(errc::stream_truncated, "the stream ended without its last event; what arrived until then was delivered"),
        info(), {});
}

/// Whether the connection, and not the response, has come to its end.
FOUNDRY_DECL bool response_stream_state::can_resume(error const& broken) const
{
    static constexpr errc of_connection[] = {
        errc::stream_truncated,   errc::silence_timeout, errc::stall_timeout,
        errc::first_byte_timeout, errc::connection_lost, errc::resolve_failed,
        errc::connect_failed,     errc::connect_timeout, errc::tls_timeout,
    };
    if (!point_ || point_->id.empty())
        return false;
    bool const is_passing = broken.code() == errc::rate_limited || broken.code() == errc::service_error;
    return (is_passing && broken.status() >= 400) ||
           std::any_of(std::begin(of_connection), std::end(of_connection), [&](errc e) { return broken.code() == e; });
}

FOUNDRY_DECL std::chrono::milliseconds response_stream_state::wait_after(error const& broken)
{
    retry_options numbers = point_->retry;
    numbers.max_retries = point_->with.resumes;
    attempt failed;
    failed.code = broken.code();
    failed.retry_after = broken.retry_after();
    failed.should_retry = true;
    std::optional<std::chrono::milliseconds> wait =
        default_retry_policy(numbers).decide(failed, resumed_, random_fraction());
    if (wait && resumed_ == 0 && !failed.retry_after)
        wait = std::chrono::milliseconds(0);
    ++resumed_;
    if (wait && std::chrono::steady_clock::now() + *wait < point_->end)
        return *wait;
    failure f = broken.details();
    f.advice = "the response goes on; responses::resume(\"" + point_->id + "\", " +
               std::to_string(numbers_.last().value_or(-1)) + ") takes it up again";
    throw error(broken.code(), std::move(f));
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> response_stream_state::replace_connection(error broken)
{
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    for (;;) {
        timer.expires_after(wait_after(broken));
        {
            noted_scope const waits(&call_.wait, timer);
            co_await timer.async_wait(boost::asio::deferred);
        }
        try {
            // A stream that ended at once may be that of a response that has ended.
            bool is_over = resumed_ > 1 && broken.code() == errc::stream_truncated;
            if (is_over)
                is_over = co_await has_ended();
            if (is_over)
                co_return;
            co_await reopen();
            co_return;
        } catch (error const& e) {
            if (!can_resume(e))
                throw;
            broken = e;
        }
    }
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> response_stream_state::take_up()
{
    std::optional<error> failed;
    try {
        co_await reopen();
        co_return;
    } catch (error const& e) {
        if (!can_resume(e))
            throw;
        failed.emplace(e);
    } catch (boost::system::system_error const&) {
        call_.check(); // the end of the client has ended a wait
        throw;
    }
    co_await replace_connection(*failed);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> response_stream_state::reopen()
{
    std::optional<std::int64_t> const last = numbers_.last();
    if (last) {
        route get = response_route("GET", point_->id).query("stream", "true");
        if (*last >= 0)
            get.query("starting_after", std::to_string(*last));
        call_options with = point_->with;
        with.retry.max_retries = 0; // replace_connection() counts
        limit_total(with, point_->end);
        std::shared_ptr<pending_request> request =
            prepare_stored(point_->state, point_->id, get, with, response_form::events);
        request->is_round = true;
        request->outer = &call_;
        try {
            event_stream again = co_await open_events(std::move(request));
            events_ = std::move(again);
            if (is_over_)
                events_.close();
            co_return;
        } catch (error const& e) {
            if (e.code() != errc::bad_request)
                throw;
        }
    }
    co_await wait_for_end();
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> response_stream_state::wait_for_end()
{
    wait_options how;
    how.call = point_->with;
    route get = response_route("GET", point_->id);
    response const ended =
        co_await poll(call_, point_->state, point_->id, std::move(get), std::move(how), point_->end, response_polls());
    make_last_event(ended);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<bool> response_stream_state::has_ended()
{
    call_options with = point_->with;
    limit_total(with, point_->end);
    std::shared_ptr<pending_request> request =
        prepare_stored(point_->state, point_->id, response_route("GET", point_->id), with, response_form::json);
    request->is_round = true;
    request->outer = &call_;
    response const now = co_await fetch_response(std::move(request));
    bool const is_made = now.status == response_status::queued || now.status == response_status::in_progress;
    if (!is_made)
        make_last_event(now);
    co_return !is_made;
}

FOUNDRY_DECL void response_stream_state::make_last_event(response const& ended)
{
    if (is_over_)
        return; // closed
    raw_event last;
    last.event = "response." + std::string(ended.status.name());
    last.data = "{\"type\":\"" + last.event + "\",\"response\":" + ended.raw() + "}";
    std::shared_ptr<pending_request> const request =
        prepare_stored(point_->state, point_->id, response_route("GET", point_->id), point_->with, response_form::json);
    throw_service_error_in(last.data, request->context(), ended.info(), last.event);
    if (ended.status == response_status::cancelled)
        throw in_answer(error(errc::service_error, "the response was cancelled"), ended.info(), {});
    take(last);
    value_.response->set_info(ended.info());
    has_value_ = true;
    is_over_ = true;
    call_.finish();
}

inline resume_point resume_point_of(pending_request const& request, call_options with, std::string id)
{
    resume_point point;
    point.state = request.state;
    point.with = std::move(with);
    point.retry = request.retry;
    point.id = std::move(id);
    if (request.timeouts.stream_total.count() > 0)
        point.end = std::chrono::steady_clock::now() + request.timeouts.stream_total;
    return point;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response_stream>
open_response_stream(std::shared_ptr<pending_request> request, call_options with, bool is_in_background)
{
    auto state = std::make_unique<response_stream_state>();
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    if (is_in_background) {
        state->resume_at(resume_point_of(*request, std::move(with), {}), -1, executor);
        request->is_round = true;
    }
    co_await state->open(std::move(request));
    co_return response_stream(std::move(state));
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response_stream>
resume_response(std::shared_ptr<client_state> client, std::string id, std::int64_t after, call_options with)
{
    auto state = std::make_unique<response_stream_state>();
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    std::shared_ptr<pending_request> const request =
        prepare_stored(std::move(client), id, response_route("GET", id), with, response_form::events);
    if (request->validation_error)
        std::rethrow_exception(request->validation_error);
    state->resume_at(resume_point_of(*request, std::move(with), std::move(id)), after, executor);
    co_await state->take_up();
    co_return response_stream(std::move(state));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
