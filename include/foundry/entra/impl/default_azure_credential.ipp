// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/environment.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/entra/token_answer.hpp>
#include <foundry/entra/azure_cli_credential.hpp>
#include <foundry/entra/azure_developer_cli_credential.hpp>
#include <foundry/entra/default_azure_credential.hpp>
#include <foundry/entra/environment_credential.hpp>
#include <foundry/entra/managed_identity_credential.hpp>
#include <foundry/entra/workload_identity_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {

inline constexpr std::string_view names_of_chain[] = {
    "EnvironmentCredential", "WorkloadIdentityCredential",  "ManagedIdentityCredential",
    "AzureCliCredential",    "AzureDeveloperCliCredential",
};

/// In a chain, any failure of a developer's tool only means that the next credential is tried.
template <class Tool>
class lenient
{
public:
    explicit lenient(Tool tool) : tool_(std::move(tool)) {}

    FOUNDRY_CORO boost::asio::awaitable<access_token> get_token(token_request request)
    {
        std::string problem;
        try {
            access_token token = co_await tool_.get_token(std::move(request));
            co_return token;
        } catch (error const& e) {
            if (e.code() != errc::authentication_failed)
                throw;
            problem = e.message();
        }
        failure f;
        f.service_message = std::move(problem);
        f.should_retry = false;
        throw error(make_error_code(errc::credential_unavailable), std::move(f));
    }

private:
    Tool tool_;
};

/// The choice in `AZURE_TOKEN_CREDENTIALS`.
class choice
{
public:
    choice() : text_(foundry::detail::environment("AZURE_TOKEN_CREDENTIALS"))
    {
        text_.erase(0, text_.find_first_not_of(" \t"));
        text_.resize(text_.find_last_not_of(" \t") + 1);
        if (http::iequals(text_, "AzurePowerShellCredential"))
            foundry::detail::throw_invalid_argument(
                "AZURE_TOKEN_CREDENTIALS: the credential of Azure PowerShell is not served yet; use "
                "AzureCliCredential");
        bool known = text_.empty() || is_group();
        for (std::string_view const name : names_of_chain)
            known = known || is(name);
        if (!known)
            foundry::detail::throw_invalid_argument(
                "AZURE_TOKEN_CREDENTIALS is prod, dev, EnvironmentCredential, WorkloadIdentityCredential, "
                "ManagedIdentityCredential, AzureCliCredential or AzureDeveloperCliCredential");
    }

    bool is(std::string_view word) const { return http::iequals(text_, word); }
    bool is_group() const { return is("prod") || is("dev"); }
    bool takes(std::string_view name, bool tool) const
    {
        return text_.empty() || is(name) || is(tool ? "dev" : "prod");
    }

private:
    std::string text_;
};

/// A credential of the chain, or the reason why it cannot be made.
template <class Make>
chain_entry try_link(Make make)
{
    chain_entry l;
    try {
        l.source = any_credential(make()).source();
    } catch (error const& e) {
        l.missing = e;
    }
    return l;
}

inline std::unique_ptr<chain> make_default_chain(default_credential_options const& with)
{
    choice const chosen;
    std::vector<chain_entry> entries;
    if (chosen.takes("EnvironmentCredential", false))
        entries.push_back(try_link([&] { return environment_credential(with.common); }));
    if (chosen.takes("WorkloadIdentityCredential", false))
        entries.push_back(try_link([&] { return workload_identity_credential(with.common); }));
    if (chosen.takes("ManagedIdentityCredential", false)) {
        entries.push_back(try_link([&] {
            std::string id = with.managed_identity_client_id;
            if (id.empty())
                id = foundry::detail::environment("AZURE_CLIENT_ID");
            bool const alone = chosen.is("ManagedIdentityCredential");
            auto which = id.empty() ? managed_identity_id() : managed_identity_id::client_id(std::move(id));
            managed_identity_credential made(std::move(which), with.common);
            if (!alone)
                made.probe_first(with.probe);
            return made;
        }));
    }
    if (chosen.takes("AzureCliCredential", true))
        entries.push_back(try_link([&] { return lenient(azure_cli_credential(with.tools)); }));
    if (chosen.takes("AzureDeveloperCliCredential", true))
        entries.push_back(try_link([&] { return lenient(azure_developer_cli_credential(with.tools)); }));
    return std::make_unique<chain>("DefaultAzureCredential", std::move(entries));
}

} // namespace detail

FOUNDRY_DECL default_azure_credential::default_azure_credential(default_credential_options options)
    : chain_(detail::make_default_chain(options))
{}

} // namespace foundry::inline FOUNDRY_ABI::entra
