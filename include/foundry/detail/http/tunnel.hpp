// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/origin.hpp>
#include <foundry/detail/http/response_parser.hpp>
#include <foundry/error.hpp>

#include <boost/asio/buffer.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// The request for a tunnel through a proxy, and its answer (RFC 9110, 9.3.6). Has no socket.
class tunnel_request
{
public:
    /// @param host of the server that the tunnel leads to.
    tunnel_request(proxy_server const& by, std::string const& host, std::uint16_t port);
    ~tunnel_request();
    tunnel_request(tunnel_request const&) = delete;
    tunnel_request& operator=(tunnel_request const&) = delete;

    /// The request; may hold credentials.
    std::string_view message() const noexcept { return message_; }

    /// Space for the next bytes of the answer.
    boost::asio::mutable_buffer space() noexcept;
    /// Reads the bytes that were received into that space; none is the end of the connection. Returns whether the tunnel is open.
    ///
    /// @throws foundry::error (`errc::proxy_failed`) if the proxy refuses, or if its answer is none.
    bool receive(std::size_t count);

    /// @throws foundry::error (`errc::proxy_failed`)
    [[noreturn]] void fail(std::string_view what, std::string_view advice, bool should_retry) const;

private:
    proxy_server const& proxy_;
    std::string target_;
    std::string message_;
    response_parser parser_;
    std::string unparsed_;
    char buffer_[1024];
};

/// @throws foundry::error (`errc::proxy_failed`) if a 407 comes from a proxy that the request itself was sent to.
FOUNDRY_DECL void refuse_if_of_proxy(origin const& to, response_headers const& headers);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/tunnel.ipp>
#endif
