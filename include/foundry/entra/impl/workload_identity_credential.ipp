// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/environment.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/core/load_bytes.hpp>
#include <foundry/detail/entra/assertion_form.hpp>
#include <foundry/detail/entra/token_answer.hpp>
#include <foundry/entra/workload_identity_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {

inline constexpr std::string_view workload_identity_name = "WorkloadIdentityCredential";

class file_proof final : public application_proof
{
public:
    explicit file_proof(std::string file) : file_(std::move(file)) {}

    boost::asio::awaitable<void> append_to(std::string& form, proof_request) override;

private:
    std::string file_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> file_proof::append_to(std::string& form, proof_request)
{
    std::string assertion = foundry::detail::load_bytes(file_, 64 * 1024);
    foundry::detail::scoped_wipe const clean(assertion);
    append_assertion(form, assertion, "the federated token file " + file_);
    co_return;
}

inline std::unique_ptr<application> make_workload(std::string tenant, std::string client_id, std::string file,
                                                  credential_options options)
{
    if (tenant.empty())
        tenant = foundry::detail::environment("AZURE_TENANT_ID");
    if (client_id.empty())
        client_id = foundry::detail::environment("AZURE_CLIENT_ID");
    if (file.empty())
        file = foundry::detail::environment("AZURE_FEDERATED_TOKEN_FILE");
    std::string missing;
    auto const want = [&missing](std::string const& value, char const* name) {
        if (value.empty())
            missing += (missing.empty() ? "" : ", ") + std::string(name);
    };
    want(tenant, "AZURE_TENANT_ID");
    want(client_id, "AZURE_CLIENT_ID");
    want(file, "AZURE_FEDERATED_TOKEN_FILE");
    if (!missing.empty())
        throw unavailable(
            workload_identity_name, "not set: " + missing,
            "on AKS, label the pod azure.workload.identity/use and give its service account the client id");
    return std::make_unique<application>(workload_identity_name, std::move(options), std::move(tenant),
                                         std::move(client_id), std::make_unique<file_proof>(std::move(file)));
}

} // namespace detail

FOUNDRY_DECL workload_identity_credential::workload_identity_credential(credential_options options)
    : application_(detail::make_workload({}, {}, {}, std::move(options)))
{}

FOUNDRY_DECL workload_identity_credential::workload_identity_credential(std::string tenant, std::string client_id,
                                                                        std::string token_file,
                                                                        credential_options options)
    : application_(
          detail::make_workload(std::move(tenant), std::move(client_id), std::move(token_file), std::move(options)))
{}

} // namespace foundry::inline FOUNDRY_ABI::entra
