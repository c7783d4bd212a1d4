// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/base/time_text.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/entra/authority.hpp>
#include <foundry/detail/entra/secret_document.hpp>
#include <foundry/detail/entra/token_answer.hpp>
#include <foundry/detail/entra/tool_answer.hpp>
#include <foundry/detail/entra/tool_credential.hpp>
#include <foundry/entra/azure_developer_cli_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {

inline constexpr std::string_view azure_developer_cli_name = "AzureDeveloperCliCredential";

inline access_token read_azd_token(std::string_view text)
{
    std::string plain = without_colours(text);
    foundry::detail::scoped_wipe const clean(plain);
    secret_document const document(find_object(plain, "token"));
    std::string_view const token = document.text("token");
    auto const at = parse_time(document.text("expiresOn"));
    if (token.empty() || !at || !foundry::detail::all_of(token, foundry::detail::is_graphic))
        throw_tool_answer(azure_developer_cli_name, "azd", token.empty() ? "" : document.text("expiresOn"));
    return access_token(token, *at);
}

} // namespace detail

FOUNDRY_DECL azure_developer_cli_credential::azure_developer_cli_credential(cli_options options)
    : options_(std::move(options))
{
    if (!options_.tenant.empty())
        detail::check_tenant(options_.tenant);
    options_.additionally_allowed_tenants = detail::allowed_tenants(options_.additionally_allowed_tenants);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<access_token>
azure_developer_cli_credential::get_token(token_request request)
{
    detail::check_scope(request.scope);
    std::string const tenant =
        detail::resolve_tenant(options_.tenant, request.tenant, options_.additionally_allowed_tenants, false);
    if (!request.claims.empty())
        throw detail::unavailable(detail::azure_developer_cli_name, "the service wants claims in the token",
                                  "log in again with azd auth login");
    detail::command azd;
    azd.timeout = options_.timeout;
    azd.environment.push_back("NO_COLOR=true");
    for (char const* const part : {"auth", "token", "--output", "json", "--no-prompt", "--scope"})
        azd.arguments.push_back(part);
    azd.arguments.push_back(request.scope);
    if (!tenant.empty()) {
        azd.arguments.push_back("--tenant-id");
        azd.arguments.push_back(tenant);
    }
    detail::command_result const ran =
        co_await detail::run_tool(detail::azure_developer_cli_name, "azd", std::move(azd), "azd auth login");
    co_return detail::read_azd_token(ran.output);
}

} // namespace foundry::inline FOUNDRY_ABI::entra
