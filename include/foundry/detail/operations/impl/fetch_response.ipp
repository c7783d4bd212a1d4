// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/request_builder.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/detail/operations/fetch_object.hpp>
#include <foundry/detail/operations/fetch_response.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL void check_response_request(response_request const& request)
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

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response> fetch_response(std::shared_ptr<pending_request> request)
{
    response reply;
    object_sink<response> body(reply);
    open_response head;
    co_await send_with_retries(*request, &body, head);
    if (head.observer)
        head.observer->note_json(body.text());
    normalize_usage(reply);
    reply.set_info(std::move(head.info));
    co_return reply;
}

inline bool is_being_made(response const& one)
{
    return one.status == response_status::queued || one.status == response_status::in_progress;
}

FOUNDRY_DECL poll_rules<response> const& response_polls()
{
    static constexpr poll_rules<response> rules{&fetch_response, &is_being_made,
                                                "the response is still being made; wait for it by its id"};
    return rules;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
