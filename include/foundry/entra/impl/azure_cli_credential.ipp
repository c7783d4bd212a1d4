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
#include <foundry/entra/azure_cli_credential.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {

inline constexpr std::string_view azure_cli_name = "AzureCliCredential";

inline bool is_subscription_character(char c)
{
    return foundry::detail::is_alpha(c) || foundry::detail::is_digit(c) || c == '.' || c == '-' || c == '_' || c == ' ';
}

inline access_token read_cli_token(std::string_view text)
{
    std::string plain = without_colours(text);
    foundry::detail::scoped_wipe const clean(plain);
    secret_document const document(find_object(plain, "accessToken"));
    std::string_view const token = document.text("accessToken");
    auto const seconds = document.number("expires_on", 253'402'300'799);
    std::string_view const written = document.text("expiresOn");
    auto const local = parse_local_time(written);
    auto const at = seconds ? from_posix(*seconds)
                    : local ? *local
                            : parse_time(written).value_or(std::chrono::system_clock::time_point());
    bool const sound = !token.empty() && foundry::detail::all_of(token, foundry::detail::is_graphic) &&
                       at != std::chrono::system_clock::time_point();
    if (!sound)
        throw_tool_answer(azure_cli_name, "az", token.empty() ? "" : written);
    return access_token(token, at);
}

} // namespace detail

FOUNDRY_DECL azure_cli_credential::azure_cli_credential(cli_options options, std::string subscription)
    : options_(std::move(options)),
      subscription_(std::move(subscription))
{
    if (!options_.tenant.empty())
        detail::check_tenant(options_.tenant);
    if (!foundry::detail::all_of(subscription_, detail::is_subscription_character) || subscription_.starts_with('-'))
        foundry::detail::throw_invalid_argument(
            "a subscription has letters, digits, blanks and . - _ only; if its name has other characters, use its id");
    options_.additionally_allowed_tenants = detail::allowed_tenants(options_.additionally_allowed_tenants);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<access_token> azure_cli_credential::get_token(token_request request)
{
    detail::check_scope(request.scope);
    std::string const tenant =
        detail::resolve_tenant(options_.tenant, request.tenant, options_.additionally_allowed_tenants, false);
    if (!request.claims.empty()) {
        throw detail::unavailable(detail::azure_cli_name, "the service wants claims in the token",
                                  "run: az login --claims-challenge " + foundry::detail::to_base64(request.claims) +
                                      " --scope " + request.scope + (tenant.empty() ? "" : " --tenant " + tenant));
    }
    detail::command az;
    az.timeout = options_.timeout;
    az.environment.push_back("AZURE_CORE_NO_COLOR=true");
    for (char const* const part : {"account", "get-access-token", "--output", "json", "--scope"})
        az.arguments.push_back(part);
    az.arguments.push_back(request.scope);
    if (!tenant.empty()) {
        az.arguments.push_back("--tenant");
        az.arguments.push_back(tenant);
    }
    if (!subscription_.empty()) {
        az.arguments.push_back("--subscription");
        az.arguments.push_back(subscription_);
    }
    detail::command_result const ran =
        co_await detail::run_tool(detail::azure_cli_name, "az", std::move(az), "az login");
    co_return detail::read_cli_token(ran.output);
}

} // namespace foundry::inline FOUNDRY_ABI::entra
