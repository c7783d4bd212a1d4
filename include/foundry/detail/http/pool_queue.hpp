// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/linked_list.hpp>
#include <foundry/limits.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Base of a call that waits for a connection.
template <class Waiter>
struct queued_call : foundry::detail::list_links<Waiter>
{
    enum class attention
    {
        none,
        called, ///< A wake-up is on its way.
        watching, ///< It waits for its turn after a call of another context, and looks again by itself: see pool_queue::claim().
    };

    void const* context = nullptr; ///< Its execution context.
    std::uint64_t arrival = 0;
    attention state = attention::none;
};

/// The core of a pool: which connections are idle, how many are open, and which calls wait. Has no socket, no clock and no mutex, and each
/// operation takes the same time however many calls wait.
///
/// A connection that becomes free is not handed to a call: the call that has waited longest is woken and takes it. If the execution
/// context of that call does not run, the connection goes to a call of another context after `patience`; for a context that answers late
/// the patience grows.
///
/// @tparam Connection derives from list_links<Connection>, has `idle_since` and `opened_at`.
/// @tparam Waiter derives from queued_call<Waiter>.
template <class Connection, class Waiter>
class pool_queue
{
public:
    using clock = std::chrono::steady_clock;
    using connection_ptr = boost::intrusive_ptr<Connection>;
    using waiter_ptr = boost::intrusive_ptr<Waiter>;
    using connection_list = foundry::detail::linked_list<Connection>;

    /// How long a call that was woken has the first claim.
    static constexpr std::chrono::milliseconds patience{100};
    static constexpr std::chrono::milliseconds max_patience{2000};

    explicit pool_queue(pool_options options) : options_(options) {}

    /// What a call gets.
    struct grant
    {
        connection_ptr idle;   ///< An idle connection: it was used last, so it is the likeliest to be alive.
        bool may_open = false; ///< Permission to open a connection, which counts as open from now on.

        explicit operator bool() const noexcept { return idle || may_open; }
    };

    /// A connection for a call that arrives, if there is one and no other call has a better claim.
    ///
    /// @param context of the call; if others of it wait, the call has to wait, too.
    /// @param fresh prefers to open a connection; if there is no room, the grant is an idle one, for the call to replace.
    grant claim(void const* context, bool fresh, clock::time_point now)
    {
        for (lane& l : lanes_)
            if (l.context == context)
                return grant();
        pass_over_absent(now);
        return first_lane() == nullptr ? take(fresh) : grant();
    }

    /// A connection for a call that waits, which then leaves the queue. If the grant is empty, the call waits on; it looks again at
    /// look_again(), unless it is woken before.
    grant claim(Waiter& me, bool fresh, clock::time_point now)
    {
        lane& mine = lane_of(me.context);
        if (std::exchange(mine.is_absent, false))
            mine.patience = (std::min)(2 * mine.patience, max_patience);
        me.state = Waiter::attention::none;
        if (offered_to_ != &me)
            pass_over_absent(now);
        grant granted;
        if (first_lane() == &mine && mine.calls.front() == &me)
            granted = take(fresh);
        if (granted) {
            mine.patience = patience;
            remove(me);
        } else if (mine.calls.front() == &me && is_available()) {
            me.state = Waiter::attention::watching;
        }
        return granted;
    }

    /// When a call that is `watching` is to claim again.
    clock::time_point look_again() const noexcept { return offered_until_; }

    void add(waiter_ptr added, void const* context)
    {
        lane& to = lane_of(context);
        added->context = context;
        added->arrival = ++arrivals_;
        to.calls.push_back(std::move(added));
        ++waiting_;
    }

    /// Removes a call that waits.
    void remove(Waiter& removed)
    {
        lane& from = lane_of(removed.context);
        from.is_absent = false;
        from.calls.take(&removed);
        --waiting_;
        if (offered_to_ == &removed)
            offered_to_ = nullptr;
        if (from.calls.size() == 0) {
            std::swap(from, lanes_.back());
            lanes_.pop_back();
        }
    }

