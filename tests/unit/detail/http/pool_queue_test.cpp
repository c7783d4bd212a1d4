// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/http/pool_queue.hpp>

#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <doctest/doctest.h>

#include <vector>

using namespace std::chrono_literals;

namespace {

using clock_point = std::chrono::steady_clock::time_point;

struct fake_connection : boost::intrusive_ref_counter<fake_connection>
{
    boost::intrusive_ptr<fake_connection> next;
    clock_point idle_since;
    clock_point opened_at;
};
using connection_ptr = boost::intrusive_ptr<fake_connection>;

struct fake_waiter : boost::intrusive_ref_counter<fake_waiter>
{
    boost::intrusive_ptr<fake_waiter> next;
    connection_ptr granted;
};
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

connection_ptr opened(queue& q, clock_point now = {})
{
    connection_ptr c(new fake_connection);
    c->opened_at = c->idle_since = now;
    q.note_opened();
    return c;
}

waiter_ptr waiting(queue& q)
{
    waiter_ptr w(new fake_waiter);
    q.add_waiter(w);
    return w;
}

} // namespace

TEST_CASE("pool queue: connections may be opened up to the limit")
{
    queue q(room_for(2));
    CHECK(q.may_open());
    opened(q);
    CHECK(q.may_open());
    opened(q);
    CHECK_FALSE(q.may_open());
    q.note_closed();
    CHECK(q.may_open());
}

TEST_CASE("pool queue: the connection that was used last is taken first")
{
    queue q(room_for(2));
    CHECK(q.take_idle() == nullptr);
    connection_ptr const first = opened(q);
    connection_ptr const second = opened(q);
    CHECK(q.give_back(first, true) == nullptr);
    CHECK(q.give_back(second, true) == nullptr);
    CHECK(q.open() == 2);
    CHECK(q.take_idle() == second);
    CHECK(q.take_idle() == first);
    CHECK(q.take_idle() == nullptr);
}

TEST_CASE("pool queue: a closed connection makes room")
{
    queue q(room_for(1));
    connection_ptr const c = opened(q);
    CHECK(q.give_back(c, false) == nullptr);
    CHECK(q.open() == 0);
    CHECK(q.take_idle() == nullptr);
    CHECK(q.may_open());
}

TEST_CASE("pool queue: waiters get connections in the order of their arrival, closed ones, too")
{
    queue q(room_for(1));
    connection_ptr const c = opened(q);
    waiter_ptr const first = waiting(q);
    waiter_ptr const second = waiting(q);
    CHECK(q.give_back(c, true) == first);
    CHECK(first->granted == c);
    CHECK(second->granted == nullptr);
    CHECK(q.give_back(c, false) == second);
    CHECK(second->granted == c);
    CHECK(q.open() == 1); // the waiter opens it again
    CHECK(q.give_back(c, true) == nullptr);
}

TEST_CASE("pool queue: nothing is opened past a waiter, even if there is room")
{
    queue q(room_for(2));
    waiter_ptr const w = waiting(q);
    CHECK(q.has_room());
    CHECK_FALSE(q.may_open());
    q.remove_waiter(*w);
    CHECK(q.may_open());
}

TEST_CASE("pool queue: a waiter that leaves keeps the order of the others, wherever it was")
{
    for (std::size_t leaving = 0; leaving != 3; ++leaving) {
        queue q(room_for(1));
        connection_ptr const c = opened(q);
        std::vector<waiter_ptr> all{waiting(q), waiting(q), waiting(q)};
        q.remove_waiter(*all[leaving]);
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(leaving));
        for (waiter_ptr const& w : all)
            CHECK(q.give_back(c, true) == w);
        CHECK(q.give_back(c, true) == nullptr);
    }
}

TEST_CASE("pool queue: a waiter that was granted a connection may leave")
{
    queue q(room_for(1));
    connection_ptr const c = opened(q);
    waiter_ptr const w = waiting(q);
    CHECK(q.give_back(c, true) == w);
    q.remove_waiter(*w);
    CHECK(w->granted == c);
}

TEST_CASE("pool queue: connections expire by idle time and by age")
{
    queue q(room_for(8));
    clock_point const start{};
    connection_ptr const c = opened(q, start);
    CHECK_FALSE(q.is_expired(*c, start + 100s));
    CHECK(q.is_expired(*c, start + 101s));
    c->idle_since = start + 1000s;
    CHECK_FALSE(q.is_expired(*c, start + 1000s));
    CHECK(q.is_expired(*c, start + 1001s));
}

TEST_CASE("pool queue: expired connections are removed at most four times in the idle time, later ones stay")
{
    queue q(room_for(8));
    clock_point const start{};
    connection_ptr const old = opened(q, start);
    connection_ptr const older = opened(q, start);
    connection_ptr const young = opened(q, start);
    older->idle_since = start + 1s;
    old->idle_since = start + 2s;
    young->idle_since = start + 50s;
    q.give_back(older, true);
    q.give_back(old, true);
    q.give_back(young, true);
    CHECK(q.take_expired(start + 100s) == nullptr);
    CHECK(q.take_expired(start + 124s) == nullptr); // looked 24 s ago
    CHECK(q.open() == 3);
    connection_ptr const expired = q.take_expired(start + 125s);
    CHECK(expired == old);
    CHECK(expired->next == older);
    CHECK(older->next == nullptr);
    CHECK(q.open() == 1);
    CHECK(q.take_idle() == young);
}
