// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Linked to a program, which stays as it is, its URL, port and certificate check included: the emulator runs around main(), the linker
// leads name look-ups and connections to it (--wrap), and an environment variable makes OpenSSL trust it.

#include <foundry/testing/emulator.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

namespace {

constexpr std::size_t expected_requests = FOUNDRY_TEST_REQUESTS;

foundry::testing::emulator_options with_the_programs_key()
{
    foundry::testing::emulator_options options;
    options.api_key = "...";
    return options;
}

/// Starts before main(), ends after it with a verdict on what it printed.
class stage
{
public:
    stage() : service(with_the_programs_key()), screen_(std::cout.rdbuf(printed_.rdbuf()))
    {
        std::ofstream{trusted_} << service.ca_certificate();
        setenv("SSL_CERT_FILE", trusted_.c_str(), 1);
    }

    ~stage()
    {
        std::cout.rdbuf(screen_);
        std::remove(trusted_.c_str());
        std::string const text = printed_.str();
        std::string const whole = text.substr(0, text.find('\n'));
        bool const good = whole.find("5,280") != whole.npos && service.journal().size() == expected_requests &&
                          (expected_requests == 1 || text == whole + '\n' + whole) && service.connections() == 1;
        std::cout << text << "\n"
                  << service.journal().size() << " requests, " << service.connections() << " connection(s)"
                  << std::endl;
        if (!good) {
            std::cout << "expected the answer, the same answer if it is asked for twice, " << expected_requests
                      << " requests and 1 connection" << std::endl;
            std::_Exit(1);
        }
    }

    foundry::testing::emulator service;

private:
    std::string trusted_ = "trusted." + std::to_string(getpid()) + ".pem";
    std::ostringstream printed_;
    std::streambuf* screen_;
};

stage around_main;

} // namespace

extern "C" {

int __real_getaddrinfo(char const* node, char const* port, addrinfo const* hints, addrinfo** found);
int __real_connect(int socket, sockaddr const* to, socklen_t size);
int __wrap_getaddrinfo(char const* node, char const* port, addrinfo const* hints, addrinfo** found);
int __wrap_connect(int socket, sockaddr const* to, socklen_t size);

int __wrap_getaddrinfo(char const*, char const* port, addrinfo const* hints, addrinfo** found)
{
    return __real_getaddrinfo("127.0.0.1", port, hints, found);
}

int __wrap_connect(int socket, sockaddr const* to, socklen_t size)
{
    sockaddr_in led;
    if (to->sa_family != AF_INET || size < sizeof led)
        return __real_connect(socket, to, size);
    std::memcpy(&led, to, sizeof led);
    if (ntohs(led.sin_port) == 443)
        led.sin_port = htons(around_main.service.tls_port());
    else if (ntohs(led.sin_port) == 8080)
        led.sin_port = htons(around_main.service.plain_port());
    return __real_connect(socket, reinterpret_cast<sockaddr const*>(&led), sizeof led);
}
}
