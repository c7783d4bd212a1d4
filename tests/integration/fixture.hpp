// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry.hpp>
#include <foundry/log_sink.hpp>
#include <foundry/testing/emulator.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace foundry_test {

namespace asio = boost::asio;

/// Runs a coroutine to its end on a context of its own; throws what it throws.
inline void run(asio::awaitable<void> body)
{
    asio::io_context context;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(body), [&](std::exception_ptr e) { failure = e; });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
}

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
inline bool is_cancellation(std::exception_ptr thrown)
{
    try {
        if (thrown)
            std::rethrow_exception(thrown);
    } catch (foundry::error const&) {
        return false;
    } catch (boost::system::system_error const& e) {
        return e.code() == asio::error::operation_aborted;
    }
    return false;
}

/// For an emulator whose requests are odd on purpose: they are not checked against the services' documents.
inline foundry::testing::emulator_options unchecked()
{
    foundry::testing::emulator_options with;
    with.journal_file.clear();
    return with;
}

/// The four forms of API, as a user writes their URLs; the last speaks plain HTTP.
inline constexpr char const* urls[] = {
    "https://contoso.services.ai.azure.com/models",
    "https://contoso.openai.azure.com/openai/v1",
    "https://contoso.openai.azure.com",
    "http://localhost:8080/v1",
};

/// The endpoint of a URL, with the socket led to the emulator.
inline foundry::endpoint at(foundry::testing::emulator const& service, std::string_view url)
{
    foundry::endpoint where{url};
    where.connect_to("127.0.0.1", where.secure() ? service.tls_port() : service.plain_port());
    return where;
}

/// The most verbose log there is, in the file that FOUNDRY_TEST_LOG names: it is searched for secrets in the end. Null without one.
inline std::shared_ptr<foundry::observer> test_log()
{
    static std::mutex one_at_a_time;
    static std::ofstream file;
    static std::shared_ptr<foundry::observer> const log = []() -> std::shared_ptr<foundry::observer> {
        char const* const name = std::getenv("FOUNDRY_TEST_LOG");
        if (name == nullptr)
            return nullptr;
        file.open(name, std::ios::app);
        return std::make_shared<foundry::log_sink>(foundry::log_level::verbose,
                                                   [](foundry::log_level, std::string_view line) {
                                                       std::lock_guard const lock(one_at_a_time);
                                                       file << line << std::endl;
                                                   });
    }();
    return log;
}

/// One request for each call: a test that queues an error wants to see it.
inline foundry::options trusting(foundry::testing::emulator const& service)
{
    foundry::options with;
    with.tls.ca_certificates = service.ca_certificate();
    with.retry.max_retries = 0;
    with.observer = test_log();
    return with;
}

inline foundry::client<> client_of(asio::any_io_executor executor, foundry::testing::emulator const& service,
                                   std::string_view url, foundry::options with)
{
    foundry::any_credential key = foundry::api_key{service.api_key()};
    return foundry::client<>(std::move(executor), at(service, url), std::move(key), std::move(with));
}

inline foundry::client<> client_of(asio::any_io_executor executor, foundry::testing::emulator const& service,
                                   std::string_view url = urls[0])
{
    return client_of(std::move(executor), service, url, trusting(service));
}

} // namespace foundry_test
