// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/call/request_builder.hpp>
#include <foundry/detail/call/request_target.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/http/request_head.hpp>
#include <foundry/detail/json/writer.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace foundry::inline FOUNDRY_ABI::detail {

// Options of the call

inline void override_with(timeout_overrides const& call, timeouts& client)
{
    using span = std::chrono::milliseconds;
    static constexpr std::pair<std::optional<span> timeout_overrides::*, span timeouts::*> members[] = {
        {&timeout_overrides::token, &timeouts::token},     {&timeout_overrides::connect, &timeouts::connect},
        {&timeout_overrides::tls, &timeouts::tls},         {&timeout_overrides::pool, &timeouts::pool},
        {&timeout_overrides::write, &timeouts::write},     {&timeout_overrides::first_byte, &timeouts::first_byte},
        {&timeout_overrides::silence, &timeouts::silence}, {&timeout_overrides::stall, &timeouts::stall},
        {&timeout_overrides::total, &timeouts::total},     {&timeout_overrides::stream_total, &timeouts::stream_total},
    };
    for (auto const& [set, member] : members)
        if (call.*set)
            client.*member = bounded(*(call.*set));
}

inline void override_with(retry_overrides const& call, retry_options& client)
{
    client.max_retries = call.max_retries.value_or(client.max_retries);
    client.backoff = call.backoff.value_or(client.backoff);
    client.max_backoff = call.max_backoff.value_or(client.max_backoff);
    client.max_server_wait = call.max_server_wait.value_or(client.max_server_wait);
    bool const has_numbers = call.max_retries || call.backoff || call.max_backoff || call.max_server_wait;
    if (call.policy || has_numbers) // a policy of the client's would not look at the numbers
        client.policy = call.policy;
    if (call.on_retry)
        client.on_retry = call.on_retry;
}

/// Version, trace, parent and flags in lower-case hexadecimal digits.
inline bool is_traceparent(std::string_view text)
{
    constexpr std::string_view form = "00-00000000000000000000000000000000-0000000000000000-00";
    bool is_good = text.size() == form.size();
    for (std::size_t i = 0; is_good && i != form.size(); ++i)
        is_good = form[i] == '-' ? text[i] == '-' : is_hex(text[i]) && text[i] == to_lower(text[i]);
    return is_good;
}

inline void apply_options(pending_request& request, call_options const& with)
{
    if (!with.traceparent.empty() && !is_traceparent(with.traceparent)) {
        throw error(errc::invalid_argument,
                    "traceparent is not of the form 00-{32 hexadecimal digits}-{16}-{2}, all lower case");
    }
    client_state& client = *request.state;
    request.traceparent = with.traceparent;
    request.timeouts = client.settings.timeouts;
    override_with(with.timeouts, request.timeouts);
    request.retry = client.settings.retry;
    override_with(with.retry, request.retry);
    request.client_request_id =
        with.client_request_id.value_or(client.settings.client_request_ids ? client.request_ids.next() : std::string{});
}

// Route

/// The endpoint of the other API on the same resource; empty if that cannot be told.
inline std::string other_endpoint(foundry::endpoint const& endpoint)
{
    if (endpoint.kind() != host_kind::foundry)
        return {};
    if (endpoint.form() == api_form::models)
        return concat({"https://", endpoint.host_field(), "/openai/v1"});
    std::string_view const host = endpoint.host();
    return concat(
        {"https://", host.substr(0, host.find('.')), ".services.ai.azure", host.substr(host.rfind('.')), "/models"});
}

/// @throws foundry::error (`errc::invalid_argument`) if the endpoint's form of the API lacks the operation.
inline void check_route(foundry::endpoint const& endpoint, operation const& row)
{
    bool const is_models_api = endpoint.form() == api_form::models;
    if (endpoint.form() == api_form::compatible || (is_models_api ? row.in_models_api : row.in_azure_openai))
        return;
    std::string const other = other_endpoint(endpoint);
    throw error(errc::invalid_argument,
                concat({endpoint.url(), " is ", is_models_api ? "the Foundry Models API" : "an Azure OpenAI API",
                        ", which has no ", row.path, "; use an endpoint such as ",
                        !other.empty()  ? other
                        : is_models_api ? "https://{resource}.openai.azure.com/openai/v1"
                                        : "https://{resource}.services.ai.azure.com/models"}));
}

