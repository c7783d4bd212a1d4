// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/request_builder.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/core/url.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/detail/operations/call_route.hpp>
#include <foundry/detail/operations/fetch_object.hpp>
#include <foundry/models.hpp>

#include <mutex>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// By deployment.
struct model_info_cache
{
    static constexpr std::size_t max_size = 256;

    std::vector<std::pair<std::string, std::shared_ptr<model_info const>>> entries;
};

inline std::shared_ptr<model_info const> find_model_info(client_state& state, std::string const& name)
{
    std::lock_guard const lock(state.mutex);
    if (!state.model_info)
        return nullptr;
    for (auto const& [known, info] : state.model_info->entries) {
        if (known == name)
            return info;
    }
    return nullptr;
}

inline void remember_model_info(client_state& state, std::string const& name, model_info const& info)
{
    std::shared_ptr<model_info const> kept(new model_info(info));
    std::lock_guard const lock(state.mutex);
    if (!state.model_info)
        state.model_info.reset(new model_info_cache);
    if (state.model_info->entries.size() < model_info_cache::max_size)
        state.model_info->entries.emplace_back(name, std::move(kept));
}

class model_info_sink final : public json_sink
{
public:
    explicit model_info_sink(model_info& reply)
        : json_sink({&reply, &json::type_of<model_info>::value}, &reply.raw_storage()),
          reply_(reply)
    {}

private:
    std::string missing() const override { return reply_.model_name.empty() ? "the answer names no model" : ""; }

    model_info const& reply_;
};

FOUNDRY_DECL pending_request prepare_model_info(std::shared_ptr<client_state> state, std::string_view model,
                                                call_options const& with)
{
    pending_request request(std::move(state), operations::model_info, operations::model_info.path);
    try {
        std::string const name(model.empty() ? default_deployment(*request.state, operations::chat) : model);
        std::string const query = name.empty() ? std::string() : "model=" + http::percent_encode_query(name);
        request_spec spec;
        spec.verb = operations::model_info.verb;
        spec.query = query;
        spec.deployment = name;
        build_request(request, std::move(spec), with);
    } catch (...) {
        request.validation_error = std::current_exception();
    }
    return request;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<model_info> fetch_model_info(pending_request request)
{
    if (std::shared_ptr<model_info const> const known = find_model_info(*request.state, request.deployment))
        co_return *known;
    model_info reply;
    model_info_sink body(reply);
    open_response response;
    co_await send_with_retries(request, &body, response);
    reply.set_info(std::move(response.info));
    remember_model_info(*request.state, request.deployment, reply);
    co_return reply;
}

class model_list_sink final : public json_sink
{
public:
    explicit model_list_sink(base_model_list& reply)
        : json_sink({&reply, &json::type_of<base_model_list>::value}, &reply.raw_storage()),
          reply_(reply)
    {}

private:
    std::string missing() const override
    {
        bool const is_there = !reply_.data.empty() || reply_.raw().find("\"data\"") != std::string::npos;
        return is_there ? "" : "the answer has no list of models";
    }

    base_model_list const& reply_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<base_model_list>
fetch_model_list(std::shared_ptr<pending_request> request)
{
    base_model_list reply;
    model_list_sink body(reply);
    open_response head;
    co_await send_with_retries(*request, &body, head);
    reply.set_info(std::move(head.info));
    co_return reply;
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<model_info> models::info(std::string_view model, call_options const& with) const
{
    return detail::fetch_model_info(detail::prepare_model_info(state_, model, with));
}

FOUNDRY_DECL boost::asio::awaitable<model_info> models::info(std::string_view model) const
{
    return info(model, call_options());
}

FOUNDRY_DECL boost::asio::awaitable<base_model_list> models::list(call_options const& with) const
{
    return detail::fetch_model_list(
        detail::prepare_call(state_, route{"GET", "models"}, with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<base_model_list> models::list() const { return list(call_options()); }

FOUNDRY_DECL boost::asio::awaitable<base_model> models::get(std::string_view id, call_options const& with) const
{
    return detail::fetch_object<base_model>(
        detail::prepare_stored(state_, id, route{"GET", "models"}.segment(id), with, detail::response_form::json));
}
FOUNDRY_DECL boost::asio::awaitable<base_model> models::get(std::string_view id) const
{
    return get(id, call_options());
}

} // namespace foundry::inline FOUNDRY_ABI
