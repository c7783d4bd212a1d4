// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/secret_parameter.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/core/url.hpp>
#include <foundry/endpoint.hpp>

#include <algorithm>
#include <array>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

/// A family of hosts: the labels before the top-level domain, and that domain in the public cloud.
struct host_family
{
    std::string_view suffix;
    std::string_view domain;
    host_kind kind;
    std::string_view scope;
};

inline constexpr std::array<host_family, 6> host_families{{
    {".services.ai.azure.", "com", host_kind::foundry, "https://cognitiveservices.azure."},
    {".openai.azure.", "com", host_kind::foundry, "https://cognitiveservices.azure."},
    {".cognitiveservices.azure.", "com", host_kind::foundry, "https://cognitiveservices.azure."},
    {".models.ai.azure.", "com", host_kind::serverless, "https://ml.azure."},
    {".inference.ml.azure.", "com", host_kind::managed_compute, "https://ml.azure."},
    {".azure-api.", "net", host_kind::gateway, "https://cognitiveservices.azure."},
}};

struct host_facts
{
    host_kind kind = host_kind::other;
    std::string cloud; ///< "com", "us" or "cn"; empty if the host is not one of Azure.
    std::string scope;
};

inline host_facts recognise(std::string_view host)
{
    if (host == "models.github.ai" || host == "models.inference.ai.azure.com")
        return {host_kind::github, {}, {}};
    auto const domain = host.substr(host.rfind('.') + 1);
    auto const stem = host.substr(0, host.size() - domain.size());
    for (auto const& family : host_families) {
        bool const public_cloud = domain == family.domain;
        if (stem.size() > family.suffix.size() && stem.ends_with(family.suffix) &&
            (public_cloud || domain == "us" || domain == "cn")) {
            std::string cloud(public_cloud ? "com" : domain);
            auto scope = concat({family.scope, cloud, "/.default"});
            return {family.kind, std::move(cloud), std::move(scope)};
        }
    }
    return {};
}

inline void drop_trailing_slashes(std::string& path)
{
    while (path.ends_with('/'))
        path.pop_back();
}

inline bool has_suffix(std::string_view path, std::string_view suffix)
{
    return path.size() >= suffix.size() && http::iequals(path.substr(path.size() - suffix.size()), suffix);
}

inline bool drop_suffix(std::string& path, std::string_view suffix)
{
    if (!has_suffix(path, suffix))
        return false;
    path.resize(path.size() - suffix.size());
    drop_trailing_slashes(path);
    return true;
}

/// Whether the path is `prefix` or below it.
inline bool is_below(std::string_view path, std::string_view prefix)
{
    return http::iequals(path.substr(0, prefix.size()), prefix) &&
           (path.size() == prefix.size() || path[prefix.size()] == '/');
}

/// Removes an operation at the end of the path, as in a target URI of the portal.
inline bool drop_operation(std::string& path)
{
    for (std::string_view const operation : {"/chat/completions", "/completions", "/images/embeddings",
                                             "/images/generations", "/embeddings", "/responses"})
        if (drop_suffix(path, operation))
            return true;
    return false;
}

/// Offset of the part that the dated form adds to a path: `/openai` at the end, or `/openai/deployments` anywhere.
inline std::size_t find_dated_part(std::string_view path)
{
    std::string_view const part = "/openai/deployments";
    auto const at = to_lower(path).find(part);
    if (at != std::string::npos && is_below(path.substr(at), part))
        return at;
    return has_suffix(path, "/openai") ? path.size() - 7 : path.size();
}

/// The deployment after `/openai/deployments/`; empty if there is none.
inline std::string find_deployment(std::string_view path)
{
    std::string_view const lead = "/openai/deployments/";
    path.remove_prefix(find_dated_part(path));
    if (path.size() <= lead.size())
        return {};
    path.remove_prefix(lead.size());
    return http::percent_decode(path.substr(0, path.find('/'))).value_or("");
}

inline void check_deployment(std::string_view name)
{
    if (http::has_dot_segment(name))
        throw_invalid_argument("a deployment cannot be named '.' or '..'; set the name of the deployment");
}

inline void append_parameter(std::string& query, std::string_view parameter)
{
    if (!query.empty())
        query += '&';
    query += parameter;
}

inline std::string_view default_api_version(api_form form, host_kind kind)
{
    switch (form) {
    case api_form::models:
        return kind == host_kind::github ? "" : "2024-05-01-preview";
    case api_form::dated:
        return "2024-10-21";
    case api_form::openai_v1:
    case api_form::compatible:
        break;
    }
    return "";
}

