// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/noted_scope.hpp>
#include <foundry/detail/base/random_fraction.hpp>
#include <foundry/detail/call/endpoint_selector.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/core/retry_budget.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <memory>

namespace foundry::inline FOUNDRY_ABI::detail {

inline char const* provider_name(api_form form)
{
    switch (form) {
    case api_form::models:
        return "azure.ai.inference";
    case api_form::openai_v1:
    case api_form::dated:
        return "azure.ai.openai";
    case api_form::compatible:
        break;
    }
    return "openai";
}

inline call_event describe(pending_request const& request, bool is_stream)
{
    foundry::endpoint const& endpoint = request.state->target.endpoint;
    std::string_view const name = request.what->telemetry_name;
    call_event e;
    e.operation = request.path;
    e.operation_name = name.empty() ? request.path : std::string(name);
    e.model = request.deployment;
    e.provider = provider_name(endpoint.form());
    e.endpoint = endpoint.url();
    e.server_address = endpoint.host();
    e.server_port = endpoint.port();
    e.stream = is_stream;
    e.client_request_id = request.client_request_id;
    e.traceparent = request.traceparent;
    return e;
}

/// Hands the open stream over, with a limit of its own.
inline void begin_stream(pending_request const& request, retry_budget const& requests, open_response& response)
{
    auto const total = request.timeouts.stream_total;
    response.exchange->limits().set_total(total.count() > 0 ? requests.begun() + total : http::never, total, true);
    response.failed_attempts = requests.failed();
    response.waited = requests.waited();
    response.attempt_begun = requests.attempt_begun();
}

/// The error with what the response says that it came in, if there was one.
inline error complete_error(error const& e, open_response const& response, std::string_view body)
{
    return response.info.status() != 0 ? in_answer(e, response.info, body) : e;
}

/// What an observer is told of a failure of the program's own.
inline boost::system::error_code code_of(http::body_failure const& failed)
{
    try {
        std::rethrow_exception(failed.cause);
    } catch (boost::system::system_error const& e) {
        return e.code();
    } catch (...) {
        return make_error_code(failed.code);
    }
}

/// The wait before the next attempt; 0 if the call moves, for then find_endpoint() waits.
///
/// @throws foundry::error the given one, with all attempts, if there is to be no other.
inline std::chrono::milliseconds wait_after(error const& failed, pending_request const& request,
                                            endpoint_selector* endpoints, retry_budget& requests, bool can_repeat)
{
    http::clock::time_point const now = http::clock::now();
    requests.set_endpoint(request.state->target.endpoint.url());
    if (endpoints == nullptr)
        return requests.wait_after(failed, now, random_fraction(), can_repeat);
    failover_step const step = endpoints->fail(failed, now);
    if (step == failover_step::stop || step == failover_step::stop_and_cool)
        requests.give_up(failed, now);
    bool const comes_back = requests.move_after(failed, now, random_fraction(), can_repeat);
    if ((step == failover_step::move || !comes_back) && !endpoints->leave())
        throw failed.with_attempts(requests.failed());
    return {};
}

/// A pause that the end of the client ends, too.
inline FOUNDRY_CORO boost::asio::awaitable<void> pause_for(std::chrono::milliseconds time, running_call& call)
{
    boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor, time);
    noted_scope const waits(&call.wait, pause);
    try {
        co_await pause.async_wait(boost::asio::deferred);
    } catch (boost::system::system_error const&) {
        call.check(); // the end of the client has ended the wait
        throw;
    }
}

/// Takes an endpoint for the next attempt; waits if none takes calls.
///
/// @throws foundry::error if that is longer than the call can wait.
inline FOUNDRY_CORO boost::asio::awaitable<void> find_endpoint(pending_request const& request,
                                                               endpoint_selector& endpoints, retry_budget& requests,
                                                               open_response& response)
{
    http::clock::time_point const begun = http::clock::now();
    auto const longest = (std::max)(request.retry.max_server_wait, request.state->settings.failover.max_cooling);
    for (http::clock::time_point now = begun;; now = http::clock::now()) {
        auto wait = std::chrono::ceil<std::chrono::milliseconds>(endpoints.take(now, requests.has_more()));
        if (now == begun && !requests.failed().empty()) {
            requests.tell(wait);
            if (response.observer)
                response.observer->on_wait(wait);
        }
        if (wait.count() == 0)
            break;
        if (now + wait >= requests.end() || now + wait > begun + longest) {
            error const failed = endpoints.unavailable(wait).with_attempts(requests.failed());
            if (response.observer)
                response.observer->on_failure(failed.code());
            throw failed;
        }
        wait += std::chrono::milliseconds(static_cast<int>(10 * random_fraction())); // not all calls at once
        co_await pause_for(wait, response.call);
    }
    http::clock::time_point const now = http::clock::now();
    requests.note_wait(std::chrono::duration_cast<std::chrono::milliseconds>(now - begun), now);
    if (response.observer)
        response.observer->move_to(describe(request, response.is_stream));
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> send_with_retries(pending_request& request, response_sink* body,
                                                                         open_response& response)
{
    response.is_stream = body == nullptr;
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    response.call.begin(request.state->target.calls, executor, request.is_round);
    noted_scope const runs(request.outer != nullptr ? &request.outer->part : nullptr, response.call);
    if (request.state->settings.observer)
        response.observer.reset(
            new call_observer(request.state->settings.observer, describe(request, response.is_stream)));
    if (!request.rewind()) {
        throw error(errc::invalid_argument,
                    "the source of this request has been read and cannot go back to its beginning; pass a new one");
    }
    std::unique_ptr<endpoint_selector> endpoints;
    if (request.moves && !request.validation_error)
        endpoints.reset(new endpoint_selector(request));
    for (retry_budget requests(request.retry, request.timeouts.total, http::clock::now(), request.is_safe);;) {
        std::chrono::milliseconds wait{0};
        if (endpoints)
            co_await find_endpoint(request, *endpoints, requests, response);
        bool has_body_begun = false;
        try {
            co_await send_once(request, requests.end(), response);
            if (response.is_stream) {
                begin_stream(request, requests, response);
                if (endpoints)
                    endpoints->succeed();
                co_return;
            }
            body->start(request, response.info);
            has_body_begun = true;
            response.exchange->deliver_to(*body, request.body_limit(), body->progress());
            for (bool more = true; more;) {
                more = co_await response.exchange->read_more();
                if (body->must_flush())
                    co_await body->flush();
            }
            response.exchange->finish();
            body->finish(request, response.info);
            if (endpoints)
                endpoints->succeed();
            if (response.observer)
                response.observer->on_end();
            co_return;
        } catch (error const& e) {
            response.call.exchange = nullptr;
            response.exchange.reset();
            if (response.observer)
                response.observer->on_failure(e.code());
            response.call.check();
            bool const can_repeat = request.rewind() && (!has_body_begun || body->rewind());
            wait = wait_after(complete_error(e, response, has_body_begun ? body->text() : std::string_view()), request,
                              endpoints.get(), requests, can_repeat);
            if (response.observer && !endpoints)
                response.observer->on_wait(wait);
        } catch (boost::system::system_error const&) {
            response.call.check(); // the end of the client has ended a wait
            throw;
        } catch (http::body_failure const& e) {
            response.call.check();
            if (response.observer)
                response.observer->on_failure(code_of(e));
            std::rethrow_exception(e.cause);
        }
        if (!endpoints)
            co_await pause_for(wait, response.call);
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail
