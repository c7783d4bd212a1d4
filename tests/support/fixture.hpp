// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry.hpp>
#include <foundry/testing/emulator.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace foundry_test {

namespace asio = boost::asio;

/// Runs a coroutine to its end on a context of its own; throws what it throws.
void run(asio::awaitable<void> body);

/// What a call throws.
template <class T>
asio::awaitable<foundry::error> failure_of(asio::awaitable<T> call)
{
    std::optional<foundry::error> caught;
    try {
        static_cast<void>(co_await std::move(call));
    } catch (foundry::error const& e) {
        caught = e;
    }
    if (!caught)
        throw std::runtime_error("the call was to fail and did not");
    co_return *caught;
}

/// Whether it is what a cancelled call throws: `operation_aborted`, and no foundry::error.
bool is_cancellation(std::exception_ptr thrown);

/// How many handlers must run before a coroutine may be cancelled. With Asio of Boost 1.83 one: earlier, the cancellation is thrown out of
/// run() and the completion handler is lost.
int first_cancellation();

/// For an emulator whose requests are odd on purpose: they are not checked against the services' documents.
foundry::testing::emulator_options unchecked();

/// The four forms of API, as a user writes their URLs; the last speaks plain HTTP.
inline constexpr char const* urls[] = {
    "https://contoso.services.ai.azure.com/models",
    "https://contoso.openai.azure.com/openai/v1",
    "https://contoso.openai.azure.com",
    "http://localhost:8080/v1",
};

/// The endpoint of a URL, with the socket led to the emulator.
foundry::endpoint at(foundry::testing::emulator const& service, std::string_view url);

/// The most verbose log there is, in the file that FOUNDRY_TEST_LOG names: it is searched for secrets in the end. Null without one.
std::shared_ptr<foundry::observer> test_log();

/// One request for each call: a test that queues an error wants to see it.
foundry::options trusting(foundry::testing::emulator const& service);

/// Three more requests at most, nearly at once.
foundry::options with_retries(foundry::testing::emulator const& service);

foundry::client<> client_of(asio::any_io_executor executor, foundry::testing::emulator const& service,
                            std::string_view url, foundry::options with);
foundry::client<> client_of(asio::any_io_executor executor, foundry::testing::emulator const& service,
                            std::string_view url = urls[0]);

} // namespace foundry_test
