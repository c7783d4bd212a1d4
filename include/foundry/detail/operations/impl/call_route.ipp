// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/request_builder.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/detail/operations/call_route.hpp>
#include <foundry/detail/operations/event_stream_state.hpp>

#include <boost/json/value.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

inline std::string_view accepted_type(response_form form)
{
    switch (form) {
    case response_form::json:
        return "application/json";
    case response_form::events:
        return "text/event-stream";
    case response_form::bytes:
        break;
    }
    return "*/*";
}

/// An error found here is kept for the coroutine to throw.
inline std::shared_ptr<pending_request> prepare_route(std::shared_ptr<client_state> state, foundry::route const& route,
                                                      call_options const& with, response_form form, request_spec spec)
{
    auto request = std::make_shared<pending_request>(std::move(state), find_operation(route.path()), route.path());
    try {
        spec.verb = route.verb();
        spec.query = route.query();
        spec.accept = accepted_type(form);
        spec.deployment = route.deployment();
        spec.skip_route_check = route.skips_route_check();
        build_request(*request, std::move(spec), with);
    } catch (...) {
        request->validation_error = std::current_exception();
    }
    return request;
}

FOUNDRY_DECL std::shared_ptr<pending_request> prepare_call(std::shared_ptr<client_state> state,
                                                           foundry::route const& route, call_options const& with,
                                                           response_form form, json::const_object_ref body)
{
    request_spec spec;
    spec.json = body;
    return prepare_route(std::move(state), route, with, form, std::move(spec));
}

FOUNDRY_DECL std::shared_ptr<pending_request> prepare_call(std::shared_ptr<client_state> state,
                                                           foundry::route const& route, call_options const& with,
                                                           response_form form, http::request_body body)
{
    request_spec spec;
    spec.content_type = body.content_type;
    spec.bytes = std::move(body.bytes);
    spec.source = std::move(body.source);
    return prepare_route(std::move(state), route, with, form, std::move(spec));
}

FOUNDRY_DECL std::shared_ptr<pending_request> prepare_stored(std::shared_ptr<client_state> state, std::string_view id,
                                                             foundry::route const& below, call_options const& with,
                                                             response_form form)
{
    std::shared_ptr<pending_request> request = prepare_call(std::move(state), below, with, form);
    if (id.empty() && !request->validation_error)
        request->validation_error = std::make_exception_ptr(
            error(errc::invalid_argument, "the id is empty; pass the one that the service gave"));
    return request;
}

class value_sink final : public json_sink
{
public:
    using json_sink::json_sink;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response_info> fetch_json(std::shared_ptr<pending_request> request,
                                                                           json::object_ref into, std::string* raw)
{
    std::string text;
    value_sink body(into, raw != nullptr ? raw : &text, json::reading::created);
    open_response response;
    co_await send_with_retries(*request, &body, response);
    if (response.observer)
        response.observer->note_json(body.text());
    co_return std::move(response.info);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> fetch_nothing(std::shared_ptr<pending_request> request)
{
    boost::json::value said;
    co_await fetch_json(std::move(request), {&said, &json::type_of<boost::json::value>::value}, nullptr);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<event_stream> open_events(std::shared_ptr<pending_request> request)
{
    open_response response;
    co_await send_with_retries(*request, nullptr, response);
    co_return event_stream(std::make_unique<event_stream_state>(std::move(*request), std::move(response)));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
