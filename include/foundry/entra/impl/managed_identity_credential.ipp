// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/entra/managed_identity_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {

/// Name and value of an identity in a query. IMDS and App Service spell two of the names differently, and ignore a wrong one.
inline std::pair<std::string, std::string> selector_of(managed_identity_id const& id, bool app_service)
{
    if (id.what() != managed_identity_id::kind::own && id.value().empty())
        foundry::detail::throw_invalid_argument("the id of the managed identity is empty");
    switch (id.what()) {
    case managed_identity_id::kind::own:
        return {};
    case managed_identity_id::kind::client_id:
        return {"client_id", id.value()};
    case managed_identity_id::kind::object_id:
        return {app_service ? "principal_id" : "object_id", id.value()};
    case managed_identity_id::kind::resource_id:
        return {app_service ? "mi_res_id" : "msi_res_id", id.value()};
    }
    return {};
}

} // namespace detail

FOUNDRY_DECL managed_identity_credential::managed_identity_credential(credential_options options)
    : managed_identity_credential(managed_identity_id(), std::move(options))
{}

FOUNDRY_DECL managed_identity_credential::managed_identity_credential(managed_identity_id id,
                                                                      credential_options options)
    : source_(std::make_unique<detail::managed_identity>(std::move(options)))
{
    auto [name, value] = detail::selector_of(id, source_->is_app_service());
    source_->select(std::move(name), std::move(value));
}

} // namespace foundry::inline FOUNDRY_ABI::entra
