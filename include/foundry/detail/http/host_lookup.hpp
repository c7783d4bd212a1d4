// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/guarded_executor.hpp>
#include <foundry/detail/base/linked_list.hpp>
#include <foundry/detail/http/deadline.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

using address_list = std::vector<boost::asio::ip::tcp::endpoint>;

/// The addresses of one host. Calls that need them at the same time share one lookup, and its result is kept for some seconds. Each
/// execution context has a lookup of its own, so that calls do not wait for a context that does not run.
///
///     host_lookup::ticket lookup(host, limits);
///     if (lookup.must_wait())
///         ... co_await lookup.done().async_wait(as_tuple(deferred)) ...
///     use(lookup.addresses(ec));
///
/// Cancellation and the time limit end the wait but not the lookup, because the resolver thread of Asio cannot be interrupted. The
/// destructor of the caller's context, which owns that thread, waits for it.
///
/// Thread safety: all functions may be called from any executor and thread.
class host_lookup
{
public:
    /// How long addresses are used without another lookup.
    static constexpr std::chrono::seconds kept_for{10};

    /// An IP address needs no lookup.
    host_lookup(std::string const& host, std::uint16_t port);
    host_lookup(host_lookup const&) = delete;
    host_lookup& operator=(host_lookup const&) = delete;
    ~host_lookup();

    class ticket;

    /// Makes an address the first of the list, because it could be reached: another that is silent costs each connection a quarter of a
    /// second.
    void prefer(boost::asio::ip::tcp::endpoint const& reached) noexcept;
    /// Makes the next call look up the host again, because none of its addresses can be reached.
    void forget() noexcept;

private:
    struct flight;
    struct waiter;
    struct lookup_handler;
    struct shared_state;

    std::string host_;
    std::uint16_t port_;
    bool is_literal_ = false;
    boost::intrusive_ptr<shared_state> state_;
};

/// A call that needs the addresses.
class host_lookup::ticket
{
public:
    /// Starts a lookup unless one is in progress or none is needed.
    ticket(host_lookup& host, deadline const& limits);
    ticket(ticket const&) = delete;
    ticket& operator=(ticket const&) = delete;
    ~ticket();

    bool must_wait() const noexcept { return waiter_ != nullptr; }
    /// A timer that expires with the time limit and is cancelled when the lookup has ended.
    boost::asio::steady_timer& done() noexcept;

    /// The addresses, at least one.
    ///
    /// @param interrupted how the wait has ended.
    /// @throws foundry::error (`errc::resolve_failed`) if the host has no address, or with the code of the limit that has passed;
    /// boost::system::system_error (`interrupted`) if the lookup has not ended.
    address_list addresses(boost::system::error_code interrupted);

private:
    std::string const& host_;
    limit last_;
    address_list found_;
    boost::intrusive_ptr<shared_state> state_;
    boost::intrusive_ptr<flight> flight_;
    boost::intrusive_ptr<waiter> waiter_; // null if no wait is needed
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/host_lookup.ipp>
#endif