[[noreturn]] inline void refuse_project(std::string const& host, std::string_view path)
{
    auto project = path.substr(0, path.find('/', std::string_view("/api/projects/").size()));
    if (http::iequals(project, "/api/projects"))
        project = "/api/projects/{project}";
    throw_invalid_argument(concat({"a project URL serves no models by itself; write https://", host, project,
                                   "/openai/v1 or https://", host, "/models"}));
}

[[noreturn]] inline void refuse_path(std::string const& host, bool has_models)
{
    throw_invalid_argument(
        concat({"the path of the URL serves no models on this host; write https://", host, "/openai/v1",
                has_models ? " or https://" : "", has_models ? host : std::string{}, has_models ? "/models" : ""}));
}

/// Whether the path is `/api/projects/{project}/openai/v1` or below it.
inline bool is_project_v1(std::string_view path)
{
    auto const end = path.find('/', std::string_view("/api/projects/").size() + 1);
    return end != std::string_view::npos && is_below(path.substr(end), "/openai/v1");
}

/// Form of a path on a Foundry host; cuts `path` to its base.
inline api_form recognise_foundry_path(std::string const& host, std::string& path)
{
    std::string_view const v1 = "/openai/v1";
    bool const has_models = host.find(".services.ai.azure.") != std::string::npos;
    if (is_below(path, "/api/projects") && !is_project_v1(path))
        refuse_project(host, path);
    if (is_below(path, v1) || is_below(path, "/api/projects")) {
        path.resize(to_lower(path).find(v1) + v1.size());
        return api_form::openai_v1;
    }
    for (std::string_view const base : {"/models", "/api/models"})
        if (is_below(path, base)) {
            path.resize(base.size());
            return api_form::models;
        }
    if (is_below(path, "/openai") || (path.empty() && !has_models)) {
        path.resize(is_below(path, "/openai/deployments") ? path.size() : std::min<std::size_t>(path.size(), 7));
        return api_form::dated;
    }
    if (path.empty() || is_below(path, "/model") || is_below(path, "/v1"))
        refuse_path(host, has_models);
    return api_form::compatible;
}

inline api_form recognise_gateway_path(std::string& path)
{
    if (has_suffix(path, "/openai/v1"))
        return api_form::openai_v1;
    if (auto const dated = find_dated_part(path); dated != path.size()) {
        std::string base = path.substr(0, dated);
        drop_trailing_slashes(base);
        while (drop_suffix(base, "/openai") || drop_operation(base)) {
        }
        drop_trailing_slashes(base);
        path.replace(0, dated, base);
        return api_form::dated;
    }
    return has_suffix(path, "/models") ? api_form::models : api_form::compatible;
}

inline api_form recognise_path(host_kind kind, std::string const& host, std::string& path)
{
    while (drop_operation(path)) {
    }
    switch (kind) {
    case host_kind::foundry:
        return recognise_foundry_path(host, path);
    case host_kind::serverless:
    case host_kind::managed_compute:
        while (drop_suffix(path, "/score") || drop_suffix(path, "/v1") || drop_operation(path)) {
        }
        return api_form::models;
    case host_kind::gateway:
        return recognise_gateway_path(path);
    case host_kind::github:
        if (path.empty() && host == "models.github.ai")
            throw_invalid_argument("the URL of GitHub Models has a path; write https://models.github.ai/inference");
        break;
    case host_kind::other:
        break;
    }
    return api_form::compatible;
}

} // namespace detail

FOUNDRY_DECL endpoint::endpoint(std::string_view url) { parse(url); }

FOUNDRY_DECL endpoint::endpoint(std::string_view url, allow_plain_http) : plain_http_allowed_(true) { parse(url); }

FOUNDRY_DECL void endpoint::parse(std::string_view text)
{
    auto url = http::parse_url(text);
    if (url.user_info)
        detail::throw_invalid_argument(
            "the URL holds a user name or a password; remove what stands before the '@' and pass a credential");
    if (!url.secure && !plain_http_allowed_ && !http::is_loopback(url.host))
        detail::throw_invalid_argument(
            "plain http is for this machine only; use https://, or pass allow_plain_http() to send prompts in "
            "the clear and without a credential");
    if (http::has_dot_segment(url.path))
        detail::throw_invalid_argument("the path of the URL has a '.' or '..' in it; write the path that is meant");
    secure_ = url.secure;
    host_ = std::move(url.host);
    port_ = url.port;
    path_ = std::move(url.path);
    take_query(url.query);
    take_path();
}

