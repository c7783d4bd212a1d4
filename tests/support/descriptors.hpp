// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// The sockets that this process has open: Linux lists them; on Windows each number is tried.

#include <boost/asio/detail/socket_types.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace foundry_test {

using descriptor = boost::asio::detail::socket_type;

/// The descriptors of the open sockets.
inline std::vector<descriptor> open_sockets()
{
    std::vector<descriptor> found;
#if defined(_WIN32)
    for (descriptor one = 4; one != 0x4000; one += 4) {
        char type[sizeof(int)];
        int size = sizeof type;
        if (::getsockopt(one, SOL_SOCKET, SO_TYPE, type, &size) == 0)
            found.push_back(one);
    }
#else
    for (std::filesystem::directory_entry const& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code closed_meanwhile;
        std::filesystem::path const target = std::filesystem::read_symlink(entry.path(), closed_meanwhile);
        if (!closed_meanwhile && target.string().starts_with("socket:"))
            found.push_back(std::stoi(entry.path().filename().string()));
    }
#endif
    return found;
}

/// Those that are connected to this port of an IPv4 address.
inline std::vector<descriptor> sockets_to(std::uint16_t port)
{
    std::vector<descriptor> found;
    for (descriptor const one : open_sockets()) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (::getpeername(one, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == port)
            found.push_back(one);
    }
    return found;
}

} // namespace foundry_test
