// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/application_proofs.hpp>
#include <foundry/entra/client_secret_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

FOUNDRY_DECL client_secret_credential::client_secret_credential(std::string tenant, std::string client_id,
                                                                std::string_view text, credential_options options)
    : application_(std::make_unique<detail::application>("ClientSecretCredential", std::move(options),
                                                         std::move(tenant), std::move(client_id),
                                                         std::make_unique<detail::secret_proof>(text)))
{}

} // namespace foundry::inline FOUNDRY_ABI::entra
