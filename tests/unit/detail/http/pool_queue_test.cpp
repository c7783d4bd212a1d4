// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/http/pool_queue.hpp>

#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace foundry_test::pool_queue_test {

using namespace std::chrono_literals;

using clock_point = std::chrono::steady_clock::time_point;

struct fake_connection : boost::intrusive_ref_counter<fake_connection>, foundry::detail::list_links<fake_connection>
{
    clock_point idle_since;
    clock_point opened_at;
};
using connection_ptr = boost::intrusive_ptr<fake_connection>;

struct fake_waiter : boost::intrusive_ref_counter<fake_waiter>, foundry::http::queued_call<fake_waiter>
{};
using waiter_ptr = boost::intrusive_ptr<fake_waiter>;

using queue = foundry::http::pool_queue<fake_connection, fake_waiter>;

foundry::pool_options room_for(std::size_t connections)
{
    foundry::pool_options options;
    options.max_connections = connections;
    options.max_idle = 100s;
    options.max_age = 1000s;
    return options;
}

/// A queue, and the calls that it has woken since the last look.
struct scene
{
    explicit scene(std::size_t connections) : q(room_for(connections)) {}

    /// A call that arrives, of a context of which none waits unless the test says so.
    queue::grant arrive(int context = 7, bool fresh = false)
    {
        queue::grant granted = q.claim(&contexts[context], fresh, now);
        offer();
        return granted;
    }

    /// A call that arrives and opens a connection.
    connection_ptr open()
    {
        queue::grant const granted = q.claim(&contexts[1], false, now);
        REQUIRE(granted.may_open);
        offer();
        return connection_ptr(new fake_connection);
    }

    waiter_ptr wait(int context = 1)
    {
        REQUIRE(!q.claim(&contexts[context], false, now));
        waiter_ptr added(new fake_waiter);
        q.add(added, &contexts[context]);
        offer();
        return added;
    }

    queue::connection_list give_back(connection_ptr const& c, bool is_open = true)
    {
        if (is_open)
            c->idle_since = now;
        queue::connection_list surplus = q.give_back(c, is_open, now);
        offer();
        return surplus;
    }

    queue::grant claim(waiter_ptr const& w, bool fresh = false)
    {
        queue::grant granted = q.claim(*w, fresh, now);
        offer();
        return granted;
    }

    void leave(waiter_ptr const& w)
    {
        q.remove(*w);
        offer();
    }

    std::vector<fake_waiter*> woken() { return std::exchange(woken_, {}); }

    queue q;
    clock_point now{};
    bool can_wake = true; // false: out of memory

private:
    void offer()
    {
        q.offer(now, [this](fake_waiter& w) {
            if (can_wake)
                woken_.push_back(&w);
            return can_wake;
        });
    }

    char contexts[8] = {};
    std::vector<fake_waiter*> woken_;
};

using list = std::vector<fake_waiter*>;

TEST_CASE("pool queue: connections may be opened up to the limit")
{
    scene s(2);
    s.open();
    s.open();
    CHECK_FALSE(s.arrive());
    s.q.note_closed();
    CHECK(s.arrive().may_open);
}

TEST_CASE("pool queue: the connection that was used last is taken first")
{
    scene s(2);
    connection_ptr const first = s.open();
    connection_ptr const second = s.open();
    s.give_back(first);
    s.give_back(second);
    CHECK(s.q.open() == 2);
    CHECK(s.q.idle() == 2);
    CHECK(s.arrive().idle == second);
    CHECK(s.arrive().idle == first);
    CHECK_FALSE(s.arrive());
}

TEST_CASE("pool queue: a call that wants a fresh connection opens one, or replaces an idle one if there is no room")
{
    scene s(2);
    connection_ptr const c = s.open();
    s.give_back(c);
    CHECK(s.arrive(7, true).may_open);
    CHECK(s.arrive(7, true).idle == c);
    CHECK_FALSE(s.arrive(7, true));
}

TEST_CASE("pool queue: a closed connection makes room")
{
    scene s(1);
    s.give_back(s.open(), false);
    CHECK(s.q.open() == 0);
    CHECK(s.arrive().may_open);
}

