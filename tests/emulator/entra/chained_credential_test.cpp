// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Credentials in a chain, and the one that works everywhere.

#include "support/entra_fixture.hpp"

#include <foundry/entra/azure_cli_credential.hpp>
#include <foundry/entra/chained_credential.hpp>
#include <foundry/entra/client_secret_credential.hpp>
#include <foundry/entra/default_azure_credential.hpp>
#include <foundry/entra/managed_identity_credential.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <doctest/doctest.h>

namespace foundry_test::chained_credential_test {

using namespace std::chrono_literals;
using foundry::errc;
using foundry::testing::emulator;
using namespace foundry::entra;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Fails with a code, or gives a token, and counts.
struct played
{
    asio::awaitable<foundry::access_token> get_token(foundry::token_request)
    {
        ++*asked;
        if (code)
            throw foundry::error(*code, text);
        foundry::access_token token(text, std::chrono::system_clock::now() + 1h);
        co_return token;
    }

    std::string text;
    std::optional<errc> code;
    std::shared_ptr<int> asked = std::make_shared<int>(0);
};

played unavailable(std::string why)
{
    played p;
    p.text = std::move(why);
    p.code = errc::credential_unavailable;
    return p;
}

played giving(std::string token)
{
    played p;
    p.text = std::move(token);
    return p;
}

default_credential_options with_probe(emulator const& service, std::chrono::milliseconds probe)
{
    default_credential_options with;
    with.common = asking(service);
    with.common.connect_address.clear();
    with.probe = probe;
    return with;
}

/// No tool is to be found there.
constexpr char const* nowhere = "/nonexistent";

TEST_SUITE_BEGIN("chains");

TEST_CASE("chained credential: an unavailable one is skipped, and the one that gave a token is used alone from then on")
{
    played const first = unavailable("first: not here");
    played const second = giving("second");
    played const third = giving("third");
    chained_credential who{first, second, third};
    CHECK(token_of(who) == "second");
    CHECK(token_of(who) == "second");
    CHECK(*first.asked == 1);
    CHECK(*second.asked == 2);
    CHECK(*third.asked == 0);
}

TEST_CASE("chained credential: a rejected one ends the chain, so that the next does not hide a wrong secret")
{
    played wrong;
    wrong.text = "wrong secret";
    wrong.code = errc::authentication_failed;
    played const next = giving("next");
    chained_credential who{unavailable("nothing"), wrong, next};
    CHECK(token_refusal_of(who).code() == errc::authentication_failed);
    CHECK(*next.asked == 0);
}

TEST_CASE("chained credential: if none is available, the error has the reason of each")
{
    chained_credential who{unavailable("first: no variable"), unavailable("second: no tool")};
    foundry::error const failed = token_refusal_of(who);
    CHECK(failed.code() == errc::credential_unavailable);
    CHECK(contains(failed.what(), "first: no variable; second: no tool"));
    CHECK(failed.should_retry() == false);
}

TEST_CASE("chained credential: it is made of credentials that give tokens")
{
    CHECK_THROWS_AS(chained_credential(std::vector<foundry::any_credential>()), foundry::error);
    CHECK_THROWS_AS((chained_credential{foundry::api_key{"k"}, giving("t")}), foundry::error);
}

TEST_CASE("default credential: the environment comes first, then managed identity, then the developer tools")
{
    bare_environment variables;
    emulator service;
    variables.set("PATH", tools_path);
    variables.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:" + std::to_string(service.plain_port()));
    default_credential_options with = with_probe(service, 5s);
    default_azure_credential machine(with);
    CHECK(token_of(machine) == "given-token-1");
    CHECK(service.journal().size() == 2); // the probe, without the header that IMDS wants, and the question
    CHECK(!service.journal()[0].header("metadata"));
    CHECK(token_of(machine) == "given-token-2");
    CHECK(service.journal().size() == 3);

    variables.set("AZURE_TENANT_ID", "contoso-tenant").set("AZURE_CLIENT_ID", "contoso-application");
    variables.set("AZURE_CLIENT_SECRET", "contoso-secret");
    with.common = asking(service);
    default_azure_credential application(with);
    CHECK(token_of(application) == "given-token-3");
    CHECK(service.journal().back().target == "/contoso-tenant/oauth2/v2.0/token");

    variables.set("AZURE_TOKEN_CREDENTIALS", " DEV ");
    default_azure_credential developer(with);
    CHECK(token_of(developer) == "emulator-token");
    variables.set("AZURE_TOKEN_CREDENTIALS", "azuredeveloperclicredential");
    default_azure_credential azd(with);
    CHECK(token_of(azd) == "emulator-token");
    CHECK(service.journal().size() == 4);
}

TEST_CASE("default credential: AZURE_TOKEN_CREDENTIALS is prod, dev or one credential's name; another value is "
          "rejected with those")
{
    bare_environment variables;
    emulator service;
    variables.set("PATH", tools_path);
    variables.set("AZURE_TOKEN_CREDENTIALS", "prod");
    asio::io_context around;
    asio::ip::tcp::acceptor closed(around, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    variables.set("AZURE_POD_IDENTITY_AUTHORITY_HOST",
                  "http://127.0.0.1:" + std::to_string(closed.local_endpoint().port()));
    closed.close();
    default_azure_credential prod(with_probe(service, 1s));
    foundry::error const none = token_refusal_of(prod);
    CHECK(none.code() == errc::credential_unavailable);
    CHECK(contains(none.what(), "EnvironmentCredential: not set"));
    CHECK(contains(none.what(), "WorkloadIdentityCredential: not set"));
    CHECK(contains(none.what(), "ManagedIdentityCredential: no response"));
    CHECK(!contains(none.what(), "AzureCli"));
    variables.set("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential");
    default_azure_credential one(with_probe(service, 1s));
    CHECK(!contains(token_refusal_of(one).what(), "Workload"));
    variables.set("AZURE_TOKEN_CREDENTIALS", "everything");
    CHECK_THROWS_AS(default_azure_credential{}, foundry::error);
}

TEST_CASE("default credential: outside Azure and without tools it ends after one probe, with the reason of each")
{
    bare_environment variables;
    emulator service;
    variables.set("PATH", nowhere);
    asio::io_context around;
    // plays IMDS: accepts, and stays silent
    asio::ip::tcp::acceptor mute(around, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    variables.set("AZURE_POD_IDENTITY_AUTHORITY_HOST",
                  "http://127.0.0.1:" + std::to_string(mute.local_endpoint().port()));
    std::chrono::milliseconds const probe = 1s;
    default_azure_credential who(with_probe(service, probe));
    auto const begun = std::chrono::steady_clock::now();
    foundry::error const failed = token_refusal_of(who);
    CHECK(std::chrono::steady_clock::now() - begun < 2 * probe);
    CHECK(failed.code() == errc::credential_unavailable);
    for (char const* const part :
         {"EnvironmentCredential: not set", "WorkloadIdentityCredential: not set",
          "ManagedIdentityCredential: no response from the IMDS endpoint", "AzureCliCredential: az is not on PATH",
          "AzureDeveloperCliCredential: azd is not on PATH"})
        CHECK_MESSAGE(contains(failed.what(), part), part);
    CHECK(token_refusal_of(who).code() == errc::credential_unavailable);
    mute.non_blocking(true);
    int connections = 0;
    for (boost::system::error_code ec; !ec; ++connections) {
        asio::ip::tcp::socket one(around);
        mute.accept(one, ec);
        if (ec)
            break;
    }
    CHECK(connections == 1); // the second time from memory
}

TEST_SUITE_END();

} // namespace foundry_test::chained_credential_test
