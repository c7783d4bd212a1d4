// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Runs the emulator as a program, for any client or for curl. Ctrl-C ends it.
//
//     emulator [tls-port plain-port [words-per-second]]

#include <foundry/testing/emulator.hpp>
#include <foundry/testing/realtime.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

static std::uint16_t port_from(std::string const& text)
{
    auto const number = std::stoul(text);
    if (number > 65535)
        throw std::out_of_range("a port is at most 65535");
    return static_cast<std::uint16_t>(number);
}

static void check_free(std::uint16_t port)
{
    using boost::asio::ip::tcp;
    boost::asio::io_context io;
    boost::system::error_code ec;
    tcp::acceptor acceptor(io);
    acceptor.open(tcp::v4());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind({boost::asio::ip::address_v4::loopback(), port}, ec);
    if (!ec)
        acceptor.listen(1, ec);
    if (ec) {
        throw std::runtime_error("cannot listen on port " + std::to_string(port) + ": " + ec.message() +
                                 "; end the program that has it, or name another port (0 is any free one)");
    }
}

static foundry::testing::emulator_options options_from(int argc, char** argv)
{
    foundry::testing::emulator_options options;
    options.words_per_second = 30;
    foundry::testing::realtime_options spoken;
    spoken.speed = 1;
    options.realtime = foundry::testing::realtime(spoken);
    if (argc > 2) {
        options.tls_port = port_from(argv[1]);
        options.plain_port = port_from(argv[2]);
        check_free(options.tls_port);
        check_free(options.plain_port);
    }
    if (argc > 3)
        options.words_per_second = std::stod(argv[3]);
    return options;
}

/// Writes the certificate authority where a client can be told to find it.
static std::filesystem::path write_ca(std::string const& pem, std::uint16_t port)
{
    auto const path = std::filesystem::temp_directory_path() / ("foundry-emulator-" + std::to_string(port) + ".pem");
    std::ofstream file(path);
    file << pem;
    if (!file.flush())
        throw std::runtime_error("cannot write " + path.string());
    return path;
}

static void print_help(foundry::testing::emulator const& service, std::string const& ca)
{
    auto const tls = std::to_string(service.tls_port());
    auto const plain = "http://127.0.0.1:" + std::to_string(service.plain_port());
    std::string const key = " -H 'api-key: " + service.api_key() + "'";
    std::string const content = " -H 'Content-Type: application/json'";
    std::string const host = "my-resource.services.ai.azure.com";
    std::cout
        << "plain HTTP  " << plain << "\n"
        << "TLS         https://localhost:" << tls << "\n"
        << "CA file     " << ca << "\n"
        << "API key     " << service.api_key() << "\n\n"
        << "# An answer as it is written:\n"
        << "curl -N '" << plain << "/openai/v1/chat/completions'" << key << content
        << R"( -d '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Tell me a story"}]}')"
        << "\n\n# With TLS, under the name of a Foundry resource:\n"
        << "curl --cacert " << ca << " --connect-to " << host << ":443:127.0.0.1:" << tls << " 'https://" << host
        << "/models/chat/completions?api-version=2024-05-01-preview'" << key << content
        << R"( -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"How many feet in a mile?"}]}')"
        << "\n\n# Embeddings:\n"
        << "curl '" << plain << "/openai/deployments/text-embedding-3-small/embeddings?api-version=2024-10-21'" << key
        << content << R"( -d '{"input":["a ship at sea"],"dimensions":8}')"
        << "\n\nCtrl-C ends it." << std::endl;
}

int main(int argc, char** argv)
try {
    foundry::testing::emulator const service(options_from(argc, argv));
    auto const ca = write_ca(service.ca_certificate(), service.tls_port());
    print_help(service, ca.string());

    boost::asio::io_context io;
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([](boost::system::error_code, int) {});
    io.run();
    std::filesystem::remove(ca);
    return EXIT_SUCCESS;
} catch (std::exception const& failure) {
    std::cerr << failure.what() << "\n";
    return EXIT_FAILURE;
}
