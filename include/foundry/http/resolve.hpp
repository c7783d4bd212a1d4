// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/http/deadline.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Finds the addresses of a host. Neither cancelling nor the time limit waits for the lookup to end: Asio's resolver thread cannot be
/// interrupted, and the context of the caller, which it belongs to, waits for it when it is destroyed.
///
/// @throws foundry::error (`errc::resolve_failed`), or with the code of the limit that has passed.
FOUNDRY_DECL boost::asio::awaitable<void> resolve(std::string host, std::uint16_t port, deadline& limits,
                                                  std::vector<boost::asio::ip::tcp::endpoint>& addresses);

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/http/impl/resolve.ipp>
#endif
