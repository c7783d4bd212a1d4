// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Which requests of a credential go through a proxy, and through which.

#include "support/entra_fixture.hpp"
#include "support/proxied_calls.hpp"

#include <foundry/entra/client_secret_credential.hpp>
#include <foundry/entra/managed_identity_credential.hpp>

#include <doctest/doctest.h>

#include <string>

namespace foundry_test::authority_proxy_test {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST_CASE(
    "authority proxy: a credential asks its authority through the client's proxy, with its additional authorities")
{
    bare_environment variables;
    emulator service;
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.tls_port());
        foundry::entra::credential_options asking_directly;
        asking_directly.retry.max_retries = 0;
        foundry::any_credential who = foundry::entra::client_secret_credential("contoso-tenant", "contoso-application",
                                                                               "contoso-secret", asking_directly);
        foundry::options with = through(s, proxy);
        temporary_file const trusted(s.ca_certificate());
        with.tls.additional_ca_file = trusted.path.string();
        foundry::client<> client(executor, foundry::endpoint{v1_url}, who, with);
        co_await all_operations(client);
        REQUIRE(proxy.journal().size() == 2);
        CHECK(proxy.journal()[0].target == "login.microsoftonline.com:443");
        CHECK(proxy.journal()[1].target == "contoso.openai.azure.com:443");
        CHECK(!contains(proxy.journal()[0].head, "contoso-secret"));

        // Its own settings are stronger.
        connect_proxy another(executor, s.tls_port());
        foundry::entra::credential_options own = asking_directly;
        own.proxy = another.url();
        own.tls.ca_certificates = s.ca_certificate();
        foundry::any_credential apart =
            foundry::entra::client_secret_credential("contoso-tenant", "contoso-application", "contoso-secret", own);
        foundry::client<> second(executor, foundry::endpoint{v1_url}, apart, through(s, proxy));
        co_await all_operations(second);
        REQUIRE(another.journal().size() == 1);
        CHECK(another.journal()[0].target == "login.microsoftonline.com:443");
    }(service));
}

TEST_CASE("authority proxy: the identity of a machine is asked without one")
{
    bare_environment variables;
    emulator service;
    variables.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:" + std::to_string(service.plain_port()));
    run([](emulator& s) -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        connect_proxy proxy(executor, s.tls_port());
        foundry::entra::credential_options own;
        own.proxy = proxy.url();
        foundry::any_credential who = foundry::entra::managed_identity_credential(own);
        foundry::client<> client(executor, foundry::endpoint{v1_url}, who, through(s, proxy));
        co_await all_operations(client);
        for (proxy_request const& asked : proxy.journal())
            CHECK(asked.target == "contoso.openai.azure.com:443");
    }(service));
}

} // namespace foundry_test::authority_proxy_test
