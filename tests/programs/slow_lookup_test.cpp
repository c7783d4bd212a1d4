// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A name server that does not answer: the linker leads look-ups to a getaddrinfo that blocks until the test lets it go (--wrap).

#include "support/fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <doctest/doctest.h>

#include <netdb.h>

#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>

using namespace foundry_test;
using foundry::errc;
using foundry::testing::emulator;

namespace {

/// Where look-ups of slow hosts wait.
class gate
{
public:
    void pass()
    {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        --waiting_;
        changed_.notify_all();
    }

    void wait_for_one()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return waiting_ != 0; });
    }

    bool is_waiting() const
    {
        std::lock_guard const lock(mutex_);
        return waiting_ != 0;
    }

    void open(bool wide)
    {
        std::lock_guard const lock(mutex_);
        open_ = wide;
        changed_.notify_all();
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    int waiting_ = 0;
    bool open_ = false;
};

gate slow_names;

foundry::client<> make_client(asio::io_context& context, char const* url, foundry::options with)
{
    foundry::any_credential who = foundry::no_credential();
    return foundry::client<>(context.get_executor(), foundry::endpoint{url}, std::move(who), std::move(with));
}

foundry::error error_in(std::exception_ptr e)
{
    try {
        if (e)
            std::rethrow_exception(e);
    } catch (foundry::error const& failed) {
        return failed;
    }
    return foundry::error();
}

} // namespace

extern "C" {

int __real_getaddrinfo(char const* node, char const* port, addrinfo const* hints, addrinfo** found);
int __wrap_getaddrinfo(char const* node, char const* port, addrinfo const* hints, addrinfo** found);

int __wrap_getaddrinfo(char const* node, char const* port, addrinfo const* hints, addrinfo** found)
{
    if (std::string_view(node).starts_with("slow."))
        slow_names.pass();
    return __real_getaddrinfo("127.0.0.1", port, hints, found);
}
}

TEST_CASE("slow lookup: a cancelled call does not wait for it, and calls to a known address are not delayed")
{
    slow_names.open(false);
    emulator service;
    asio::io_context context;
    foundry::client<> const slow = make_client(context, "https://slow.example/v1", trusting(service));
    foundry::client<> const quick = client_of(context.get_executor(), service);
    asio::cancellation_signal cancel;
    std::exception_ptr failed;
    std::optional<std::string> answered;
    bool lookup_was_over = true;
    asio::co_spawn(context, slow.complete("m", "Hello."),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e, foundry::chat_completion) {
                       failed = e;
                       lookup_was_over = !slow_names.is_waiting();
                   }));
    while (!slow_names.is_waiting())
        context.poll();
    asio::co_spawn(context, quick.complete("gpt-4o-mini", "Hello."),
                   [&](std::exception_ptr e, foundry::chat_completion reply) {
                       CHECK(!e);
                       answered = reply.text();
                   });
    while (!answered)
        context.run_one();
    cancel.emit(asio::cancellation_type::terminal);
    while (!failed)
        context.run_one();
    CHECK(is_cancellation(failed));
    CHECK(!lookup_was_over);
    CHECK(slow_names.is_waiting());
    slow_names.open(true);
    context.run();

    foundry::client<> const again = client_of(context.get_executor(), service, urls[0]);
    context.restart();
    asio::co_spawn(context, again.complete("gpt-4o-mini", "Hello."),
                   [&](std::exception_ptr e, foundry::chat_completion) { CHECK(!e); });
    context.run();
}

TEST_CASE("slow lookup: it ends at timeouts.connect")
{
    slow_names.open(false);
    emulator service;
    asio::io_context context;
    foundry::options with = trusting(service);
    with.timeouts.connect = std::chrono::milliseconds{30};
    foundry::client<> const slow = make_client(context, "https://slow.example/v1", with);
    std::optional<foundry::error> failed;
    asio::co_spawn(context, slow.complete("m", "Hello."),
                   [&](std::exception_ptr e, foundry::chat_completion) { failed = error_in(e); });
    while (!failed)
        context.run_one();
    CHECK(failed->code() == errc::connect_timeout);
    CHECK(std::string_view(failed->what()).find("slow.example was not found within 30 ms") != std::string_view::npos);
    CHECK(slow_names.is_waiting());
    slow_names.open(true);
    context.run();
}

TEST_CASE("slow lookup: a call whose event loop is blocked past timeouts.connect ends with it, also if the lookup has "
          "ended meanwhile")
{
    slow_names.open(false);
    emulator service;
    asio::io_context context;
    foundry::options with = trusting(service);
    with.timeouts.connect = std::chrono::milliseconds{20};
    std::string const url = "https://slow.example:" + std::to_string(service.tls_port()) + "/v1";
    foundry::client<> const slow = make_client(context, url.c_str(), with);
    std::optional<foundry::error> failed;
    asio::co_spawn(context, slow.complete("m", "Hello."),
                   [&](std::exception_ptr e, foundry::chat_completion) { failed = error_in(e); });
    while (!slow_names.is_waiting())
        context.poll();
    slow_names.open(true);
    std::this_thread::sleep_for(2 * with.timeouts.connect); // a program that is busy with something else
    context.run();
    REQUIRE(failed);
    CHECK(failed->code() == errc::connect_timeout);
    CHECK(service.connections() == 0);
}

TEST_CASE("slow lookup: a context that is destroyed waits for it")
{
    slow_names.open(false);
    emulator service;
    {
        asio::io_context context;
        foundry::client<> const slow = make_client(context, "https://slow.example/v1", trusting(service));
        asio::co_spawn(context, slow.complete("m", "Hello."), [](std::exception_ptr, foundry::chat_completion) {});
        while (!slow_names.is_waiting())
            context.poll();
        slow_names.open(true);
    }
    CHECK(!slow_names.is_waiting());
}
