// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/operation.hpp>
#include <foundry/detail/json/writer.hpp>

#include <boost/json/object.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

inline bool has_extra_parameters(json::const_object_ref request, std::span<std::string_view const> known)
{
    json::type const& t = *request.described;
    for (json::member const* m = t.members; m != t.members + t.size; ++m) {
        if (!json::is_set(request.object, *m))
            continue;
        bool is_known = false;
        for (std::size_t i = 0; !is_known && i != known.size(); ++i)
            is_known = m->name == known[i];
        if (!is_known)
            return true;
    }
    return false;
}

inline void check_model(std::optional<std::string> const& model)
{
    if (model && model->empty())
        throw error(errc::invalid_argument,
                    "model is an empty text; name a deployment, or leave it unset for the default");
}

FOUNDRY_DECL void write_request(pending_request& call, operation const& what, json::const_object_ref request,
                                std::optional<std::string> const& model, call_options const& with)
{
    check_model(model);
    apply_options(call, with);
    std::string_view const named = model ? std::string_view{*model} : std::string_view{};
    call.deployment = first_non_empty(named, call.state->endpoint.deployment(), *what.default_model);
    call.body.reserve(512);
    call.body.append("{").append(what.lead);
    if (!model && !call.deployment.empty())
        call.body.append("\"model\":").append(json::to_text(call.deployment)).append(",");
    std::size_t const brace = call.body.size();
    json::write(call.body, request); // what was checked is never empty
    call.body.erase(brace, 1);
    request_spec parts;
    parts.has_extra_parameters =
        call.state->endpoint.form() == api_form::models && has_extra_parameters(request, what.models_api);
    write_head(call, with, parts);
}

FOUNDRY_DECL void throw_incomplete(std::string what)
{
    failure f;
    f.service_message = std::move(what);
    f.advice = "check that the endpoint serves this operation for this model";
    throw error(make_error_code(errc::unexpected_reply), std::move(f));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
