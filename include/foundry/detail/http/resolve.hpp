// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/deadline.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <exception>
#include <string>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Finds the addresses of a host. Neither cancelling nor the time limit waits for the lookup to end: Asio's resolver thread cannot be
/// interrupted, and the context of the caller, which it belongs to, waits for it when it is destroyed.
///
///     resolving flight(host, port, limits);
///     if (flight.must_wait())
///         ... co_await flight.done().async_wait(deferred) ...
///     use(flight.addresses());
class resolve_op
{
public:
    /// An address as text needs no lookup.
    resolve_op(std::string const& host, std::uint16_t port, deadline const& limits);
    resolve_op(resolve_op const&) = delete;
    resolve_op& operator=(resolve_op const&) = delete;
    ~resolve_op();

    bool must_wait() const noexcept;
    /// Fires when the time is over, and is cancelled when the lookup has ended.
    boost::asio::steady_timer& done() noexcept;

    /// @param interrupted what the wait has thrown, if anything.
    /// @throws that, where the lookup has not ended; foundry::error (`errc::resolve_failed`), or with the code of the limit that
    /// has passed.
    boost::asio::ip::tcp::resolver::results_type addresses(std::exception_ptr interrupted);

private:
    struct lookup;

    std::string const& host_;
    limit last_;
    boost::intrusive_ptr<lookup> flight_; // null where none is needed
    boost::asio::ip::tcp::endpoint literal_;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/resolve.ipp>
#endif
