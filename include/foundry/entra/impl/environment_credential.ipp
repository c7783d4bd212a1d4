// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/environment.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/core/load_bytes.hpp>
#include <foundry/detail/entra/application_proofs.hpp>
#include <foundry/detail/entra/token_answer.hpp>
#include <foundry/entra/environment_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {

inline constexpr std::string_view environment_name = "EnvironmentCredential";

/// @throws foundry::error if the environment describes no application.
inline std::unique_ptr<application> application_of_environment(credential_options options)
{
    std::string missing;
    auto const take = [&missing](char const* name) {
        std::string value = foundry::detail::environment(name);
        if (value.empty())
            missing += (missing.empty() ? "" : ", ") + std::string(name);
        return value;
    };
    std::string tenant = take("AZURE_TENANT_ID");
    std::string client_id = take("AZURE_CLIENT_ID");
    std::string text = foundry::detail::environment("AZURE_CLIENT_SECRET");
    foundry::detail::scoped_wipe const clean(text);
    std::string const file = foundry::detail::environment("AZURE_CLIENT_CERTIFICATE_PATH");
    if (text.empty() && file.empty())
        missing += std::string(missing.empty() ? "" : ", ") + "AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH";
    if (!missing.empty()) {
        bool const has_user = !foundry::detail::environment("AZURE_USERNAME").empty();
        throw unavailable(environment_name, "not set: " + missing,
                          has_user ? "a user's name and password are not taken; use an application" : "");
    }
    if (!text.empty())
        return std::make_unique<application>(environment_name, std::move(options), std::move(tenant),
                                             std::move(client_id), std::make_unique<secret_proof>(text));
    certificate_options how;
    how.password = foundry::detail::environment("AZURE_CLIENT_CERTIFICATE_PASSWORD");
    how.send_chain = foundry::detail::is_on(foundry::detail::environment("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"));
    std::string bytes = foundry::detail::load_bytes(file, max_certificate_file);
    foundry::detail::scoped_wipe const clean_bytes(bytes);
    return make_certificate_application(environment_name, std::move(tenant), std::move(client_id), bytes,
                                        std::move(how), std::move(options));
}

} // namespace detail

FOUNDRY_DECL environment_credential::environment_credential(credential_options options)
{
    try {
        application_ = detail::application_of_environment(std::move(options));
    } catch (error const& e) {
        missing_ = detail::final_error(detail::environment_name, e);
    }
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<access_token> environment_credential::get_token(token_request request)
{
    if (missing_)
        throw *missing_;
    access_token token = co_await application_->get_token(std::move(request));
    co_return token;
}

} // namespace foundry::inline FOUNDRY_ABI::entra
