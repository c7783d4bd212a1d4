// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/base/noted_scope.hpp>
#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/request_builder.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/detail/operations/fetch_response.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

inline void check_response_request(response_request const& request)
{
    bool const has_input = !std::holds_alternative<std::monostate>(request.input);
    if (!has_input && !request.prompt && !request.previous_response_id &&
        std::holds_alternative<std::monostate>(request.conversation))
        throw error(errc::invalid_argument, "input is not set; say what the model is asked");
    auto const* const stream = request.extra.if_contains("stream");
    if (stream != nullptr && *stream != false)
        throw error(errc::invalid_argument, "extra must not hold stream; call stream() instead");
}

inline void check_streamed_request(response_request const& request)
{
    check_response_request(request);
    if (request.extra.contains("stream"))
        throw error(errc::invalid_argument, "extra must not hold stream; stream() sets it");
}

FOUNDRY_DECL std::shared_ptr<pending_request> prepare_response(std::shared_ptr<client_state> state,
                                                               response_request const& request,
                                                               call_options const& with, bool is_stream)
{
    return std::make_shared<pending_request>(prepare(std::move(state), operations::responses, request, with,
                                                     is_stream ? &check_streamed_request : &check_response_request,
                                                     is_stream ? "\"stream\":true," : ""));
}

FOUNDRY_DECL std::shared_ptr<pending_request> prepare_stored(std::shared_ptr<client_state> state, std::string_view id,
                                                             route const& below, call_options const& with,
                                                             response_form form)
{
    std::shared_ptr<pending_request> request = prepare_call(std::move(state), below, with, form);
    if (id.empty() && !request->validation_error)
        request->validation_error =
            std::make_exception_ptr(error(errc::invalid_argument, "the id is empty; pass that of a response"));
    return request;
}

FOUNDRY_DECL void normalize_usage(response& reply)
{
    if (!reply.usage)
        return;
    response_usage& usage = *reply.usage;
    json::reader reader;
    auto const* const input = usage.extra.if_contains("input_token_details");
    if (input != nullptr && reader.read(usage.input_tokens_details, json::to_text(*input)))
        usage.extra.erase("input_token_details");
    auto const* const output = usage.extra.if_contains("output_token_details");
    if (output != nullptr && reader.read(usage.output_tokens_details, json::to_text(*output)))
        usage.extra.erase("output_token_details");
}

class response_object_sink final : public json_sink
{
public:
    explicit response_object_sink(response& reply)
        : json_sink({&reply, &json::type_of<response>::value}, &reply.raw_storage()),
          reply_(reply)
    {}

private:
    std::string missing() const override { return reply_.id.empty() ? "the answer has no id" : ""; }

    response const& reply_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response> fetch_response(std::shared_ptr<pending_request> request)
{
    response reply;
    response_object_sink body(reply);
    open_response head;
    co_await send_with_retries(*request, &body, head);
    if (head.observer)
        head.observer->note_json(body.text());
    normalize_usage(reply);
    reply.set_info(std::move(head.info));
    co_return reply;
}

FOUNDRY_DECL void limit_total(call_options& with, std::chrono::steady_clock::time_point end)
{
    if (end == (std::chrono::steady_clock::time_point::max)())
        return;
    std::chrono::milliseconds const rest =
        std::max(std::chrono::milliseconds(1),
                 std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()));
    bool const is_shorter = with.timeouts.total && with.timeouts.total->count() > 0 && *with.timeouts.total < rest;
    if (!is_shorter)
        with.timeouts.total = rest;
    with.timeouts.stream_total = rest;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response> wait_for_response(running_call& call,
                                                                             std::shared_ptr<client_state> state,
                                                                             std::string id, call_options with,
                                                                             poll_times times)
{
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    noted_scope const waits(&call.wait, timer);
    route const get = response_route("GET", id);
    constexpr std::chrono::milliseconds shortest(1);
    std::chrono::milliseconds wait = std::max(shortest, bounded(times.interval));
    for (;;) {
        limit_total(with, times.end);
        std::shared_ptr<pending_request> request = prepare_stored(state, id, get, with, response_form::json);
        request->is_round = true;
        request->outer = &call;
        response reply = co_await fetch_response(std::move(request));
        if (reply.status != response_status::queued && reply.status != response_status::in_progress)
            co_return reply;
        std::chrono::milliseconds const asked = reply.info().retry_after().value_or(wait);
        timer.expires_after(std::max(wait, std::min(asked, bounded(state->settings.retry.max_server_wait))));
        if (timer.expiry() >= times.end)
            throw error(errc::total_timeout, "the response is still being made; wait for it by its id");
        co_await timer.async_wait(boost::asio::deferred);
        wait = std::max(shortest, std::min(wait + std::max(wait / 2, shortest), bounded(times.max_interval)));
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail
