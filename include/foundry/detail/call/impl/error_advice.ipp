// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/content_filter.hpp>
#include <foundry/detail/auth/challenge.hpp>
#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/call/error_advice.hpp>
#include <foundry/detail/call/error_code.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Advice for a known failure. It applies if all `patterns` occur in the error's code, param and message, which are joined as lines, in
/// lower case.
struct advice_rule
{
    std::string_view patterns[2];
    std::string_view advice;
};

inline constexpr advice_rule advice_rules[] = {
    {{"extra parameters", "not allowed"}, "set call_options.extra_parameters to pass_through, or unset the member"},
    {{"#/max_completion_tokens", "extra inputs"}, "set max_tokens instead"},
    {{"extra inputs are not permitted"}, "unset the member: this model does not take it"},
    {{"unsupported_parameter\nmax_tokens\n"}, "set max_completion_tokens instead"},
    {{"'max_tokens' is not supported"}, "set max_completion_tokens instead"},
    {{"unsupported_", "\ntemperature\n"}, "leave it unset for this model"},
    {{"unsupported_", "\ntop_p\n"}, "leave it unset for this model"},
    {{"unsupported value: 'temperature'"}, "leave it unset for this model"},
    {{"unsupported value: 'top_p'"}, "leave it unset for this model"},
    {{"streaming", "not currently supported"}, "use complete()"},
    {{"streaming is not supported"}, "use complete()"},
    {{"tool choice requires"},
     "the server was started without tool calling: start it with the options that it names, or send no tools"},
    {{"json_schema is enabled only for api versions"},
     "use an endpoint that ends in /openai/v1, or a newer api-version with set_api_version()"},
    {{"api-version query parameter is not allowed"}, "send no api-version: set_api_version(\"\") of the endpoint"},
};

inline std::string_view find_advice(parsed_error const& c)
{
    auto const words = to_lower(concat({c.code, "\n", c.param, "\n", c.message}));
    for (auto const& rule : advice_rules)
        if (words.find(rule.patterns[0]) != words.npos && words.find(rule.patterns[1]) != words.npos)
            return rule.advice;
    return {};
}

/// Whether the host is one of Azure's, or a gateway of Azure.
inline bool is_azure(foundry::endpoint const* endpoint)
{
    return endpoint && endpoint->kind() != host_kind::github && endpoint->kind() != host_kind::other;
}

inline std::string advise_on_audience(foundry::endpoint const& endpoint, std::string_view scope,
                                      std::string_view message)
{
    auto const named = named_audiences(message);
    if (named.empty() || !is_azure(&endpoint))
        return {};
    std::string audiences;
    bool as_sent = false;
    for (auto const& audience : named) {
        append_separated(audiences, " or ", audience);
        as_sent = as_sent || scope == concat({audience, "/.default"});
    }
    std::string const advice = concat({"; the service takes tokens for ", audiences});
    return as_sent ? advice : concat({advice, ": set_scope(\"", named.front(), "/.default\") of the endpoint"});
}

inline std::string advise_on_credential(error_context const& what, parsed_error const& c)
{
    foundry::endpoint const* const endpoint = what.endpoint;
    if (!endpoint)
        return "check the credential";
    std::string_view const scope = what.scope.empty() ? std::string_view(endpoint->scope()) : what.scope;
    return concat({"a key goes to this endpoint as ",
                   endpoint->key_in_api_key_field() ? "api-key" : "Authorization: Bearer",
                   scope.empty()        ? ""
                   : what.scope.empty() ? ", a token has the scope "
                                        : ", the token had the scope ",
                   scope, "; check that it belongs to this resource and has not expired",
                   advise_on_audience(*endpoint, scope, c.message)});
}

inline std::string advise_on_permission(foundry::endpoint const* endpoint)
{
    if (!is_azure(endpoint))
        return "the credential is known but may not do this";
    bool const openai = endpoint->host().find(".openai.azure.") != std::string::npos;
    return concat({"give the identity the role ", openai ? "Cognitive Services OpenAI User" : "Cognitive Services User",
                   " on the resource and wait five minutes, or look for a network rule that keeps this machine out"});
}

/// The option that names the model if the request does not.
inline std::string_view default_model_option(operation const& row)
{
    if (row.default_model == &options::default_embedding_model)
        return "default_embedding_model";
    return row.default_model == &options::default_image_model ? "default_image_model" : "default_model";
}

