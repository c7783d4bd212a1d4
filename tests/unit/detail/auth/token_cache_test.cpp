// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// When a token is used, when a new one is asked for, and what becomes of a failure.

#include <foundry/detail/auth/token_cache.hpp>

#include <boost/asio/error.hpp>

#include <doctest/doctest.h>

#include <string>

namespace foundry_test::token_cache_test {

using foundry::access_token;
using foundry::errc;
using foundry::token_request;
using foundry::detail::token_cache;
using namespace std::chrono_literals;

/// A cache and its two clocks.
struct scene
{
    token_cache cache;
    token_cache::steady::time_point now{100h};
    token_cache::wall::time_point wall{std::chrono::hours{500'000}};
    token_request wanted{"scope/.default"};

    token_cache::lookup_result look_up() { return cache.look_up(wanted, now); }
    void pass(std::chrono::seconds time)
    {
        now += time;
        wall += time;
    }
    token_cache::token_ptr store(std::string_view text, std::chrono::seconds life, double random = 0)
    {
        return cache.store(wanted, access_token(text, wall + life), now, wall, random);
    }
    void fail(foundry::error const& e) { cache.fail(wanted, &e, now); }

    std::string used()
    {
        auto const found = look_up();
        return found.token ? std::string(found.token->token().reveal()) : std::string();
    }
};

foundry::error refused() { return foundry::error(errc::authentication_failed, "wrong secret"); }
foundry::error broken() { return foundry::error(errc::connection_lost, "again"); }

TEST_SUITE_BEGIN("token cache");

TEST_CASE("token cache: the first caller starts a fetch, later ones wait for it")
{
    scene s;
    CHECK(s.look_up().fetch);
    auto const second = s.look_up();
    CHECK(!second.fetch);
    CHECK(!second.token);
    CHECK(!second.failed);
}

TEST_CASE("token cache: a fresh token is used, an aging one with one background refresh, an expired one not at all")
{
    scene s;
    s.look_up();
    s.store("first", 1h);
    s.pass(54min + 59s);
    auto const fresh = s.look_up();
    CHECK(fresh.token);
    CHECK(!fresh.fetch);
    s.pass(2s);
    auto const aging = s.look_up();
    CHECK(aging.token);
    CHECK(aging.fetch);
    CHECK(!s.look_up().fetch);
    CHECK(s.used() == "first");
    s.pass(3min);
    CHECK(s.used().empty());
}

TEST_CASE("token cache: a failed background refresh keeps the token, and is retried after a pause")
{
    scene s;
    s.look_up();
    s.store("first", 1h);
    s.pass(56min);
    CHECK(s.look_up().fetch);
    s.fail(broken());
    auto const kept = s.look_up();
    CHECK(kept.token);
    CHECK(!kept.fetch);
    CHECK(!kept.failed);
    s.pass(29s);
    CHECK(!s.look_up().fetch);
    s.pass(1s);
    CHECK(s.look_up().fetch);
    s.store("second", 1h);
    CHECK(s.used() == "second");
}

TEST_CASE("token cache: a long-lived token is refreshed at half of its lifetime, or when the authority says")
{
    scene s;
    s.look_up();
    s.store("day", 24h);
    s.pass(12h - 1s);
    CHECK(!s.look_up().fetch);
    s.pass(1s);
    CHECK(s.look_up().fetch);
    s.cache.store(s.wanted, access_token("told", s.wall + 24h, s.wall + 10min), s.now, s.wall, 0);
    s.pass(10min - 1s);
    CHECK(!s.look_up().fetch);
    s.pass(1s);
    CHECK(s.look_up().fetch);
}

TEST_CASE("token cache: clients that started together do not refresh together")
{
    scene s;
    s.look_up();
    s.store("day", 24h, 0.999);
    s.pass(12h - 5min);
    CHECK(!s.look_up().fetch);
    s.pass(2s);
    CHECK(s.look_up().fetch); // at most five minutes earlier

    scene hour;
    hour.look_up();
    hour.store("hour", 1h, 0.5);
    hour.pass(55min - 16s);
    CHECK(!hour.look_up().fetch);
    hour.pass(2s);
    CHECK(hour.look_up().fetch); // a twentieth of five minutes earlier
}

TEST_CASE("token cache: a short-lived token is used for half of its lifetime")
{
    scene s;
    s.look_up();
    CHECK(s.store("short", 60s) != nullptr);
    s.pass(29s);
    CHECK(s.used() == "short");
    s.pass(1s);
    auto const found = s.look_up();
    CHECK(!found.token);
    CHECK(found.fetch);
    // One that comes dead is given to who has waited for it, and not kept.
    CHECK(s.store("dead", 0s) != nullptr);
    CHECK(s.used().empty());
}

TEST_CASE("token cache: a jump of the wall clock neither expires a token nor revives one")
{
    scene s;
    s.look_up();
    s.store("first", 1h);
    s.wall += 1h;
    CHECK(s.used() == "first");
    CHECK(!s.look_up().fetch);
    s.wall -= 3h;
    s.pass(1h);
    CHECK(s.used().empty());
}

TEST_CASE("token cache: a failure is reported to all callers for a while, then a new fetch starts")
{
    scene s;
    s.look_up();
    s.fail(broken());
    s.pass(4s);
    auto const told = s.look_up();
    REQUIRE(told.failed);
    CHECK(told.failed->code() == errc::connection_lost);
    CHECK(!told.fetch);
    s.pass(1s);
    CHECK(s.look_up().fetch);
    s.fail(refused());
    s.pass(59s);
    CHECK(s.look_up().failed);
    s.pass(1s);
    CHECK(s.look_up().fetch);
}

TEST_CASE("token cache: the authority's Retry-After delays the next fetch, by an hour at most")
{
    scene s;
    foundry::failure f;
    f.retry_after = 20min;
    s.look_up();
    s.fail(foundry::error(make_error_code(errc::rate_limited), f));
    s.pass(19min);
    CHECK(s.look_up().failed);
    s.pass(1min);
    CHECK(s.look_up().fetch);
    f.retry_after = 24h;
    s.fail(foundry::error(make_error_code(errc::rate_limited), f));
    s.pass(1h);
    CHECK(s.look_up().fetch);
}

TEST_CASE("token cache: a cancelled fetch is not a failure")
{
    scene s;
    s.look_up();
    s.cache.fail(s.wanted, nullptr, s.now);
    auto const found = s.look_up();
    CHECK(!found.failed);
    CHECK(found.fetch);
}

TEST_CASE("token cache: a rejected token is dropped, a newer one is kept")
{
    scene s;
    s.look_up();
    s.store("old", 1h);
    CHECK(s.cache.invalidate("another", "", s.now));
    CHECK(s.used() == "old");
    CHECK(s.cache.invalidate("old", "", s.now));
    CHECK(s.look_up().fetch);
    s.store("new", 1h);
    CHECK(s.cache.invalidate("old", "", s.now)); // which comes late
    CHECK(s.used() == "new");
}

TEST_CASE("token cache: of tokens rejected one after another, one in 30 s is dropped")
{
    scene s;
    s.look_up();
    s.store("first", 24h);
    CHECK(s.cache.invalidate("first", "", s.now));
    s.look_up();
    s.store("second", 24h);
    for (int i = 0; i != 29; ++i) {
        s.pass(1s);
        CHECK(!s.cache.invalidate("second", "", s.now));
        CHECK(s.used() == "second");
    }
    s.pass(1s);
    CHECK(s.cache.invalidate("second", "", s.now));
    CHECK(s.look_up().fetch);
    s.store("third", 24h);
    CHECK(s.cache.invalidate("third", "{}", s.now)); // which other claims are wanted in
    s.wanted.claims = "{}";
    s.store("fourth", 24h);
    s.wanted.claims.clear();
    CHECK(!s.cache.invalidate("fourth", "{}", s.now));
    s.wanted.scope = "other/.default"; // which has a time of its own
    s.look_up();
    s.store("fifth", 24h);
    CHECK(s.cache.invalidate("fifth", "", s.now));
}

TEST_CASE("token cache: a token that expires at the earliest or the latest time of the clock is expired or long-lived")
{
    scene s;
    s.look_up();
    s.cache.store(s.wanted, access_token("old", token_cache::wall::time_point::min()), s.now, s.wall, 0);
    CHECK(s.look_up().fetch);
    s.cache.store(s.wanted, access_token("new", token_cache::wall::time_point::max()), s.now, s.wall, 0);
    CHECK(s.used() == "new");
}

TEST_CASE("token cache: each scope and tenant has its own token, and a tenant's case does not matter")
{
    scene s;
    s.look_up();
    s.store("first", 1h);
    s.wanted.tenant = "contoso";
    CHECK(s.look_up().fetch);
    s.store("second", 1h);
    s.wanted.tenant = "CONTOSO";
    CHECK(s.used() == "second");
    s.wanted.scope = "SCOPE/.default";
    CHECK(s.used().empty());
    s.wanted = token_request("scope/.defaultcontoso"); // not what the two make when they are put together
    CHECK(s.used().empty());
    s.wanted = token_request("scope/.default");
    CHECK(s.used() == "first");
}

TEST_CASE("token cache: a request with claims bypasses the cached token and replaces it")
{
    scene s;
    s.look_up();
    s.store("first", 1h);
    s.wanted.claims = "{}";
    auto const found = s.look_up();
    CHECK(!found.token);
    CHECK(found.fetch);
    s.store("second", 1h);
    s.wanted.claims.clear();
    CHECK(s.used() == "second");
}

TEST_CASE("token cache: its size is limited; expired tokens are evicted first, then those not used for longest")
{
    scene s;
    for (std::size_t i = 0; i != token_cache::max_keys; ++i) {
        s.wanted.scope = std::to_string(i);
        s.look_up();
        s.store("t" + std::to_string(i), i == 7 ? 30min : 2h);
        s.pass(1s);
    }
    CHECK(s.cache.size() == token_cache::max_keys);
    s.pass(25min);
    s.wanted.scope = "more";
    s.look_up();
    CHECK(s.cache.size() == token_cache::max_keys);
    s.wanted.scope = "0";
    CHECK(s.used() == "t0");
    s.wanted.scope = "yet more";
    s.look_up();
    s.wanted.scope = "0";
    CHECK(s.used() == "t0");
    CHECK(s.cache.size() == token_cache::max_keys);
}

TEST_SUITE_END();

} // namespace foundry_test::token_cache_test
