// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/entra/application.hpp>
#include <foundry/detail/entra/signing_key.hpp>
#include <foundry/entra/certificate_options.hpp>
#include <foundry/secret.hpp>

#include <memory>
#include <string>
#include <string_view>

/// How an application proves its identity by itself: with a secret or with a certificate.
namespace foundry::inline FOUNDRY_ABI::entra::detail {

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

class certificate_proof final : public application_proof
{
public:
    certificate_proof(std::string_view certificate, certificate_options const& how, bool adfs)
        : key_(certificate, how.password),
          send_chain_(how.send_chain),
          adfs_(adfs)
    {}

    boost::asio::awaitable<void> append_to(std::string& form, proof_request request) override;

private:
    signing_key key_;
    bool send_chain_;
    bool adfs_;
};

FOUNDRY_DECL std::unique_ptr<application>
make_certificate_application(std::string_view credential_name, std::string tenant, std::string client_id,
                             std::string_view certificate, certificate_options how, credential_options options);

inline constexpr std::size_t max_certificate_file = std::size_t{1} << 20;

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/application_proofs.ipp>
#endif