inline std::string advise_on_model(error_context const& what, parsed_error const& c)
{
    auto const fixed = what.endpoint ? std::string_view{what.endpoint->deployment()} : std::string_view{};
    auto const name = what.deployment.empty() ? fixed : what.deployment;
    if (name.empty() || has_code(c, "no_model_name"))
        return concat({"set the request's model or options.", default_model_option(*what.what)});
    return concat({"no deployment '", name, "' was found", what.endpoint ? " at " : "",
                   what.endpoint ? what.endpoint->url() : std::string{},
                   is_azure(what.endpoint)
                       ? "; write the name of the deployment, not of its model; a new one takes five minutes to work"
                       : "",
                   classify_by_words(c) != errc{} ? "" : "; if the name is right, check the path of the URL"});
}

inline std::string other_routes(error_context const& what)
{
    auto const& endpoint = *what.endpoint;
    bool const foundry = endpoint.kind() == host_kind::foundry;
    std::string const host = endpoint.host_field();
    switch (endpoint.form()) {
    case api_form::models:
        return foundry ? concat({"; write https://", host, "/openai/v1 or https://", host,
                                 "/models, or set another api-version"})
                       : "; check the target URI and the api-version";
    case api_form::dated:
        return foundry ? concat({"; check the host, the path, the api-version and the deployment, or write https://",
                                 host, "/openai/v1, which takes no api-version"})
                       : "; check the host, the path, the api-version and the deployment";
    case api_form::openai_v1:
        return "; check the path, and send no api-version";
    case api_form::compatible:
        break;
    }
    return "; check the path, which ends in /v1 on many servers";
}

inline std::string advise_on_route(error_context const& what)
{
    if (!what.endpoint)
        return "check the URL of the endpoint";
    auto const& version = what.endpoint->api_version();
    return concat({what.endpoint->url(), " does not serve ", what.path.empty() ? "this operation" : what.path,
                   version.empty() ? "" : " with api-version ", version, ", or the model does not",
                   other_routes(what)});
}

inline std::string advise_on_filter(parsed_error const& c)
{
    std::string categories;
    if (c.filter)
        for (auto const& [category, verdict] : *c.filter)
            if (verdict.filtered)
                append_separated(categories, ", ", category);
    return concat({"change the prompt", categories.empty() ? "" : ", which was blocked for ", categories});
}

inline std::string advise_on_size(parsed_error const& c)
{
    if (c.status == 431)
        return "send fewer headers: Azure takes ten custom ones";
    return "send less: fewer or shorter messages, or ask for fewer tokens";
}

inline std::string advise_on_value(parsed_error const& c)
{
    if (auto const advice = find_advice(c); !advice.empty())
        return std::string{advice};
    return c.param.empty() ? std::string{} : concat({"check '", c.param, "' in the request"});
}

/// Scheme and host of a URL. The rest may hold a secret.
inline std::string_view redirect_target(std::string_view url)
{
    for (std::string_view const scheme : {"https://", "http://"}) {
        if (!http::iequals(url.substr(0, scheme.size()), scheme))
            continue;
        auto const authority = url.substr(scheme.size(), url.find_first_of("/?#\\", scheme.size()) - scheme.size());
        return authority.find('@') == std::string_view::npos ? url.substr(0, scheme.size() + authority.size())
                                                             : std::string_view{};
    }
    return {};
}

inline std::string advise_on_reply(response_info const& info)
{
    if (info.status() / 100 != 3)
        return "the status is not one that this API has";
    auto const target = redirect_target(info.header("location"));
    return concat({"redirects are not followed", target.empty() ? "" : "; this one leads to ", target});
}

FOUNDRY_DECL std::string advise_on_error(error_context const& what, response_info const& info, parsed_error const& c,
                                         errc meaning)
{
    switch (meaning) {
    case errc::bad_request:
    case errc::unprocessable:
        return advise_on_value(c);
    case errc::unauthorized:
        return advise_on_credential(what, c);
    case errc::forbidden:
        return advise_on_permission(what.endpoint);
    case errc::model_not_found:
        return advise_on_model(what, c);
    case errc::route_not_found:
        return advise_on_route(what);
    case errc::content_filter:
        return advise_on_filter(c);
    case errc::too_large:
        return advise_on_size(c);
    case errc::rate_limited:
        return "wait, for retry_after() if it is set, and send less often";
    case errc::quota_exhausted:
        return "waiting does not help: raise the quota";
    case errc::queue_full:
        return "submit again when some of your jobs are done";
    case errc::unexpected_reply:
        return advise_on_reply(info);
    default:
        return "try again later";
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail
