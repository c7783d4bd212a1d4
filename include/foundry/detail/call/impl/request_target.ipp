// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/call/request_target.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/core/url.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The part of a path on the dated form that names the deployment.
inline std::string deployment_path(std::string_view name)
{
    if (name.empty())
        throw_invalid_argument(
            "this endpoint takes the deployment in the URL and none was named; set the request's model to the "
            "name of the deployment");
    if (http::has_dot_segment(name))
        throw_invalid_argument("a deployment cannot be named '.' or '..'; set the name of the deployment");
    return "/openai/deployments/" + http::percent_encode_segment(name);
}

inline void check_same_deployment(std::string_view fixed, std::string_view requested)
{
    if (!fixed.empty() && !requested.empty() && !http::iequals(fixed, requested)) {
        throw_invalid_argument(concat({"the request is for the deployment '", requested, "', but the endpoint names '",
                                       fixed, "'; leave one of the two off"}));
    }
}

inline void check_target(std::string_view target)
{
    bool const is_sendable = all_of(target, [](char c) { return is_graphic(c) && c != '#'; });
    if (!target.starts_with('/') || !is_sendable || http::has_dot_segment(target.substr(0, target.find('?'))))
        throw_invalid_argument("the operation does not make a URL; percent-encode what it is put together from");
}

inline void append_query(std::string& target, std::string_view parameters)
{
    if (!parameters.empty())
        target.append(target.find('?') == target.npos ? "?" : "&").append(parameters);
}

FOUNDRY_DECL std::string request_target(foundry::endpoint const& endpoint, operation const& row, std::string_view path,
                                        std::string_view deployment, std::string_view query)
{
    std::string target(endpoint.base_path());
    bool const is_dated = endpoint.form() == api_form::dated;
    if (!is_dated || row.has_deployment)
        check_same_deployment(endpoint.deployment(), deployment);
    if (is_dated)
        target += row.has_deployment
                      ? deployment_path(endpoint.deployment().empty() ? deployment : endpoint.deployment())
                      : "/openai";
    target.append("/").append(path);
    if (!endpoint.api_version().empty())
        append_query(target, "api-version=" + http::percent_encode_query(endpoint.api_version()));
    append_query(target, endpoint.extra_query());
    append_query(target, query);
    check_target(target);
    return target;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
