// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/limits.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <chrono>
#include <cstddef>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// The core of a pool: which connections are idle, how many are open, and which calls wait. Has no socket, no clock and no mutex.
///
/// Both lists are intrusive: nothing is allocated when a connection is released, and they compile fast.
///
/// @tparam Connection has `next`, `idle_since` and `opened_at`.
/// @tparam Waiter has `next`, and `granted`, a pointer to a Connection.
template <class Connection, class Waiter>
class pool_queue
{
public:
    using clock = std::chrono::steady_clock;
    using connection_ptr = boost::intrusive_ptr<Connection>;
    using waiter_ptr = boost::intrusive_ptr<Waiter>;

    explicit pool_queue(pool_options options) : options_(options) {}

    /// Whether a connection is too old, or was idle for too long, to be used again.
    bool is_expired(Connection const& c, clock::time_point now) const noexcept
    {
        return now - c.idle_since > options_.max_idle || now - c.opened_at > options_.max_age;
    }

    /// Removes the connections that were idle for too long, and returns them as a list. Looks at them four times in `max_idle`.
    connection_ptr take_expired(clock::time_point now)
    {
        if (now < next_sweep_)
            return nullptr;
        next_sweep_ = now + options_.max_idle / 4;
        connection_ptr* at = &idle_;
        while (*at && now - (*at)->idle_since <= options_.max_idle)
            at = &(*at)->next;
        connection_ptr expired = std::move(*at); // and all after it, which were idle for longer
        for (Connection const* c = expired.get(); c != nullptr; c = c->next.get())
            --open_;
        return expired;
    }

    /// The idle connection that was used last: it is the likeliest to be alive. The caller says afterwards if it is not: see note_closed().
    connection_ptr take_idle()
    {
        connection_ptr c = std::move(idle_);
        if (c)
            idle_ = std::move(c->next);
        return c;
    }

    /// Whether another connection may be opened now: there is room, and no call waits for it. The caller then calls note_opened().
    bool may_open() const noexcept { return has_room() && !waiters_; }
    bool has_room() const noexcept { return open_ < options_.max_connections; }
    void note_opened() noexcept { ++open_; }
    void note_closed() noexcept { --open_; }

    void add_waiter(waiter_ptr added)
    {
        waiter_ptr* end = &waiters_;
        while (*end)
            end = &(*end)->next;
        *end = std::move(added);
    }

    /// Removes a call that waits no longer, whether or not a connection was granted to it.
    void remove_waiter(Waiter& removed)
    {
        waiter_ptr* at = &waiters_;
        while (*at && at->get() != &removed)
            at = &(*at)->next;
        if (*at)
            *at = std::move(removed.next);
    }

    /// A connection is given back: it goes to the call that waits longest, which is returned, else to the idle ones. A closed connection
    /// is granted, too: the call may open it again.
    waiter_ptr give_back(connection_ptr c, bool is_open)
    {
        if (waiters_) {
            waiter_ptr next = std::move(waiters_);
            waiters_ = std::move(next->next);
            next->granted = std::move(c);
            return next;
        }
        if (is_open) {
            c->next = std::move(idle_);
            idle_ = std::move(c);
        } else {
            note_closed();
        }
        return nullptr;
    }

    /// Leased and idle connections.
    std::size_t open() const noexcept { return open_; }

private:
    pool_options options_;
    std::size_t open_ = 0;
    clock::time_point next_sweep_;
    connection_ptr idle_; // in the order of their last use, the latest first
    waiter_ptr waiters_;  // in the order of their arrival
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
