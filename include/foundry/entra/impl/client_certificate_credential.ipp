// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/core/load_bytes.hpp>
#include <foundry/detail/entra/application_proofs.hpp>
#include <foundry/entra/client_certificate_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

FOUNDRY_DECL client_certificate_credential::client_certificate_credential(std::string tenant, std::string client_id,
                                                                          std::string_view certificate,
                                                                          certificate_options how,
                                                                          credential_options options)
    : application_(detail::make_certificate_application("ClientCertificateCredential", std::move(tenant),
                                                        std::move(client_id), certificate, std::move(how),
                                                        std::move(options)))
{}

FOUNDRY_DECL client_certificate_credential client_certificate_credential::load(std::string tenant,
                                                                               std::string client_id,
                                                                               std::filesystem::path const& file,
                                                                               certificate_options how,
                                                                               credential_options options)
{
    std::string bytes = foundry::detail::load_bytes(file, detail::max_certificate_file);
    foundry::detail::scoped_wipe const clean(bytes);
    return client_certificate_credential(std::move(tenant), std::move(client_id), bytes, std::move(how),
                                         std::move(options));
}

} // namespace foundry::inline FOUNDRY_ABI::entra
