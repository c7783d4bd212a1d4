// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/deadline.hpp>
#include <foundry/detail/http/host_lookup.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// The addresses in the order to try them: the families alternate, beginning with that of the first address (RFC 8305, 4).
FOUNDRY_DECL address_list interleave_families(address_list const& found);

/// Connects to the first address of a host that accepts ("Happy Eyeballs", RFC 8305): the next attempt starts when one fails, or 250 ms
/// after the last one started. The first connection wins, the other attempts are closed.
///
///     connect_race race(addresses, limits);
///     ... co_await race.ended().async_wait(as_tuple(deferred)) ...
///     tcp::socket connected = race.winner(host, ec);
///
/// Runs on the executor of the limits, which must be serial.
class connect_race
{
public:
    static constexpr std::chrono::milliseconds head_start{250};

    /// Starts the first attempt.
    connect_race(address_list const& addresses, deadline const& limits);
    connect_race(connect_race const&) = delete;
    connect_race& operator=(connect_race const&) = delete;
    ~connect_race();

    /// A timer that expires with the time limit and is cancelled when the race has ended.
    boost::asio::steady_timer& ended() noexcept;

    /// @param host for the message of the error.
    /// @param interrupted how the wait has ended.
    /// @throws foundry::error (`errc::connect_failed`) if no address accepts, or with the code of the limit that has passed; both say what
    /// each address has answered. boost::system::system_error (`interrupted`) if the race has not ended.
    boost::asio::ip::tcp::socket winner(std::string const& host, boost::system::error_code interrupted);

private:
    struct attempt;
    struct state;

    limit last_;
    boost::intrusive_ptr<state> state_;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/connect_race.ipp>
#endif
