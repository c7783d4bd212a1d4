// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/entra/application_proofs.hpp>
#include <foundry/detail/entra/assertion_form.hpp>

#include <chrono>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> secret_proof::append_to(std::string& form, proof_request)
{
    append_parameter(form, "client_secret", secret_.reveal());
    co_return;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> certificate_proof::append_to(std::string& form,
                                                                                    proof_request request)
{
    std::string assertion = make_assertion(key_, request, send_chain_, adfs_, std::chrono::system_clock::now());
    foundry::detail::scoped_wipe const clean(assertion);
    append_assertion(form, assertion, "the certificate");
    co_return;
}

FOUNDRY_DECL std::unique_ptr<application>
make_certificate_application(std::string_view credential_name, std::string tenant, std::string client_id,
                             std::string_view certificate, certificate_options how, credential_options options)
{
    auto proof = std::make_unique<certificate_proof>(certificate, how, http::iequals(tenant, "adfs"));
    foundry::detail::cleanse(how.password.data(), how.password.size());
    return std::make_unique<application>(credential_name, std::move(options), std::move(tenant), std::move(client_id),
                                         std::move(proof));
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
