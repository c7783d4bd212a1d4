// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The emulator as soak.sh needs it: with tokens that expire soon, API keys that change, and some addresses, 127.0.0.2 to 127.0.0.5.
//
//     soak_service TOKEN_SECONDS
//
// Its standard input takes a command a line, each of which it answers with a line:
//
//     rotate KEY    accepts this key only, which is at first key-0
//     open ADDRESS  listens at the address too; at first at 127.0.0.2 only
//     close ADDRESS stops listening there, and closes the connections; answers with how many there have been
//     tokens        answers with the number of requests for a token

#include "support/fault_proxy.hpp"

#include <foundry/testing/emulator.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <unistd.h>

using namespace foundry_test;

namespace {

foundry::testing::emulator_options settings(char const* token_seconds)
{
    foundry::testing::emulator_options with;
    with.directory.lifetime = std::chrono::seconds(std::stol(token_seconds));
    with.certificate_names.push_back("gateway.contoso.com");
    with.words_per_second = 60;
    with.journal_limit = 10;
    with.journal_file.clear();
    return with;
}

/// The one key that is accepted, and the number of requests for tokens. The emulator's thread looks at each request.
class gatekeeper
{
public:
    void set(std::string key)
    {
        std::lock_guard const lock(mutex_);
        key_ = std::move(key);
    }
    std::size_t tokens() const
    {
        std::lock_guard const lock(mutex_);
        return tokens_;
    }
    bool refuses(foundry::testing::recorded_request const& request)
    {
        std::lock_guard const lock(mutex_);
        tokens_ += request.target.ends_with("/oauth2/v2.0/token");
        return request.target.starts_with("/v1/") && request.header("authorization") != "Bearer " + key_;
    }

private:
    mutable std::mutex mutex_;
    std::string key_ = "key-0";
    std::size_t tokens_ = 0;
};

/// The addresses of the service, all with one port, which is theirs from the beginning. None is 127.0.0.1, from which all programs of the
/// machine connect, with any port.
class addresses
{
public:
    addresses(asio::any_io_executor executor, std::uint16_t onward) : executor_(std::move(executor)), onward_(onward)
    {
        for (int tries = 1; !reserve(); ++tries)
            if (tries == 20)
                throw std::runtime_error("no port is free at all addresses");
        open("127.0.0.2");
    }

    std::uint16_t port() const noexcept { return port_; }

    void open(std::string const& address)
    {
        tcp::acceptor listening = std::move(reserved_.at(address));
        reserved_.erase(address);
        listening.listen();
        open_.try_emplace(address, std::move(listening), onward_);
    }

    /// Returns how many connections there were.
    std::size_t close(std::string const& address)
    {
        std::size_t const connections = open_.at(address).connections();
        open_.erase(address);
        return connections;
    }

private:
    /// False if another program has the port.
    bool reserve()
    {
        reserved_.clear();
        port_ = 0;
        for (char const* const address : {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}) {
            tcp::acceptor made(executor_, tcp::v4());
            boost::system::error_code ec;
            made.bind(tcp::endpoint(asio::ip::make_address_v4(address), port_), ec);
            if (ec)
                return false;
            port_ = made.local_endpoint().port();
            reserved_.emplace(address, std::move(made));
        }
        return true;
    }

    asio::any_io_executor executor_;
    std::uint16_t onward_;
    std::uint16_t port_ = 0;
    std::map<std::string, tcp::acceptor> reserved_;
    std::map<std::string, fault_proxy> open_;
};

std::string execute(std::string const& line, gatekeeper& keys, addresses& where)
{
    std::istringstream words(line);
    std::string command;
    std::string argument;
    words >> command >> argument;
    if (command == "rotate")
        keys.set(argument);
    else if (command == "open")
        where.open(argument);
    else if (command == "close")
        return std::to_string(where.close(argument)) + " connections";
    else if (command == "tokens")
        return std::to_string(keys.tokens()) + " tokens";
    else
        throw std::invalid_argument("unknown command: " + line);
    return "done";
}

/// Until the end of the input.
FOUNDRY_CORO asio::awaitable<void> take_commands(gatekeeper& keys, addresses& where)
{
    asio::posix::stream_descriptor input(co_await asio::this_coro::executor, ::dup(STDIN_FILENO));
    std::string text;
    boost::system::error_code ec;
    while (!ec) {
        std::size_t const size = co_await asio::async_read_until(input, asio::dynamic_buffer(text), '\n',
                                                                 asio::redirect_error(asio::use_awaitable, ec));
        if (size == 0)
            continue;
        std::string const answer = execute(text.substr(0, size - 1), keys, where);
        text.erase(0, size);
        std::cout << answer << std::endl;
    }
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 2)
        throw std::invalid_argument("usage: soak_service TOKEN_SECONDS");
    gatekeeper keys;
    foundry::testing::emulator service(settings(argv[1]));
    service.reply_when(
        [&keys](foundry::testing::recorded_request const& request) { return keys.refuses(request); },
        foundry::testing::answer::json(
            401, R"({"error":{"message":"the key is not valid","type":"auth","code":"invalid_api_key"}})"));
    asio::io_context context;
    addresses where(context.get_executor(), service.tls_port());
    auto const ca = std::filesystem::temp_directory_path() / ("foundry-soak-" + std::to_string(where.port()) + ".pem");
    std::ofstream(ca) << service.ca_certificate();
    std::cout << "plain HTTP  http://127.0.0.1:" << service.plain_port()
              << "\nTLS         https://localhost:" << where.port() << "\nCA file     " << ca.string()
              << "\nCtrl-C ends it." << std::endl;
    std::exception_ptr failed;
    asio::co_spawn(context, take_commands(keys, where), [&](std::exception_ptr e) {
        failed = e;
        context.stop();
    });
    context.run();
    std::filesystem::remove(ca);
    if (failed)
        std::rethrow_exception(failed);
    return EXIT_SUCCESS;
} catch (std::exception const& failed) {
    std::cerr << failed.what() << std::endl;
    return EXIT_FAILURE;
}
