// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// How often a host is looked up, and which calls share a lookup.

#include "support/clear_error.hpp"
#include "support/name_table.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <string>
#include <thread>
#include <vector>

using namespace foundry_test;

namespace {

constexpr char const* host = "service.test";

/// A client whose socket is led to `host`.
foundry::client<> client_of_host(asio::io_context& context, std::uint16_t port, unsigned max_retries = 0)
{
    foundry::endpoint to{local_url};
    to.connect_to(host, port);
    foundry::options with;
    with.retry.max_retries = max_retries;
    with.retry.backoff = 1ms;
    with.timeouts.total = long_enough;
    foundry::any_credential none = foundry::no_credential{};
    return foundry::client<>(context.get_executor(), std::move(to), std::move(none), std::move(with));
}

/// What calls have come to.
struct outcome
{
    std::size_t answered = 0;
    std::vector<foundry::error> errors;
};

void call(asio::io_context& context, foundry::client<> const& client, outcome& seen)
{
    asio::co_spawn(context, client.complete(question()), [&seen](std::exception_ptr e, foundry::chat_completion) {
        try {
            if (e)
                std::rethrow_exception(e);
            ++seen.answered;
        } catch (foundry::error const& failed) {
            seen.errors.push_back(failed);
        }
    });
}

void run_to_end(asio::io_context& context)
{
    context.restart();
    context.run();
}

/// Runs the context until a lookup is held.
void run_until_held(asio::io_context& context)
{
    context.restart();
    context.poll();
    names().wait_until_held(host);
}

} // namespace

TEST_CASE("host lookup: 256 calls that start at once share one lookup, and all are answered")
{
    names().set(host, {"127.0.0.1"});
    names().hold(host, 256);
    emulator const service(unchecked());
    asio::io_context context;
    foundry::client<> const client = client_of_host(context, service.plain_port());
    outcome seen;
    for (int i = 0; i != 256; ++i)
        call(context, client, seen);
    run_until_held(context);
    names().release(host);
    run_to_end(context);
    CHECK(seen.answered == 256);
    CHECK(seen.errors.empty());
    CHECK(names().lookups(host) == 1);
}

TEST_CASE("host lookup: a call does not wait for the lookup of a context that is not running")
{
    for (bool const has_ended : {false, true}) {
        CAPTURE(has_ended); // the lookup of the other context, which has not noticed
        names().set(host, {"127.0.0.1"});
        names().hold(host, 1);
        emulator const service(unchecked());
        asio::io_context running;
        asio::io_context paused;
        foundry::client<> const client = client_of_host(running, service.plain_port());
        outcome of_running;
        outcome of_paused;
        call(paused, client, of_paused);
        run_until_held(paused);
        if (has_ended)
            names().release(host);
        call(running, client, of_running);
        run_to_end(running);
        CHECK(of_running.answered == 1);
        CHECK(of_paused.answered == 0);
        CHECK(names().lookups(host) == 2);
        names().release(host);
        run_to_end(paused);
        CHECK(of_paused.answered == 1);
        CHECK(names().lookups(host) == 2);
    }
}

TEST_CASE("host lookup: its result serves the connections that are opened soon after, on each context")
{
    names().set(host, {"127.0.0.1"});
    emulator service(unchecked());
    for (int i = 0; i != 3; ++i)
        service.queue(answer::json(200, completion_text("once")).header("Connection", "close"));
    asio::io_context context;
    asio::io_context other;
    foundry::client<> const client = client_of_host(context, service.plain_port());
    outcome seen;
    for (asio::io_context* const each : {&context, &context, &other}) {
        call(*each, client, seen);
        run_to_end(*each);
    }
    CHECK(seen.answered == 3);
    CHECK(service.connections() == 3);
    CHECK(names().lookups(host) == 1);
}

TEST_CASE("host lookup: if no address of a host could be reached, the next call looks it up again")
{
    names().set(host, {"127.0.0.2", "127.0.0.3"});
    emulator const service(unchecked());
    asio::io_context context;
    foundry::client<> const client = client_of_host(context, service.plain_port());
    outcome seen;
    call(context, client, seen);
    run_to_end(context);
    REQUIRE(seen.errors.size() == 1);
    CHECK(seen.errors[0].code() == errc::connect_failed);
    CHECK(names().lookups(host) == 1);

    names().set(host, {"127.0.0.1"});
    call(context, client, seen);
    run_to_end(context);
    CHECK(seen.answered == 1);
    CHECK(names().lookups(host) == 1);
}

TEST_CASE("host lookup: a retry after a failed connection looks the host up again")
{
    names().set(host, {"127.0.0.2"});
    names().hold(host, 1);
    emulator const service(unchecked());
    asio::io_context context;
    foundry::client<> const client = client_of_host(context, service.plain_port(), 1);
    outcome seen;
    call(context, client, seen);
    run_until_held(context);
    names().release(host);
    while (names().held(host) != 0)
        std::this_thread::yield();
    names().set(host, {"127.0.0.1"}); // the held lookup has read the old address
    run_to_end(context);
    CHECK(seen.answered == 1);
    CHECK(names().lookups(host) == 1);
}

TEST_CASE("host lookup: a context that is destroyed during its lookup does not disturb the client's calls elsewhere")
{
    names().set(host, {"127.0.0.1"});
    names().hold(host, 2);
    emulator const service(unchecked());
    asio::io_context context;
    foundry::client<> const client = client_of_host(context, service.plain_port());
    outcome of_destroyed;
    outcome seen;
    {
        asio::io_context destroyed;
        for (int i = 0; i != 3; ++i)
            call(destroyed, client, of_destroyed);
        run_until_held(destroyed);
        call(context, client, seen);
        context.poll();
        while (names().held(host) != 2)
            std::this_thread::yield();
        names().release(host); // the destructor of the context waits for its lookup
    }
    CHECK(of_destroyed.answered == 0);
    CHECK(of_destroyed.errors.empty());
    call(context, client, seen);
    run_to_end(context);
    CHECK(seen.answered == 2);
    CHECK(seen.errors.empty());
}

TEST_CASE("host lookup: if it fails, each call that waits for it fails with the host's name, and the next call tries "
          "again")
{
    names().set(host, {});
    names().hold(host, 1);
    emulator const service(unchecked());
    asio::io_context context;
    foundry::client<> const client = client_of_host(context, service.plain_port());
    outcome seen;
    for (int i = 0; i != 5; ++i)
        call(context, client, seen);
    run_until_held(context);
    names().release(host);
    run_to_end(context);
    CHECK(seen.answered == 0);
    CHECK(names().lookups(host) == 1);
    REQUIRE(seen.errors.size() == 5);
    for (foundry::error const& failed : seen.errors)
        expect_error(failed, errc::resolve_failed, {host, "name service"});

    names().set(host, {"127.0.0.1"});
    call(context, client, seen);
    run_to_end(context);
    CHECK(seen.answered == 1);
    CHECK(names().lookups(host) == 1);
}
