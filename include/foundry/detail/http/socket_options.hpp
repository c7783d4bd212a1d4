// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>

namespace foundry::inline FOUNDRY_ABI::http::detail {

/// An option of a TCP socket with the value of a whole number.
template <int Name>
class tcp_option
{
public:
    explicit tcp_option(int value) : value_(value) {}

    template <class Protocol>
    int level(Protocol const&) const noexcept
    {
        return IPPROTO_TCP;
    }
    template <class Protocol>
    int name(Protocol const&) const noexcept
    {
        return Name;
    }
    template <class Protocol>
    int const* data(Protocol const&) const noexcept
    {
        return &value_;
    }
    template <class Protocol>
    std::size_t size(Protocol const&) const noexcept
    {
        return sizeof value_;
    }

private:
    int value_;
};

/// Small requests are sent at once. A keep-alive packet after a minute of silence, not after the system's two hours, keeps the entry of a
/// firewall or a home router alive while a model thinks.
inline void set_options(boost::asio::ip::tcp::socket& socket)
{
    boost::system::error_code ignored;
    socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    socket.set_option(boost::asio::socket_base::keep_alive(true), ignored);
#if defined(TCP_KEEPIDLE)
    socket.set_option(tcp_option<TCP_KEEPIDLE>(60), ignored);
#elif defined(TCP_KEEPALIVE) // macOS
    socket.set_option(tcp_option<TCP_KEEPALIVE>(60), ignored);
#endif
#if defined(TCP_KEEPINTVL)
    socket.set_option(tcp_option<TCP_KEEPINTVL>(60), ignored);
#endif
    socket.non_blocking(true);
}

} // namespace foundry::inline FOUNDRY_ABI::http::detail