    /// Calls `wake(waiter)`, which tells whether it could, for the calls that have to know of a free connection: the one that has waited
    /// longest and, if it does not answer, the first one of each other context. To be called after each change.
    template <class Wake>
    void offer(clock::time_point now, Wake wake)
    {
        lane const* const first = is_available() ? first_lane() : nullptr;
        Waiter const* const to = first != nullptr ? first->calls.front() : nullptr;
        if (std::exchange(offered_to_, to) != to && first != nullptr)
            offered_until_ = now + first->patience;
        if (to == nullptr)
            return;
        for (lane& l : lanes_) {
            Waiter& front = *l.calls.front();
            bool const is_told =
                front.state == Waiter::attention::called || (front.state == Waiter::attention::watching && &l != first);
            if (!is_told && wake(front))
                front.state = Waiter::attention::called;
        }
    }

    /// A connection is given back. Returns the idle connections that are too many, or were idle for too long, for the caller to close;
    /// looks at the idle times four times in `max_idle`.
    connection_list give_back(connection_ptr c, bool is_open, clock::time_point now)
    {
        if (!is_open)
            note_closed();
        else
            idle_.push_front(std::move(c));
        connection_list surplus;
        while (idle_.size() > options_.max_idle_connections)
            drop(idle_.pop_back(), surplus);
        if (now >= next_sweep_) {
            next_sweep_ = now + options_.max_idle / 4;
            while (idle_.back() != nullptr && now - idle_.back()->idle_since > options_.max_idle)
                drop(idle_.pop_back(), surplus);
        }
        return surplus;
    }

    /// Another idle connection instead of one that turned out to be closed; null if there is none.
    connection_ptr replace_closed() noexcept
    {
        connection_ptr other = idle_.pop_front();
        if (other)
            note_closed();
        return other;
    }

    /// A connection that was to be opened does not exist.
    void note_closed() noexcept { --open_; }

    /// All idle connections, for the caller to close.
    connection_list take_idle() noexcept
    {
        open_ -= idle_.size();
        return std::exchange(idle_, connection_list());
    }

    /// Whether a connection is too old, or was idle for too long, to be used again.
    bool is_expired(Connection const& c, clock::time_point now) const noexcept
    {
        return now - c.idle_since > options_.max_idle || now - c.opened_at > options_.max_age;
    }

    /// Leased and idle connections.
    std::size_t open() const noexcept { return open_; }
    std::size_t idle() const noexcept { return idle_.size(); }
    std::size_t waiting() const noexcept { return waiting_; }

private:
    /// The calls of one execution context, in the order of their arrival.
    struct lane
    {
        void const* context = nullptr;
        foundry::detail::linked_list<Waiter> calls;
        bool is_absent = false; ///< Its first call did not answer.
        std::chrono::milliseconds patience = pool_queue::patience;
    };

    lane& lane_of(void const* context)
    {
        for (lane& l : lanes_)
            if (l.context == context)
                return l;
        lanes_.emplace_back();
        lanes_.back().context = context;
        return lanes_.back();
    }

    /// The lane of the call that has waited longest; null if no context that runs has one.
    lane* first_lane()
    {
        lane* first = nullptr;
        for (lane& l : lanes_) {
            bool const is_earlier = first == nullptr || l.calls.front()->arrival < first->calls.front()->arrival;
            if (!l.is_absent && is_earlier)
                first = &l;
        }
        return first;
    }

    void pass_over_absent(clock::time_point now)
    {
        lane* const first = first_lane();
        if (first == nullptr || first->calls.front() != offered_to_ || now < look_again())
            return;
        first->is_absent = true;
        lane* const next = first_lane();
        offered_to_ = next != nullptr ? next->calls.front() : nullptr;
        if (next != nullptr)
            offered_until_ = now + next->patience;
    }

    bool has_room() const noexcept { return open_ < options_.max_connections; }
    bool is_available() const noexcept { return idle_.size() != 0 || has_room(); }

    grant take(bool fresh)
    {
        grant granted;
        if (idle_.size() == 0 || (fresh && has_room())) {
            granted.may_open = has_room();
            open_ += granted.may_open ? 1 : 0;
        } else {
            granted.idle = idle_.pop_front();
        }
        return granted;
    }

    void drop(connection_ptr c, connection_list& surplus) noexcept
    {
        note_closed();
        surplus.push_back(std::move(c));
    }

    pool_options options_;
    std::size_t open_ = 0;
    std::size_t waiting_ = 0;
    std::uint64_t arrivals_ = 0;
    clock::time_point next_sweep_;
    connection_list idle_; // in the order of their last use, the latest first
    std::vector<lane> lanes_;
    Waiter const* offered_to_ = nullptr; // the call with the first claim, until offered_until_
    clock::time_point offered_until_;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