// Body

inline boost::json::object const* as_json_object(json::const_object_ref body)
{
    if (body.described->what == json::kind::any)
        return static_cast<boost::json::value const*>(body.object)->if_object();
    if (body.described->what == json::kind::members)
        return static_cast<boost::json::object const*>(body.object);
    return nullptr;
}

/// Calls `visit(name, member)` for each member of an object that is set, until it returns true; `member` is null for those of a
/// boost::json object.
template <class Visit>
bool find_member(json::const_object_ref body, Visit visit)
{
    json::type const& t = *body.described;
    if (t.what == json::kind::object) {
        return std::any_of(t.members, t.members + t.size,
                           [&](json::member const& m) { return json::is_set(body.object, m) && visit(m.name, &m); });
    }
    auto const* const object = as_json_object(body);
    return object != nullptr &&
           std::any_of(object->begin(), object->end(), [&](auto const& m) { return visit(m.key(), nullptr); });
}

/// The member `model` of a body, if it is a text.
inline std::optional<std::string_view> named_model(json::const_object_ref body)
{
    std::optional<std::string_view> model;
    find_member(body, [&](std::string_view name, json::member const* m) {
        if (name != "model")
            return false;
        if (m == nullptr) {
            if (auto const& value = as_json_object(body)->at("model"); value.is_string())
                model = std::string_view(value.get_string());
        } else if (m->described->what == json::kind::string) {
            model = std::string_view(
                *static_cast<std::string const*>(m->reach(const_cast<void*>(body.object), json::access::peek)));
        }
        return true;
    });
    return model;
}

inline bool has_model_member(json::const_object_ref body)
{
    return find_member(body, [](std::string_view name, json::member const*) { return name == "model"; });
}

inline bool has_extra_parameters(json::const_object_ref body, std::span<std::string_view const> known)
{
    return find_member(body, [&](std::string_view name, json::member const*) {
        return std::find(known.begin(), known.end(), name) == known.end();
    });
}

inline bool is_object(json::const_object_ref body)
{
    return body.described->what == json::kind::object || as_json_object(body) != nullptr;
}

/// The first text that is not empty.
inline std::string_view first_non_empty(std::string_view a, std::string_view b, std::string_view c)
{
    return !a.empty() ? a : !b.empty() ? b : c;
}

FOUNDRY_DECL std::string_view default_deployment(client_state const& client, operation const& row)
{
    if (row.default_model == nullptr)
        return {};
    std::string const& fixed = client.target.endpoint.deployment();
    return !fixed.empty() ? fixed : client.settings.*(row.default_model);
}

/// The member `model` of a body, before others.
inline std::string model_member(std::string_view deployment)
{
    return deployment.empty() ? std::string() : "\"model\":" + json::to_text(std::string(deployment)) + ",";
}

inline void write_body(pending_request& request, request_spec const& spec)
{
    std::string& body = request.body;
    body.reserve(512);
    if (!is_object(spec.json)) {
        json::write(body, spec.json);
        return;
    }
    body.append("{").append(spec.leading_members);
    if (request.what->default_model != nullptr && !has_model_member(spec.json))
        body.append(model_member(request.deployment));
    std::size_t const brace = body.size();
    json::write(body, spec.json);
    body.erase(brace, 1);
    if (brace > 1 && body[brace] == '}') // of an empty object
        body.erase(brace - 1, 1);
}

// Head

inline std::string_view extra_parameters_name(extra_parameters choice)
{
    switch (choice) {
    case extra_parameters::error:
        return "error";
    case extra_parameters::drop:
        return "drop";
    case extra_parameters::pass_through:
        return "pass-through";
    }
    return "error";
}

