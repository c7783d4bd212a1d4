// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

// A call that is cancelled, closed with its client, or destroyed with its context, after each of its handlers.

#include "support/plain_calls.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace foundry_test {

/// A coroutine with a client and a context of its own, which runs one handler at a time.
class interrupted_call
{
public:
    /// @param begin makes the coroutine from a client.
    template <class Begin>
    interrupted_call(emulator const& service, Begin const& begin)
        : context(std::in_place),
          client(client_of(context->get_executor(), service, local_url, trusting(service)))
    {
        asio::co_spawn(*context, begin(*client),
                       asio::bind_cancellation_slot(signal.slot(), [this](std::exception_ptr e) {
                           thrown = e;
                           has_ended = true;
                       }));
    }

    /// Returns whether it has ended.
    bool run_handlers(int count)
    {
        for (int i = 0; i != count && !has_ended; ++i)
            context->run_one_for(long_enough);
        return has_ended;
    }

    bool threw_closed() const
    {
        try {
            std::rethrow_exception(thrown);
        } catch (foundry::error const& e) {
            return e.code() == foundry::errc::client_closed;
        }
    }

    std::optional<asio::io_context> context;
    std::optional<foundry::client<>> client;
    asio::cancellation_signal signal;
    std::exception_ptr thrown;
    bool has_ended = false;
};

/// Interrupts it after each handler in each way; returns the number of moments.
template <class Begin>
int interrupt_after_each_handler(emulator const& service, Begin const& begin)
{
    constexpr int many = 5000;
    int moments = 0;
    for (bool is_late = false; !is_late;) {
        int const handlers = ++moments;
        CAPTURE(handlers);
        interrupted_call cancelled(service, begin);
        is_late = cancelled.run_handlers(handlers);
        cancelled.signal.emit(asio::cancellation_type::terminal);
        cancelled.run_handlers(many);
        REQUIRE(cancelled.has_ended);
        CHECK((!cancelled.thrown || is_cancellation(cancelled.thrown)));
        CHECK(cancelled.client->connections().open == cancelled.client->connections().idle);

        interrupted_call closed(service, begin);
        closed.run_handlers(handlers);
        closed.client->close();
        closed.run_handlers(many);
        REQUIRE(closed.has_ended);
        if (closed.thrown)
            CHECK(closed.threw_closed());

        interrupted_call dropped(service, begin);
        dropped.run_handlers(handlers);
        dropped.client.reset();
        dropped.context.reset();
        REQUIRE(handlers < many);
    }
    return moments;
}

} // namespace foundry_test
