// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/call.hpp>
#include <foundry/detail/call/client_state.hpp>
#include <foundry/detail/operations/fetch_response.hpp>
#include <foundry/detail/operations/response_stream_state.hpp>
#include <foundry/responses.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response_items> fetch_items(std::shared_ptr<pending_request> request)
{
    response_items reply;
    response_info info =
        co_await fetch_json(std::move(request), {&reply, &json::type_of<response_items>::value}, &reply.raw_storage());
    reply.set_info(std::move(info));
    co_return reply;
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<response> responses::create(response_request const& request,
                                                                call_options const& with) const
{
    return detail::fetch_response(detail::prepare_response(state_, request, with, false));
}
FOUNDRY_DECL boost::asio::awaitable<response> responses::create(response_request const& request) const
{
    return create(request, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<response_stream> responses::stream(response_request const& request,
                                                                       call_options const& with) const
{
    return detail::open_response_stream(detail::prepare_response(state_, request, with, true), with,
                                        request.background.value_or(false));
}
FOUNDRY_DECL boost::asio::awaitable<response_stream> responses::stream(response_request const& request) const
{
    return stream(request, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<response> responses::get(std::string_view id, call_options const& with) const
{
    return detail::fetch_response(
        detail::prepare_stored(state_, id, detail::response_route("GET", id), with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<response> responses::get(std::string_view id) const
{
    return get(id, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<response> responses::wait(std::string_view id, wait_options const& how) const
{
    return detail::wait_for(state_, std::string(id), detail::response_route("GET", id), how, detail::response_polls());
}
FOUNDRY_DECL boost::asio::awaitable<response> responses::wait(std::string_view id) const
{
    return wait(id, wait_options());
}

FOUNDRY_DECL boost::asio::awaitable<response_stream> responses::resume(std::string_view id, std::int64_t after,
                                                                       call_options const& with) const
{
    return detail::resume_response(state_, std::string(id), after, with);
}
FOUNDRY_DECL boost::asio::awaitable<response_stream> responses::resume(std::string_view id, std::int64_t after) const
{
    return resume(id, after, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<void> responses::remove(std::string_view id, call_options const& with) const
{
    return detail::fetch_nothing(
        detail::prepare_stored(state_, id, detail::response_route("DELETE", id), with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<void> responses::remove(std::string_view id) const
{
    return remove(id, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<response> responses::cancel(std::string_view id, call_options const& with) const
{
    return detail::fetch_response(detail::prepare_stored(
        state_, id, detail::response_route("POST", id).segment("cancel"), with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<response> responses::cancel(std::string_view id) const
{
    return cancel(id, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<response_items> responses::input_items(std::string_view id, item_query const& which,
                                                                           call_options const& with) const
{
    route list = detail::response_route("GET", id).segment("input_items");
    if (which.limit)
        list.query("limit", std::to_string(*which.limit));
    if (!which.order.empty())
        list.query("order", which.order);
    if (!which.after.empty())
        list.query("after", which.after);
    return detail::fetch_items(detail::prepare_stored(state_, id, list, with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<response_items> responses::input_items(std::string_view id,
                                                                           item_query const& which) const
{
    return input_items(id, which, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI
