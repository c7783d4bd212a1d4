// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Calls that end at each step on the way to a connection, because the client is closed or a limit passes.

#include "support/clear_error.hpp"
#include "support/descriptors.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <thread>

namespace foundry_test::interrupted_connect_test {

/// A call to a server that accepts connections and sends nothing.
struct hopeless_call
{
    hopeless_call(char const* url, foundry::options const& with)
        : listening(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          sockets_before(open_sockets().size()),
          client(make(url, with))
    {
        asio::co_spawn(
            context, client.complete(question()),
            asio::bind_cancellation_slot(cancel.slot(), [this](std::exception_ptr e, foundry::chat_completion) {
                thrown = e;
                has_ended = true;
            }));
    }

    foundry::client<> make(char const* url, foundry::options with)
    {
        with.tls.ca_certificates = emulator().ca_certificate();
        with.retry.max_retries = 0;
        foundry::endpoint to{url};
        to.connect_to("127.0.0.1", listening.local_endpoint().port());
        foundry::any_credential key = foundry::api_key{"a-key"};
        return foundry::client<>(context.get_executor(), std::move(to), std::move(key), std::move(with));
    }

    /// Runs until the call has ended.
    void run()
    {
        auto const until = std::chrono::steady_clock::now() + long_enough;
        while (!has_ended && context.run_one_until(until) != 0) {
        }
        REQUIRE(has_ended);
        context.poll();
    }

    errc code() const
    {
        try {
            if (thrown)
                std::rethrow_exception(thrown);
        } catch (foundry::error const& e) {
            return static_cast<errc>(e.code().value());
        } catch (boost::system::system_error const&) { // a cancellation
        }
        return errc();
    }

    asio::io_context context;
    asio::ip::tcp::acceptor listening;
    std::size_t sockets_before;
    asio::cancellation_signal cancel;
    std::exception_ptr thrown;
    bool has_ended = false;
    foundry::client<> client;
};

/// Interrupts a call after each number of handlers that have run, from the first on.
void interrupt_everywhere(foundry::options const& with, std::function<void(hopeless_call&)> const& interrupt,
                          int first = 0)
{
    for (char const* const url : {foundry_url, local_url}) {
        CAPTURE(std::string(url));
        bool has_more = true;
        for (int steps = first; has_more; ++steps) {
            CAPTURE(steps);
            hopeless_call call(url, with);
            for (int i = 0; i != steps && has_more; ++i)
                has_more = call.context.poll_one() != 0;
            interrupt(call);
            CHECK(call.has_ended);
            CHECK(open_sockets().size() == call.sockets_before);
        }
    }
}

TEST_CASE("interrupted connect: a call whose client is closed ends, at each step of connecting")
{
    foundry::options const with;
    interrupt_everywhere(with, [](hopeless_call& call) {
        call.client.close();
        call.run();
        CHECK(call.code() == errc::client_closed);
    });
}

TEST_CASE("interrupted connect: a call that is cancelled ends, at each step of connecting")
{
    foundry::options const with;
    auto const cancel = [](hopeless_call& call) {
        call.cancel.emit(asio::cancellation_type::terminal);
        call.run();
        CHECK(is_cancellation(call.thrown));
    };
    interrupt_everywhere(with, cancel, first_cancellation);
}

TEST_CASE(
    "interrupted connect: a call whose event loop is blocked past timeouts.total ends, at each step of connecting")
{
    foundry::options with;
    with.timeouts.total = 20ms;
    interrupt_everywhere(with, [&](hopeless_call& call) {
        std::this_thread::sleep_for(2 * with.timeouts.total); // a program that is busy with something else
        call.run();
        CHECK(call.code() == errc::total_timeout);
    });
}

TEST_CASE("interrupted connect: a call whose event loop is blocked past timeouts.connect ends with a time limit, at "
          "each step of connecting")
{
    foundry::options with;
    with.timeouts.connect = 20ms;
    with.timeouts.tls = 20ms;
    with.timeouts.first_byte = 20ms;
    interrupt_everywhere(with, [&](hopeless_call& call) {
        std::this_thread::sleep_for(2 * with.timeouts.connect);
        call.run();
        bool const is_limit = call.code() == errc::connect_timeout || call.code() == errc::tls_timeout ||
                              call.code() == errc::first_byte_timeout;
        CAPTURE(static_cast<int>(call.code()));
        CHECK(is_limit);
    });
}

} // namespace foundry_test::interrupted_connect_test
