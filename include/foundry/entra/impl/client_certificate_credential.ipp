// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/core/load_bytes.hpp>
#include <foundry/detail/entra/assertion_form.hpp>
#include <foundry/detail/entra/signing_key.hpp>
#include <foundry/entra/client_certificate_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {

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

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> certificate_proof::append_to(std::string& form,
                                                                                    proof_request request)
{
    std::string assertion = make_assertion(key_, request, send_chain_, adfs_, std::chrono::system_clock::now());
    foundry::detail::scoped_wipe const clean(assertion);
    append_assertion(form, assertion, "the certificate");
    co_return;
}

inline std::unique_ptr<application> make_certificate_application(std::string_view credential_name, std::string tenant,
                                                                 std::string client_id, std::string_view certificate,
                                                                 certificate_options how, credential_options options)
{
    auto proof = std::make_unique<certificate_proof>(certificate, how, http::iequals(tenant, "adfs"));
    foundry::detail::cleanse(how.password.data(), how.password.size());
    return std::make_unique<application>(credential_name, std::move(options), std::move(tenant), std::move(client_id),
                                         std::move(proof));
}

inline constexpr std::size_t max_certificate_file = std::size_t{1} << 20;

} // namespace detail

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
