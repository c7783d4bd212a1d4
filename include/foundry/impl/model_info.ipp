// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/operation.hpp>
#include <foundry/detail/core/url.hpp>
#include <foundry/model_info.hpp>

#include <algorithm>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL open_enum<model_kind> model_info::kind() const
{
    std::string name = detail::to_lower(model_type);
    std::replace(name.begin(), name.end(), '-', '_');
    if (name.ends_with("completions"))
        name.pop_back();
    if (name.ends_with("embedding"))
        name += 's';
    return open_enum<model_kind>(std::string_view{name});
}

namespace detail {

inline constexpr std::size_t most_models_remembered = 256;

FOUNDRY_DECL pending_request prepare_info(std::shared_ptr<client_state> state, std::string_view model)
{
    pending_request call(std::move(state), "info");
    try {
        apply_options(call, call_options());
        call.deployment = first_non_empty(model, call.state->endpoint.deployment(), call.state->settings.default_model);
        std::string const query =
            call.deployment.empty() ? std::string{} : "model=" + http::percent_encode_query(call.deployment);
        request_spec parts;
        parts.verb = "GET";
        parts.query = query;
        parts.content_type = {};
        write_head(call, call_options(), parts);
    } catch (...) {
        call.validation_error = std::current_exception();
    }
    return call;
}

/// By deployment.
struct known_models
{
    std::vector<std::pair<std::string, std::shared_ptr<model_info const>>> all;
};

inline std::shared_ptr<model_info const> find_model(client_state& state, std::string const& name)
{
    std::lock_guard const lock(state.mutex);
    if (!state.models)
        return nullptr;
    for (auto const& [known, info] : state.models->all) {
        if (known == name)
            return info;
    }
    return nullptr;
}

inline void remember_model(client_state& state, std::string const& name, model_info const& info)
{
    std::shared_ptr<model_info const> kept(new model_info(info));
    std::lock_guard const lock(state.mutex);
    if (!state.models)
        state.models.reset(new known_models);
    if (state.models->all.size() < most_models_remembered)
        state.models->all.emplace_back(name, std::move(kept));
}

class model_info_sink final : public json_sink
{
public:
    explicit model_info_sink(model_info& reply)
        : json_sink({&reply, &json::type_of<model_info>::value}, reply.extra, &reply.raw_storage()),
          reply_(reply)
    {}

private:
    std::string missing() const override { return reply_.model_name.empty() ? "the answer names no model" : ""; }

    model_info const& reply_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<model_info> run_info(pending_request call)
{
    if (std::shared_ptr<model_info const> const known = find_model(*call.state, call.deployment))
        co_return *known;
    model_info reply;
    model_info_sink sink(reply);
    open_response opened;
    co_await send_with_retries(call, &sink, call.state->settings.limits.body, opened);
    reply.set_info(std::move(opened.info));
    remember_model(*call.state, call.deployment, reply);
    co_return reply;
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<model_info> basic_client::model_info(std::string_view model) const
{
    return detail::run_info(detail::prepare_info(state_, model));
}

} // namespace foundry::inline FOUNDRY_ABI