/// Writes the fields of a request's head, and counts those that Azure counts.
class head_builder
{
public:
    head_builder(pending_request& request, request_spec const& spec, call_options const& with)
        : request_(request),
          spec_(spec),
          with_(with)
    {}

    /// @param content_type empty: the request has no body.
    void build(std::string_view content_type, bool has_extra_parameters)
    {
        add_common_fields(content_type, has_extra_parameters);
        if (!content_type.empty() || (spec_.verb != "GET" && spec_.verb != "DELETE"))
            http::append_field(request_.head, "Content-Length", std::to_string(body_size()));
        if (!request_.client_request_id.empty())
            add_custom_header("x-ms-client-request-id", request_.client_request_id);
        if (!request_.traceparent.empty())
            add_custom_header("traceparent", request_.traceparent);
    }

private:
    std::uint64_t body_size() const
    {
        return request_.body.size() + (request_.source != nullptr ? request_.source->size() : 0);
    }

    /// Copies the fields from the last call of the same kind, if there was one.
    void add_common_fields(std::string_view content_type, bool has_extra_parameters)
    {
        client_state& client = *request_.state;
        if (with_.extra_parameters || !with_.headers.empty())
            return write_common_fields(content_type, has_extra_parameters);
        std::array<std::string_view, 7> const kind{spec_.verb,
                                                   request_.path,
                                                   request_.deployment,
                                                   spec_.query,
                                                   content_type,
                                                   spec_.accept,
                                                   has_extra_parameters ? "+" : ""};
        {
            std::lock_guard const lock(client.mutex);
            if (std::equal(kind.begin(), kind.end(), client.head.kind.begin(), client.head.kind.end())) {
                request_.head.reserve(client.head.fields.size() + 128);
                request_.head = client.head.fields;
                custom_headers_ = client.head.custom_headers;
                return;
            }
        }
        write_common_fields(content_type, has_extra_parameters);
        std::lock_guard const lock(client.mutex);
        client.head.kind.clear(); // until the rest is there
        client.head.fields = request_.head;
        client.head.custom_headers = custom_headers_;
        client.head.kind.assign(kind.begin(), kind.end());
    }

    void write_common_fields(std::string_view content_type, bool has_extra_parameters)
    {
        foundry::endpoint const& endpoint = request_.state->target.endpoint;
        options const& settings = request_.state->settings;
        std::string const target =
            request_target(endpoint, *request_.what, request_.path, request_.deployment, spec_.query);
        request_.head = http::start_head(spec_.verb, target, endpoint.host_field(),
                                         request_.state->target.connections->to().is_through_plain_proxy());
        if (!content_type.empty())
            add_default_header("Content-Type", content_type);
        add_default_header("Accept", spec_.accept);
        if (!settings.user_agent.empty())
            add_default_header("User-Agent", settings.user_agent);
        if (endpoint.form() == api_form::models && (with_.extra_parameters || has_extra_parameters)) {
            add_custom_header("extra-parameters",
                              extra_parameters_name(with_.extra_parameters.value_or(extra_parameters::pass_through)));
        }
        for (header_list const* list : lists()) {
            for (auto const& [name, value] : *list) {
                if (http::reserved_field(name)) {
                    throw error(errc::invalid_argument,
                                "the header " + name + " is the library's to write; a key goes into the credential");
                }
                add_custom_header(name, value);
            }
        }
    }

    std::array<header_list const*, 3> lists() const
    {
        return {&request_.state->target.endpoint.extra_headers(), &request_.state->settings.headers, &with_.headers};
    }

    /// Unless the program has a header of this name.
    void add_default_header(std::string_view name, std::string_view value)
    {
        for (header_list const* list : lists()) {
            for (auto const& field : *list) {
                if (http::iequals(field.first, name))
                    return;
            }
        }
        http::append_field(request_.head, name, value);
    }

