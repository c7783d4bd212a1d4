// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/deadline.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <exception>
#include <string>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Finds the addresses of a host. Cancellation and the time limit end the operation without waiting for the lookup, because the resolver
/// thread of Asio cannot be interrupted. The destructor of the caller's context, which owns that thread, waits for it.
///
///     resolve_op lookup(host, port, limits);
///     if (lookup.must_wait())
///         ... co_await lookup.done().async_wait(deferred) ...
///     use(lookup.addresses(interrupted));
class resolve_op
{
public:
    /// Starts the lookup; an IP address needs none.
    resolve_op(std::string const& host, std::uint16_t port, deadline const& limits);
    resolve_op(resolve_op const&) = delete;
    resolve_op& operator=(resolve_op const&) = delete;
    ~resolve_op();

    bool must_wait() const noexcept;
    /// A timer that expires with the time limit and is cancelled when the lookup has ended.
    boost::asio::steady_timer& done() noexcept;

    /// The addresses.
    ///
    /// @param interrupted the exception of the wait, or null.
    /// @throws foundry::error (`errc::resolve_failed`) if the host has no address, or with the code of the limit that has passed;
    /// `interrupted` if the lookup has not ended.
    boost::asio::ip::tcp::resolver::results_type addresses(std::exception_ptr interrupted);

private:
    struct lookup;

    std::string const& host_;
    limit last_;
    boost::intrusive_ptr<lookup> flight_; // null for an IP address
    boost::asio::ip::tcp::endpoint literal_;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/resolve.ipp>
#endif