TEST_CASE("pool queue: calls get connections in the order of their arrival, closed ones as permission to open another")
{
    scene s(1);
    connection_ptr const c = s.open();
    waiter_ptr const first = s.wait();
    waiter_ptr const second = s.wait();
    CHECK(s.q.waiting() == 2);
    CHECK(s.woken().empty());
    s.give_back(c);
    CHECK(s.woken() == list{first.get()});
    CHECK_FALSE(s.claim(second)); // it looks by itself, too early
    CHECK(s.claim(first).idle == c);
    CHECK(s.woken().empty());
    s.give_back(c, false);
    CHECK(s.woken() == list{second.get()});
    CHECK(s.claim(second).may_open);
    CHECK(s.q.waiting() == 0);
}

TEST_CASE("pool queue: a call is woken once for several free connections, and the next one after it")
{
    scene s(2);
    connection_ptr const a = s.open();
    connection_ptr const b = s.open();
    waiter_ptr const first = s.wait();
    waiter_ptr const second = s.wait();
    s.give_back(a);
    s.give_back(b);
    CHECK(s.woken() == list{first.get()});
    CHECK(s.claim(first).idle == b);
    CHECK(s.woken() == list{second.get()});
    CHECK(s.claim(second).idle == a);
}

TEST_CASE("pool queue: a call that arrives does not overtake one that was woken")
{
    scene s(1);
    connection_ptr const c = s.open();
    waiter_ptr const first = s.wait();
    s.give_back(c);
    CHECK_FALSE(s.arrive());
    CHECK(s.claim(first).idle == c);
}

TEST_CASE("pool queue: a call that leaves keeps the order of the others, wherever it was")
{
    for (std::size_t leaving = 0; leaving != 3; ++leaving) {
        scene s(1);
        connection_ptr const c = s.open();
        std::vector<waiter_ptr> all{s.wait(), s.wait(), s.wait()};
        s.leave(all[leaving]);
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(leaving));
        for (waiter_ptr const& w : all) {
            s.give_back(c);
            CHECK(s.woken() == list{w.get()});
            CHECK(s.claim(w).idle == c);
        }
        s.give_back(c);
        CHECK(s.woken().empty());
    }
}

TEST_CASE("pool queue: if a call leaves that was woken, the next one is woken")
{
    scene s(1);
    connection_ptr const c = s.open();
    waiter_ptr const first = s.wait();
    waiter_ptr const second = s.wait();
    s.give_back(c);
    s.woken();
    s.leave(first);
    CHECK(s.woken() == list{second.get()});
    CHECK(s.claim(second).idle == c);
}

TEST_CASE("pool queue: a context that does not run holds up the others for a moment only")
{
    scene s(1);
    connection_ptr const c = s.open();
    waiter_ptr const absent = s.wait(1);
    waiter_ptr const other = s.wait(2);
    s.give_back(c);
    CHECK(s.woken() == list{absent.get(), other.get()});
    CHECK_FALSE(s.claim(other));
    CHECK(other->state == fake_waiter::attention::watching);
    CHECK(s.q.look_again() == s.now + queue::patience);
    s.now += queue::patience;
    CHECK(s.claim(other).idle == c);

    // Once it runs again, it has its place back.
    waiter_ptr const later = s.wait(2);
    CHECK_FALSE(s.claim(absent));
    s.give_back(c);
    CHECK(s.claim(absent).idle == c);
    s.give_back(c);
    CHECK(s.claim(later).idle == c);
}

TEST_CASE("pool queue: calls that arrive are served past a context that does not run")
{
    scene s(1);
    connection_ptr const c = s.open();
    waiter_ptr const absent = s.wait(1);
    s.give_back(c);
    CHECK_FALSE(s.arrive());
    s.now += queue::patience;
    CHECK(s.arrive().idle == c);
    s.give_back(c);
    CHECK(s.arrive().idle == c);
}

TEST_CASE("pool queue: a call does not overtake others of its own context, however slow that is")
{
    scene s(1);
    connection_ptr const c = s.open();
    waiter_ptr const slow = s.wait(1);
    for (int i = 0; i != 3; ++i) {
        s.give_back(c);
        s.now += 10 * queue::patience;
        CHECK_FALSE(s.arrive(1));
        CHECK(s.claim(slow).idle == c);
        slow->state = fake_waiter::attention::none;
        s.q.add(slow, slow->context);
    }
}

