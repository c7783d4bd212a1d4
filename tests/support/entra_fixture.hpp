// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include "support/environment.hpp"
#include "support/fixture.hpp"

#include <foundry/entra/credential_options.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace foundry_test {

/// A PATH with the tools that the tests have.
#if defined(_WIN32) // with a drive
inline std::string const tools_path = std::filesystem::absolute(FOUNDRY_TEST_TOOLS).string();
#else
inline std::string const tools_path = FOUNDRY_TEST_TOOLS ":/usr/bin:/bin";
#endif

/// An environment without anything that a credential looks at.
class bare_environment : public environment
{
public:
    bare_environment()
    {
        for (char const* const name : {"AZURE_TENANT_ID",
                                       "AZURE_CLIENT_ID",
                                       "AZURE_CLIENT_SECRET",
                                       "AZURE_CLIENT_CERTIFICATE_PATH",
                                       "AZURE_CLIENT_CERTIFICATE_PASSWORD",
                                       "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
                                       "AZURE_USERNAME",
                                       "AZURE_AUTHORITY_HOST",
                                       "AZURE_ADDITIONALLY_ALLOWED_TENANTS",
                                       "AZURE_FEDERATED_TOKEN_FILE",
                                       "AZURE_TOKEN_CREDENTIALS",
                                       "AZURE_IDENTITY_DISABLE_CP1",
                                       "AZURE_IDENTITY_DISABLE_MULTITENANTAUTH",
                                       "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                                       "IDENTITY_ENDPOINT",
                                       "IDENTITY_HEADER",
                                       "IDENTITY_SERVER_THUMBPRINT",
                                       "IMDS_ENDPOINT",
                                       "MSI_ENDPOINT",
                                       "MSI_SECRET"})
            set(name, std::nullopt);
    }
};

/// Asks the emulator's authority for tokens, once.
inline foundry::entra::credential_options asking(foundry::testing::emulator const& service)
{
    foundry::entra::credential_options with;
    with.tls.ca_certificates = service.ca_certificate();
    with.connect_to("127.0.0.1", service.tls_port());
    with.retry.max_retries = 0;
    return with;
}

inline foundry::token_request for_scope(std::string scope = "https://cognitiveservices.azure.com/.default")
{
    return foundry::token_request(std::move(scope));
}

/// A client of the Azure OpenAI endpoint with this credential.
inline foundry::client<> client_with(asio::any_io_executor executor, foundry::testing::emulator const& service,
                                     foundry::any_credential who, std::string_view url = urls[1])
{
    return foundry::client<>(std::move(executor), at(service, url), std::move(who), trusting(service));
}

/// What a credential throws when it is asked for a token.
template <class Credential>
foundry::error token_refusal_of(Credential& who, foundry::token_request request = for_scope())
{
    std::optional<foundry::error> failed;
    run([](Credential& c, foundry::token_request r, std::optional<foundry::error>& into) -> asio::awaitable<void> {
        into = co_await failure_of(c.get_token(std::move(r)));
    }(who, std::move(request), failed));
    return *failed;
}

/// The token that a credential gives.
template <class Credential>
std::string token_of(Credential& who, foundry::token_request request = for_scope())
{
    std::string text;
    run([](Credential& c, foundry::token_request r, std::string& into) -> asio::awaitable<void> {
        foundry::access_token const token = co_await c.get_token(std::move(r));
        into = token.token().reveal();
    }(who, std::move(request), text));
    return text;
}

} // namespace foundry_test
