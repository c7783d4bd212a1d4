// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/call.hpp>
#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/request_builder.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/responses.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

inline void check_response_request(response_request const& request)
{
    bool const has_input = !std::holds_alternative<std::monostate>(request.input);
    if (!has_input && !request.prompt && !request.previous_response_id &&
        std::holds_alternative<std::monostate>(request.conversation))
        throw error(errc::invalid_argument, "input is not set; say what the model is asked");
}

/// Moves `input_token_details`, as a Foundry project writes it.
inline void take_token_details(response_usage& usage)
{
    auto const* const found = usage.extra.if_contains("input_token_details");
    if (found != nullptr && json::reader{}.read(usage.input_tokens_details, json::to_text(*found)))
        usage.extra.erase("input_token_details");
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
    if (reply.usage)
        take_token_details(*reply.usage);
    reply.set_info(std::move(head.info));
    co_return reply;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response_items> fetch_items(std::shared_ptr<pending_request> request)
{
    response_items reply;
    response_info info =
        co_await fetch_json(std::move(request), {&reply, &json::type_of<response_items>::value}, &reply.raw_storage());
    reply.set_info(std::move(info));
    co_return reply;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> delete_response(std::shared_ptr<pending_request> request)
{
    boost::json::value said;
    co_await fetch_json(std::move(request), {&said, &json::type_of<boost::json::value>::value}, nullptr);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response_stream>
open_response_stream(std::shared_ptr<pending_request> request)
{
    event_stream events = co_await open_events(std::move(request));
    co_return response_stream(std::move(events));
}

/// A request, checked and serialised.
inline std::shared_ptr<pending_request> prepare_response(std::shared_ptr<client_state> state,
                                                         response_request const& request, call_options const& with,
                                                         std::string_view leading_members)
{
    return std::make_shared<pending_request>(
        prepare(std::move(state), operations::responses, request, with, &check_response_request, leading_members));
}

/// `responses/{id}`.
inline route response_route(std::string_view verb, std::string_view id)
{
    return route{verb, operations::responses.path}.segment(id);
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<response> responses::create(response_request const& request,
                                                                call_options const& with) const
{
    return detail::fetch_response(detail::prepare_response(state_, request, with, {}));
}
FOUNDRY_DECL boost::asio::awaitable<response> responses::create(response_request const& request) const
{
    return create(request, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<response_stream> responses::stream(response_request const& request,
                                                                       call_options const& with) const
{
    return detail::open_response_stream(detail::prepare_response(state_, request, with, "\"stream\":true,"));
}
FOUNDRY_DECL boost::asio::awaitable<response_stream> responses::stream(response_request const& request) const
{
    return stream(request, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<response> responses::get(std::string_view id, call_options const& with) const
{
    return detail::fetch_response(
        detail::prepare_call(state_, detail::response_route("GET", id), with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<response> responses::get(std::string_view id) const
{
    return get(id, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<void> responses::remove(std::string_view id, call_options const& with) const
{
    return detail::delete_response(
        detail::prepare_call(state_, detail::response_route("DELETE", id), with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<void> responses::remove(std::string_view id) const
{
    return remove(id, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<response> responses::cancel(std::string_view id, call_options const& with) const
{
    return detail::fetch_response(detail::prepare_call(state_, detail::response_route("POST", id).segment("cancel"),
                                                       with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<response> responses::cancel(std::string_view id) const
{
    return cancel(id, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<response_items> responses::input_items(std::string_view id, item_page const& which,
                                                                           call_options const& with) const
{
    route list = detail::response_route("GET", id).segment("input_items");
    if (which.limit)
        list.query("limit", std::to_string(*which.limit));
    if (!which.order.empty())
        list.query("order", which.order);
    if (!which.after.empty())
        list.query("after", which.after);
    return detail::fetch_items(detail::prepare_call(state_, list, with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<response_items> responses::input_items(std::string_view id,
                                                                           item_page const& which) const
{
    return input_items(id, which, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI
