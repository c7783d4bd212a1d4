// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/text.ipp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The forms of address, each with its own rules of authentication, naming and errors.
enum class form
{
    models,
    serverless,
    github,
    v1,
    project,
    dated,
    compatible
};

/// The meaning of a request line.
class route
{
public:
    form kind = form::compatible;
    bool found = false;     ///< Whether any form has such a path.
    std::string operation;  ///< Such as `chat/completions`.
    std::string deployment; ///< In the dated form; empty for operations of the resource as a whole.
    std::vector<std::pair<std::string, std::string>> query;

    std::optional<std::string> parameter(std::string_view name) const;
};

FOUNDRY_DECL bool speaks_openai(form f)
{
    return f == form::v1 || f == form::project || f == form::dated || f == form::compatible;
}

FOUNDRY_DECL std::optional<std::string> route::parameter(std::string_view name) const
{
    for (auto const& [key, value] : query) {
        if (key == name)
            return value;
    }
    return std::nullopt;
}

/// Whether the request is a browser's question whether a page may send a request (CORS preflight).
FOUNDRY_DECL bool is_preflight(recorded_request const& request)
{
    return request.method == "OPTIONS" && request.header("access-control-request-method");
}

FOUNDRY_DECL std::string host_name(std::string_view host) { return lower(host.substr(0, host.find(':'))); }

FOUNDRY_DECL std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query)
{
    std::vector<std::pair<std::string, std::string>> parameters;
    while (!query.empty()) {
        auto const end = (std::min)(query.find('&'), query.size());
        auto const one = query.substr(0, end);
        auto const equals = (std::min)(one.find('='), one.size());
        parameters.emplace_back(percent_decode(one.substr(0, equals)),
                                percent_decode(one.substr(std::min(equals + 1, one.size()))));
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return parameters;
}

/// Removes `prefix` from the front of `path` if it is there.
FOUNDRY_DECL bool consume(std::string_view& path, std::string_view prefix)
{
    if (!path.starts_with(prefix))
        return false;
    path.remove_prefix(prefix.size());
    return true;
}

/// Removes the first segment and the slash after it.
FOUNDRY_DECL std::string consume_segment(std::string_view& path)
{
    auto const end = (std::min)(path.find('/'), path.size());
    auto segment = percent_decode(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
    return segment;
}

/// The percent-decoded segments of a path without its first slash.
FOUNDRY_DECL std::vector<std::string> segments_of(std::string_view path)
{
    std::vector<std::string> segments;
    while (!path.empty())
        segments.push_back(consume_segment(path));
    return segments;
}

FOUNDRY_DECL std::optional<form> form_by_path(std::string_view& path, std::string& deployment)
{
    if (consume(path, "/models/"))
        return form::models;
    if (consume(path, "/openai/v1/"))
        return form::v1;
    if (consume(path, "/openai/deployments/")) {
        deployment = consume_segment(path);
        return form::dated;
    }
    if (consume(path, "/openai/"))
        return form::dated;
    if (consume(path, "/v1/"))
        return form::compatible;
    if (consume(path, "/inference/"))
        return form::github;
    if (consume(path, "/api/projects/")) {
        consume_segment(path);
        if (consume(path, "openai/v1/"))
            return form::project;
    } else if (consume(path, "/orgs/")) {
        consume_segment(path);
        if (consume(path, "inference/"))
            return form::github;
    }
    return std::nullopt;
}

FOUNDRY_DECL std::optional<form> form_by_host(std::string const& host)
{
    if (host.ends_with(".models.ai.azure.com") || host.ends_with(".inference.ml.azure.com"))
        return form::serverless;
    if (host == "models.inference.ai.azure.com")
        return form::github;
    return std::nullopt;
}

FOUNDRY_DECL route find_route(std::string_view target, std::string_view host)
{
    route made;
    auto const mark = (std::min)(target.find('?'), target.size());
    made.query = parse_query(target.substr(std::min(mark + 1, target.size())));
    auto path = target.substr(0, mark);
    auto kind = form_by_path(path, made.deployment);
    if (!kind) {
        path = target.substr(0, mark);
        kind = form_by_host(host_name(host));
        if (kind)
            consume(path, "/");
    }
    made.found = kind.has_value();
    made.kind = kind.value_or(form::models);
    made.operation = std::string(path);
    return made;
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
