// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// The sockets that this process has open, as Linux lists them.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace foundry_test {

/// The descriptors of the open sockets.
inline std::vector<int> open_sockets()
{
    std::vector<int> found;
    for (std::filesystem::directory_entry const& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code closed_meanwhile;
        std::filesystem::path const target = std::filesystem::read_symlink(entry.path(), closed_meanwhile);
        if (!closed_meanwhile && target.string().starts_with("socket:"))
            found.push_back(std::stoi(entry.path().filename().string()));
    }
    return found;
}

/// Those that are connected to this port of an IPv4 address.
inline std::vector<int> sockets_to(std::uint16_t port)
{
    std::vector<int> found;
    for (int const descriptor : open_sockets()) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == port)
            found.push_back(descriptor);
    }
    return found;
}

} // namespace foundry_test
