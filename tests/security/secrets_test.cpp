// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Whatever goes wrong, no secret is in what is said about it: raw, in base64 or percent-encoded.

#include "support/entra_fixture.hpp"

#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/core/url.hpp>
#include <foundry/entra/client_assertion_credential.hpp>
#include <foundry/entra/client_secret_credential.hpp>
#include <foundry/entra/managed_identity_credential.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace foundry_test::secrets_test {

/// What arrays held when they were given back.
thread_local bool watching = false;
std::string given_back;

constexpr std::size_t size_before = alignof(std::max_align_t); // an array has its size before it

void give_back(void* memory) noexcept
{
    if (memory == nullptr)
        return;
    char* const begin = static_cast<char*>(memory) - size_before;
    if (std::exchange(watching, false)) {
        std::size_t size = 0;
        std::memcpy(&size, begin, sizeof size);
        given_back.append(static_cast<char const*>(memory), size);
        watching = true;
    }
    std::free(begin);
}

} // namespace foundry_test::secrets_test

void* operator new[](std::size_t size)
{
    auto* const begin = static_cast<char*>(std::malloc(foundry_test::secrets_test::size_before + size));
    if (begin == nullptr)
        throw std::bad_alloc();
    std::memcpy(begin, &size, sizeof size);
    return begin + foundry_test::secrets_test::size_before;
}

void operator delete[](void* memory) noexcept { foundry_test::secrets_test::give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { foundry_test::secrets_test::give_back(memory); }

namespace foundry_test::secrets_test {

using namespace std::chrono_literals;
using foundry::testing::answer;
using foundry::testing::emulator;
using namespace foundry::entra;

/// With characters that look different in every encoding.
std::string const secrets[] = {"s3cr3t~of+the/application=", "assertion.of-the_application", "header+of/app=service",
                               "t0ken.of+the/authority=", "k3y+of/the=resource"};

void expect_no_secret(std::string const& text)
{
    for (std::string const& secret : secrets) {
        std::string const encoded = foundry::detail::to_base64(secret);
        for (std::string const& form :
             {secret, foundry::http::percent_encode_segment(secret), foundry::http::percent_encode_query(secret),
              encoded.substr(0, encoded.size() - 4)})
            CHECK_MESSAGE(text.find(form) == std::string::npos, text);
    }
}

void expect_no_secret(foundry::error const& e)
{
    for (std::string const& text : {std::string(e.what()), e.message(), e.advice(), e.service_code(), e.body(),
                                    e.request_id(), e.apim_request_id(), e.client_request_id()})
        expect_no_secret(text);
    for (foundry::attempt const& a : e.attempts())
        expect_no_secret(a.request_id + a.code.message());
}

/// What can go wrong on the way to a token, and with it.
answer const failures[] = {
    answer::raw(""),
    answer::raw("nonsense"),
    answer::json(400, R"({"error":"invalid_request"})"),
    answer::json(401, R"({"error":"invalid_client","error_description":"AADSTS7000215: No."})"),
    answer::json(403, "<html>"),
    answer::json(429, "{}"),
    answer::json(500, "oops"),
    answer::json(200, "{}"),
    answer::json(200, R"({"access_token":"t0ken.of+the/authority="})"),
    answer::json(200, R"({"access_token":"t0ken.of+the/authority=","expires_in":-1})"),
    answer::json(200, R"({"access_token":"t0ken.of+the/authority=\n","expires_in":3600})"),
    answer::json(200, R"({"access_token":"t0ken.of+the/authority=","expires_in":3600,"token_type":"pop"})"),
    answer::json(200, R"({"access_token":"t0ken.of+the/authority=","expires_in":3600)"),
};

asio::awaitable<void> fail_with(emulator& service, foundry::any_credential who, answer const& what)
{
    foundry::client<> client = client_with(co_await asio::this_coro::executor, service, std::move(who));
    answer next = what;
    service.queue(std::move(next));
    foundry::error const failed = co_await failure_of(client.complete("gpt-4o-mini", "Hello."));
    expect_no_secret(failed);
}

/// The token is good for its bearer, and refused by the service.
asio::awaitable<void> refuse_token(emulator& service, foundry::any_credential who)
{
    foundry::client<> client = client_with(co_await asio::this_coro::executor, service, std::move(who));
    answer token = answer::json(200, R"({"access_token":"t0ken.of+the/authority=","expires_in":3600})");
    service.queue(std::move(token));
    foundry::error const failed = co_await failure_of(client.complete("gpt-4o-mini", "Hello."));
    CHECK(failed.code() == foundry::errc::unauthorized);
    expect_no_secret(failed);
}

TEST_SUITE_BEGIN("secrets");

TEST_CASE("promise: no error says anything of a secret, whatever goes wrong")
{
    bare_environment variables;
    emulator service;
    variables.set("IDENTITY_ENDPOINT", "http://127.0.0.1:" + std::to_string(service.plain_port()) + "/msi/token");
    variables.set("IDENTITY_HEADER", secrets[2]);
    auto const credential = [&service](int which) -> foundry::any_credential {
        if (which == 0)
            return client_secret_credential("contoso-tenant", "contoso-application", secrets[0], asking(service));
        if (which == 1)
            return client_assertion_credential(
                "contoso-tenant", "contoso-application",
                [](assertion_request) -> asio::awaitable<std::string> { co_return secrets[1]; }, asking(service));
        credential_options once;
        once.retry.max_retries = 0;
        return managed_identity_credential(once);
    };
    for (int which = 0; which != 3; ++which) {
        for (answer const& what : failures)
            run(fail_with(service, credential(which), what));
        run(refuse_token(service, credential(which)));
    }
    run([](emulator& s) -> asio::awaitable<void> {
        foundry::any_credential who = foundry::api_key{secrets[4]};
        foundry::client<> client = client_with(co_await asio::this_coro::executor, s, who);
        foundry::error const failed = co_await failure_of(client.complete("gpt-4o-mini", "Hello."));
        CHECK(failed.code() == foundry::errc::unauthorized);
        expect_no_secret(failed);
    }(service));
}

template <class T>
concept printable = requires(std::ostream& out, T const& value)
{
    out << value;
};

template <class T>
concept comparable = requires(T const& a, T const& b)
{
    a == b;
};

TEST_CASE("secret: neither a secret nor a token can be copied, printed or compared by accident")
{
    CHECK(!std::is_copy_constructible_v<foundry::secret>);
    CHECK(!std::is_copy_constructible_v<foundry::access_token>);
    CHECK(!std::is_copy_constructible_v<client_secret_credential>);
    CHECK(!printable<foundry::secret>);
    CHECK(!printable<foundry::access_token>);
    CHECK(!comparable<foundry::secret>);
    CHECK(!std::is_convertible_v<foundry::secret, std::string>);
    CHECK(!std::is_convertible_v<foundry::secret, std::string_view>);
}

TEST_CASE("promise: a secret is erased before its memory is given back")
{
    constexpr std::string_view text = "hunter2, which is long enough to be found";
    {
        auto const plain = std::make_unique<char[]>(text.size());
        text.copy(plain.get(), text.size());
        watching = true;
    }
    watching = false;
    CHECK(given_back.find("hunter2") != std::string::npos); // the watch sees what is not erased
    given_back.clear();
    {
        foundry::secret const held{text};
        foundry::access_token const token(text, {});
        watching = true;
    }
    watching = false;
    CHECK(given_back.size() >= 2 * text.size());
    CHECK(given_back.find("hunter2") == std::string::npos);
}

TEST_SUITE_END();

} // namespace foundry_test::secrets_test