    void add_custom_header(std::string_view name, std::string_view value)
    {
        static constexpr int max_custom_headers = 10;
        if (++custom_headers_ > max_custom_headers)
            throw error(errc::invalid_argument, "more than ten custom headers, x-ms-client-request-id and "
                                                "extra-parameters included: Azure refuses such requests; send fewer");
        http::append_field(request_.head, name, value);
    }

    pending_request& request_;
    request_spec const& spec_;
    call_options const& with_;
    int custom_headers_ = 0;
};

// Several endpoints

FOUNDRY_DECL bool can_go_to(movable_request const& request, client_state const& to)
{
    return to.target.names.find(request.model).has_value();
}

FOUNDRY_DECL void move_to(pending_request& request, std::shared_ptr<client_state> to)
{
    movable_request const& moves = *request.moves;
    std::string deployment(to->target.names.find(moves.model).value());
    request.body.replace(moves.model_begin, model_member(request.deployment).size(), model_member(deployment));
    request.deployment = std::move(deployment);
    request.state = std::move(to);
    request_spec const spec; // a POST of JSON
    bool const has_extra = request.state->target.endpoint.form() == api_form::models && moves.has_extra_parameters;
    head_builder(request, spec, moves.with).build("application/json", has_extra);
}

/// Replaces the model in the body by the name of its deployment, for the first endpoint that has one.
///
/// @param request its body has the model as the program names it.
inline void name_deployment(pending_request& request, request_spec const& spec, call_options const& with,
                            bool has_extra)
{
    std::shared_ptr<movable_request> const moves(new movable_request);
    moves->with = with;
    moves->model = request.deployment;
    moves->model_begin = 1 + spec.leading_members.size();
    moves->has_extra_parameters = has_extra;
    endpoint_list* const list = request.what->can_move ? request.state->siblings : nullptr;
    std::size_t const count = list != nullptr ? list->states.size() : 1;
    for (std::size_t i = 0; i != count; ++i) {
        std::shared_ptr<client_state> const to = list != nullptr ? list->at(i) : request.state;
        if (can_go_to(*moves, *to)) {
            request.moves = moves;
            move_to(request, to);
            if (list == nullptr)
                request.moves.reset();
            return;
        }
    }
    throw error(errc::invalid_argument,
                "no endpoint has a deployment for the model '" + moves->model + "'; add one with deployments::add()");
}

FOUNDRY_DECL void build_request(pending_request& request, request_spec spec, call_options const& with)
{
    operation const& row = *request.what;
    bool const has_json = spec.json.object != nullptr;
    std::optional<std::string_view> const model = has_json ? named_model(spec.json) : std::nullopt;
    if (row.default_model != nullptr && model && model->empty()) {
        throw error(errc::invalid_argument,
                    "model is an empty text; name a deployment, or leave it unset for the default");
    }
    apply_options(request, with);
    request.is_safe = spec.verb == "GET";
    bool const is_named =
        spec.has_model_first && (request.state->siblings != nullptr || !(request.state->target.names == deployments()));
    std::string_view const by_default = is_named && row.default_model != nullptr
                                            ? std::string_view(request.state->settings.*(row.default_model))
                                            : default_deployment(*request.state, row);
    request.deployment = first_non_empty(spec.deployment, model.value_or(std::string_view()), by_default);
    if (has_json)
        write_body(request, spec);
    else
        request.body = std::move(spec.bytes);
    request.source = std::move(spec.source);
    foundry::endpoint const& endpoint = request.state->target.endpoint;
    bool const has_extra = has_json && endpoint.form() == api_form::models && !row.models_api_members.empty() &&
                           has_extra_parameters(spec.json, row.models_api_members);
    if (!spec.skip_route_check)
        check_route(endpoint, row);
    if (is_named)
        return name_deployment(request, spec, with, has_extra);
    head_builder(request, spec, with).build(has_json ? "application/json" : spec.content_type, has_extra);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