TEST_CASE("pool queue: a context that always answers late gets its turn")
{
    scene s(1);
    connection_ptr const c = s.open();
    waiter_ptr const late = s.wait(1);
    int rounds = 0;
    for (bool is_served = false; !is_served; ++rounds) {
        REQUIRE(rounds != 4);
        waiter_ptr const quick = s.wait(2);
        s.give_back(c);
        s.claim(quick);
        s.now = std::min(s.q.look_again(), s.now + queue::patience + 20ms);
        queue::grant const taken = s.claim(quick);
        s.now += 20ms;
        is_served = s.claim(late).idle == c;
        if (!taken)
            s.leave(quick);
    }
    CHECK(rounds == 2);
}

TEST_CASE("pool queue: a call that could not be told is told with the next change")
{
    scene s(1);
    connection_ptr const c = s.open();
    waiter_ptr const first = s.wait();
    s.can_wake = false;
    s.give_back(c);
    CHECK(s.woken().empty());
    s.can_wake = true;
    CHECK_FALSE(s.arrive());
    CHECK(s.woken() == list{first.get()});
}

TEST_CASE("pool queue: a call that is slow to answer still gets its connection if no other wants it")
{
    scene s(1);
    connection_ptr const c = s.open();
    waiter_ptr const slow = s.wait();
    s.give_back(c);
    s.now += 10 * queue::patience;
    CHECK(s.claim(slow).idle == c);
}

TEST_CASE("pool queue: a call that looks again by itself is woken when its turn comes")
{
    scene s(1);
    connection_ptr const c = s.open();
    waiter_ptr const first = s.wait(1);
    waiter_ptr const second = s.wait(2);
    s.give_back(c);
    s.woken();
    CHECK_FALSE(s.claim(second));
    CHECK(s.claim(first).idle == c);
    s.give_back(c);
    CHECK(s.woken() == list{second.get()});
    CHECK(s.claim(second).idle == c);
}

TEST_CASE("pool queue: idle connections above the limit are closed, those that were idle for longest first")
{
    queue q([] {
        foundry::pool_options options = room_for(8);
        options.max_idle_connections = 2;
        return options;
    }());
    std::vector<connection_ptr> all;
    for (int i = 0; i != 3; ++i) {
        REQUIRE(q.claim(nullptr, false, {}).may_open);
        all.emplace_back(new fake_connection);
    }
    CHECK(q.give_back(all[0], true, {}).size() == 0);
    CHECK(q.give_back(all[1], true, {}).size() == 0);
    queue::connection_list const surplus = q.give_back(all[2], true, {});
    CHECK(surplus.size() == 1);
    CHECK(surplus.front() == all[0].get());
    CHECK(q.open() == 2);
}

TEST_CASE("pool queue: connections expire by idle time and by age")
{
    scene s(8);
    clock_point const start{};
    connection_ptr const c = s.open();
    CHECK_FALSE(s.q.is_expired(*c, start + 100s));
    CHECK(s.q.is_expired(*c, start + 101s));
    c->idle_since = start + 1000s;
    CHECK_FALSE(s.q.is_expired(*c, start + 1000s));
    CHECK(s.q.is_expired(*c, start + 1001s));
}

TEST_CASE("pool queue: expired connections are closed by one that is given back, at most four times in the idle time")
{
    scene s(8);
    connection_ptr const old = s.open();
    connection_ptr const older = s.open();
    connection_ptr const busy = s.open();
    s.now += 1s;
    s.give_back(older);
    s.now += 1s;
    s.give_back(old);
    auto const is_closed_at = [&](std::chrono::seconds at) {
        s.now = clock_point{} + at;
        std::size_t const closed = s.give_back(busy).size();
        REQUIRE(s.arrive().idle == busy);
        return closed;
    };
    CHECK(is_closed_at(100s) == 0);
    CHECK(is_closed_at(124s) == 0); // looked 24 s ago
    CHECK(s.q.open() == 3);
    CHECK(is_closed_at(125s) == 2);
    CHECK(s.q.open() == 1);
}

TEST_CASE("pool queue: all idle connections can be taken out")
{
    scene s(4);
    connection_ptr const a = s.open();
    connection_ptr const b = s.open();
    s.open();
    s.give_back(a);
    s.give_back(b);
    CHECK(s.q.take_idle().size() == 2);
    CHECK(s.q.open() == 1);
    CHECK(s.q.idle() == 0);
}

} // namespace foundry_test::pool_queue_test
