// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/detail/operations/call_route.hpp>
#include <foundry/event_stream.hpp>
#include <foundry/route.hpp>

#include <concepts>

/// Any route of the service, with the client's credential, errors and limits. Include this header to use `client::call`.
///
///     auto file = co_await client.call<stored_file>(foundry::route{"POST", "files"}, form);
///     auto text = co_await client.call<foundry::binary_content>(foundry::route{"GET", "files"}.segment(file.id).segment("content"));
///
/// The type that is asked for decides how the response is read: a described class (here `stored_file`) or `boost::json::value` from
/// JSON, `binary_content` as bytes, `event_stream` as server-sent events. The body of a request is JSON (a described class,
/// `boost::json::value` or `boost::json::object`), a `multipart` form, or nothing.
///
/// A route that the library knows, such as `chat/completions`, works as the functions of `client` do: it has a default model, extra
/// parameters are detected, a response with status 200 that is an error is thrown, and the observer is told the usage.
namespace foundry::inline FOUNDRY_ABI {

/// A response that is not JSON: a file, speech, an image.
struct binary_content : answer
{
    binary_content() = default;

    std::string_view content_type() const noexcept { return info().header("content-type"); }

    std::string bytes; ///< At most `options.limits.body`.
};

namespace detail {

FOUNDRY_DECL boost::asio::awaitable<binary_content> fetch_bytes(std::shared_ptr<pending_request> request);

template <class Answer>
FOUNDRY_CORO boost::asio::awaitable<Answer> fetch_json_as(std::shared_ptr<pending_request> request)
{
    Answer reply;
    json::object_ref const into{&reply, &json::type_of<Answer>::value};
    if constexpr (std::derived_from<Answer, answer>) {
        response_info info = co_await fetch_json(std::move(request), into, &reply.raw_storage());
        reply.set_info(std::move(info));
    } else {
        co_await fetch_json(std::move(request), into, nullptr);
    }
    co_return reply;
}

template <class Answer>
constexpr response_form form_of = std::same_as<Answer, binary_content> ? response_form::bytes
                                  : std::same_as<Answer, event_stream> ? response_form::events
                                                                       : response_form::json;

template <class Answer>
boost::asio::awaitable<Answer> run_call(std::shared_ptr<pending_request> request)
{
    if constexpr (form_of<Answer> == response_form::bytes)
        return fetch_bytes(std::move(request));
    else if constexpr (form_of<Answer> == response_form::events)
        return open_events(std::move(request));
    else
        return fetch_json_as<Answer>(std::move(request));
}

} // namespace detail

template <class Answer>
boost::asio::awaitable<Answer> basic_client::call(foundry::route const& route, call_options const& with) const
{
    return detail::run_call<Answer>(detail::prepare_call(state_, route, with, detail::form_of<Answer>));
}

template <class Answer>
boost::asio::awaitable<Answer> basic_client::call(foundry::route const& route) const
{
    return call<Answer>(route, call_options());
}

template <class Answer, class Body>
boost::asio::awaitable<Answer> basic_client::call(foundry::route const& route, Body const& body,
                                                  call_options const& with) const
{
    if constexpr (std::same_as<Body, multipart>) {
        return detail::run_call<Answer>(
            detail::prepare_call(state_, route, with, detail::form_of<Answer>, body.as_request()));
    } else {
        json::const_object_ref const value{&body, &json::type_of<Body>::value};
        return detail::run_call<Answer>(detail::prepare_call(state_, route, with, detail::form_of<Answer>, value));
    }
}

template <class Answer>
boost::asio::awaitable<Answer> basic_client::call(foundry::route const& route, multipart&& form,
                                                  call_options const& with) const
{
    return detail::run_call<Answer>(
        detail::prepare_call(state_, route, with, detail::form_of<Answer>, std::move(form).as_request()));
}

template <class Answer>
boost::asio::awaitable<Answer> basic_client::call(foundry::route const& route, multipart&& form) const
{
    return call<Answer>(route, std::move(form), call_options());
}

template <class Answer, class Body>
boost::asio::awaitable<Answer> basic_client::call(foundry::route const& route, Body const& body) const
{
    if constexpr (std::same_as<Body, call_options>)
        return call<Answer>(route, body);
    else
        return call<Answer>(route, body, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/call.ipp>
#endif
