// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/name_table.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstring>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>

namespace foundry_test {

name_table& names()
{
    static name_table table;
    return table;
}

namespace {

struct node : addrinfo
{
    sockaddr_storage storage;
};

} // namespace

} // namespace foundry_test

using namespace foundry_test;

extern "C" {

int __wrap_getaddrinfo(char const* host, char const* port, addrinfo const* hints, addrinfo** found);
void __wrap_freeaddrinfo(addrinfo* list);

int __wrap_getaddrinfo(char const* host, char const* port, addrinfo const*, addrinfo** found)
{
    std::vector<std::string> const addresses = names().look_up(host);
    *found = nullptr;
    addrinfo** end = found;
    for (std::string const& text : addresses) {
        boost::asio::ip::tcp::endpoint const to(boost::asio::ip::make_address(text),
                                                static_cast<unsigned short>(std::stoi(port)));
        auto made = std::make_unique<node>();
        std::memcpy(&made->storage, to.data(), to.size());
        made->ai_family = to.protocol().family();
        made->ai_socktype = SOCK_STREAM;
        made->ai_addr = reinterpret_cast<sockaddr*>(&made->storage);
        made->ai_addrlen = static_cast<socklen_t>(to.size());
        *end = made.release();
        end = &(*end)->ai_next;
    }
    return addresses.empty() ? EAI_NONAME : 0;
}

void __wrap_freeaddrinfo(addrinfo* list)
{
    while (list != nullptr) {
        std::unique_ptr<node> const first(static_cast<node*>(list));
        list = first->ai_next;
    }
}
}