FOUNDRY_DECL void endpoint::take_query(std::string_view query)
{
    while (!query.empty()) {
        auto const parameter = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), parameter.size() + 1));
        auto const equals = (std::min)(parameter.find('='), parameter.size());
        auto const value = parameter.substr(std::min(equals + 1, parameter.size()));
        auto const name = http::percent_decode(parameter.substr(0, equals)).value_or("");
        detail::check_parameter(name);
        if (http::iequals(name, "api-version"))
            set_api_version(http::percent_decode(value).value_or(""));
        else if (!parameter.empty())
            detail::append_parameter(query_, parameter);
    }
}

FOUNDRY_DECL void endpoint::take_path()
{
    auto facts = detail::recognise(host_);
    kind_ = facts.kind;
    scope_ = std::move(facts.scope);
    detail::drop_trailing_slashes(path_);
    set_form(detail::recognise_path(kind_, host_, path_));
    if (kind_ == host_kind::foundry && detail::is_below(path_, "/api/projects"))
        scope_ = "https://ai.azure." + facts.cloud + "/.default";
}

FOUNDRY_DECL std::string_view endpoint::base_path() const
{
    std::string_view const path = path_;
    return form_ == api_form::dated ? path.substr(0, detail::find_dated_part(path)) : path;
}

FOUNDRY_DECL std::string endpoint::host_field() const
{
    std::string field = host_.find(':') == std::string::npos ? host_ : '[' + host_ + ']';
    if (port_ != (secure_ ? 443 : 80))
        field += ':' + std::to_string(port_);
    return field;
}

FOUNDRY_DECL std::string endpoint::url() const
{
    return (secure_ ? "https://" : "http://") + host_field() + std::string(base_path());
}

FOUNDRY_DECL bool endpoint::key_in_api_key_field() const noexcept
{
    return kind_ == host_kind::foundry || kind_ == host_kind::gateway || form_ == api_form::dated;
}

FOUNDRY_DECL endpoint& endpoint::set_form(api_form form)
{
    form_ = form;
    if (!api_version_given_)
        api_version_ = detail::default_api_version(form, kind_);
    if (form == api_form::dated && deployment_.empty())
        set_deployment(detail::find_deployment(path_));
    return *this;
}

FOUNDRY_DECL endpoint& endpoint::set_api_version(std::string version)
{
    api_version_ = std::move(version);
    api_version_given_ = true;
    return *this;
}

FOUNDRY_DECL endpoint& endpoint::set_deployment(std::string name)
{
    detail::check_deployment(name);
    deployment_ = std::move(name);
    return *this;
}

FOUNDRY_DECL endpoint& endpoint::set_scope(std::string scope)
{
    scope_ = std::move(scope);
    return *this;
}

FOUNDRY_DECL endpoint& endpoint::add_query(std::string_view name, std::string_view value)
{
    if (name.empty())
        detail::throw_invalid_argument("a query parameter needs a name; pass one");
    if (http::iequals(name, "api-version"))
        detail::throw_invalid_argument("the api-version is not an extra parameter; use set_api_version()");
    detail::check_parameter(name);
    detail::append_parameter(query_, http::percent_encode_query(name) + '=' + http::percent_encode_query(value));
    return *this;
}

FOUNDRY_DECL endpoint& endpoint::add_header(std::string name, std::string value)
{
    if (!http::valid_field_name(name))
        detail::throw_invalid_argument("the name of the header is not a token; use letters, digits and '-'");
    if (http::iequals(name, "authorization") || http::iequals(name, "api-key"))
        detail::throw_invalid_argument("the header " + name +
                                       " is written from the credential; pass a credential instead");
    if (http::reserved_field(name))
        detail::throw_invalid_argument("the header " + name + " is written by the library; leave it off");
    if (!http::valid_field_value(value))
        detail::throw_invalid_argument("the value of the header " + name +
                                       " has a control character, or a blank at an end; remove it");
    headers_.emplace_back(std::move(name), std::move(value));
    return *this;
}

FOUNDRY_DECL endpoint& endpoint::connect_to(std::string address, std::uint16_t port)
{
    if (address.starts_with('[') && address.ends_with(']'))
        address = address.substr(1, address.size() - 2);
    if (address.empty() || port == 0 || !detail::all_of(address, detail::is_graphic))
        detail::throw_invalid_argument(
            "a connection goes to a host name or an address, and to a port from 1 to 65535; pass both");
    connect_address_ = detail::to_lower(address);
    connect_port_ = port;
    return *this;
}

FOUNDRY_DECL bool endpoint::may_carry_credentials() const noexcept
{
    return secure_ || http::is_loopback(connect_address());
}

} // namespace foundry::inline FOUNDRY_ABI
