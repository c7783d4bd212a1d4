// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/entra/client_secret_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {

class secret_proof final : public application_proof
{
public:
    explicit secret_proof(std::string_view text) : secret_(text)
    {
        if (secret_.empty())
            foundry::detail::throw_invalid_argument("the client secret is empty");
    }

    boost::asio::awaitable<void> append_to(std::string& form, proof_request) override;

private:
    secret secret_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> secret_proof::append_to(std::string& form, proof_request)
{
    append_parameter(form, "client_secret", secret_.reveal());
    co_return;
}

} // namespace detail

FOUNDRY_DECL client_secret_credential::client_secret_credential(std::string tenant, std::string client_id,
                                                                std::string_view text, credential_options options)
    : application_(std::make_unique<detail::application>("ClientSecretCredential", std::move(options),
                                                         std::move(tenant), std::move(client_id),
                                                         std::make_unique<detail::secret_proof>(text)))
{}

} // namespace foundry::inline FOUNDRY_ABI::entra
