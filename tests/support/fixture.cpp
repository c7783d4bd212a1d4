// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/fixture.hpp"

#include <foundry/log_sink.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <utility>

namespace foundry_test {

void run(asio::awaitable<void> body)
{
    asio::io_context context;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(body), [&](std::exception_ptr e) { failure = e; });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
}

int first_cancellation()
{
    asio::io_context context;
    asio::cancellation_signal signal;
    auto const program = []() -> asio::awaitable<void> { co_await asio::post(asio::use_awaitable); };
    asio::co_spawn(context, program(), asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
    signal.emit(asio::cancellation_type::terminal);
    try {
        context.run();
        return 0;
    } catch (boost::system::system_error const&) {
        return 1;
    }
}

bool is_cancellation(std::exception_ptr thrown)
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

foundry::testing::emulator_options unchecked()
{
    foundry::testing::emulator_options with;
    with.journal_file.clear();
    return with;
}

foundry::endpoint at(foundry::testing::emulator const& service, std::string_view url)
{
    foundry::endpoint where{url};
    where.connect_to("127.0.0.1", where.secure() ? service.tls_port() : service.plain_port());
    return where;
}

std::shared_ptr<foundry::observer> test_log()
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

foundry::options trusting(foundry::testing::emulator const& service)
{
    foundry::options with;
    with.tls.ca_certificates = service.ca_certificate();
    with.retry.max_retries = 0;
    with.observer = test_log();
    return with;
}

foundry::options with_retries(foundry::testing::emulator const& service)
{
    foundry::options with = trusting(service);
    with.retry.max_retries = 3;
    with.retry.backoff = std::chrono::milliseconds(1);
    return with;
}

foundry::client<> client_of(asio::any_io_executor executor, foundry::testing::emulator const& service,
                            std::string_view url, foundry::options with)
{
    foundry::any_credential key = foundry::api_key{service.api_key()};
    return foundry::client<>(std::move(executor), at(service, url), std::move(key), std::move(with));
}

foundry::client<> client_of(asio::any_io_executor executor, foundry::testing::emulator const& service,
                            std::string_view url)
{
    return client_of(std::move(executor), service, url, trusting(service));
}

} // namespace foundry_test
