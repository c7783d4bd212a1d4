// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The options of the sockets that a client opens.

#include "support/descriptors.hpp"
#include "support/plain_calls.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <string>
#include <vector>

namespace foundry_test::socket_options_test {

int option(descriptor socket, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    CHECK(::getsockopt(socket, level, name, reinterpret_cast<char*>(&value), &size) == 0);
    return value;
}

TEST_CASE("socket options: keep-alive packets are sent after a minute of silence and each minute, and small requests "
          "at once")
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        emulator const service;
        asio::io_context context;
        foundry::client<> const client = client_of(context.get_executor(), service, url, limited(service));
        asio::co_spawn(context, client.complete(question()),
                       [](std::exception_ptr e, foundry::chat_completion) { CHECK(!e); });
        context.run();
        std::vector<descriptor> const found = sockets_to(url == local_url ? service.plain_port() : service.tls_port());
        REQUIRE(found.size() == 1);
        CHECK(option(found[0], SOL_SOCKET, SO_KEEPALIVE) != 0);
#if defined(TCP_KEEPIDLE) && defined(TCP_KEEPINTVL)
        CHECK(option(found[0], IPPROTO_TCP, TCP_KEEPIDLE) == 60);
        CHECK(option(found[0], IPPROTO_TCP, TCP_KEEPINTVL) == 60);
#endif
        CHECK(option(found[0], IPPROTO_TCP, TCP_NODELAY) != 0);
    }
}

} // namespace foundry_test::socket_options_test
