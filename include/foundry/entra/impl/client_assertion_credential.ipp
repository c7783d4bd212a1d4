// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/entra/assertion_form.hpp>
#include <foundry/entra/client_assertion_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {

class made_proof final : public application_proof
{
public:
    explicit made_proof(std::function<boost::asio::awaitable<std::string>(proof_request)> make) : make_(std::move(make))
    {
        if (!make_)
            foundry::detail::throw_invalid_argument("there is no function that makes the assertion");
    }

    boost::asio::awaitable<void> append_to(std::string& form, proof_request request) override;

private:
    std::function<boost::asio::awaitable<std::string>(proof_request)> make_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> made_proof::append_to(std::string& form, proof_request request)
{
    std::string assertion = co_await make_(std::move(request));
    foundry::detail::scoped_wipe const clean(assertion);
    append_assertion(form, assertion, "the function that makes the assertion");
}

} // namespace detail

FOUNDRY_DECL client_assertion_credential::client_assertion_credential(
    std::string tenant, std::string client_id,
    std::function<boost::asio::awaitable<std::string>(assertion_request)> make_assertion, credential_options options)
    : application_(std::make_unique<detail::application>(
          "ClientAssertionCredential", std::move(options), std::move(tenant), std::move(client_id),
          std::make_unique<detail::made_proof>(std::move(make_assertion))))
{}

} // namespace foundry::inline FOUNDRY_ABI::entra
