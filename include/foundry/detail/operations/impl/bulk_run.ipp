// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/bulk_run.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <deque>
#include <exception>
#include <limits>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A part from its request until next() has returned it.
struct held_part
{
    explicit held_part(std::unique_ptr<bulk_part> p) : part(std::move(p)) {}

    std::unique_ptr<bulk_part> part;
    boost::asio::cancellation_signal cancel;
    std::exception_ptr failure;
    bool has_ended = false;
};

struct bulk_state
{
    bulk_state(boost::asio::any_io_executor e, std::unique_ptr<bulk_input> i, std::size_t most, bool ordered,
               std::function<void(bulk_part const&)> f)
        : executor(std::move(e)),
          input(std::move(i)),
          in_flight(most),
          window(most > (std::numeric_limits<std::size_t>::max)() / 2 ? most : 2 * most),
          in_order(ordered),
          on_end(std::move(f)),
          woken(executor, (boost::asio::steady_timer::time_point::max)())
    {}

    boost::asio::any_io_executor executor;
    std::unique_ptr<bulk_input> input; // null after its end
    std::size_t in_flight;
    std::size_t window;
    bool in_order;
    std::function<void(bulk_part const&)> on_end;
    boost::asio::steady_timer woken;

    std::deque<std::shared_ptr<held_part>> held; // in the order of the input
    std::shared_ptr<held_part> current;          // that next() has returned
    std::size_t running = 0;
    boost::asio::cancellation_signal cancel_reading;
    bool is_reading = false;
    bool is_in_input = false;         // the input runs or waits
    std::exception_ptr input_failure; // thrown after all parts
    bool has_failed = false;          // a part has
    bool is_cancelled = false;

    bool is_idle() const { return running == 0 && !is_reading; }
    bool must_read() const
    {
        std::size_t const kept = held.size() + (current ? 1 : 0);
        return input && !is_reading && !has_failed && !is_cancelled && running < in_flight && kept < window;
    }

    void cancel()
    {
        if (std::exchange(is_cancelled, true))
            return;
        for (std::shared_ptr<held_part> const& each : held)
            each->cancel.emit(boost::asio::cancellation_type::terminal);
        cancel_reading.emit(boost::asio::cancellation_type::terminal);
        if (!is_in_input)
            input.reset();
    }

    void end_part(held_part& ended, std::exception_ptr thrown)
    {
        --running;
        ended.has_ended = true;
        ended.failure = std::move(thrown);
        if (!ended.failure && !is_cancelled && on_end) {
            try {
                on_end(*ended.part);
            } catch (...) {
                ended.failure = std::current_exception();
            }
        }
        has_failed = has_failed || ended.failure;
        woken.cancel();
    }

    /// Takes a part for next(); null if none is ready. If the order does not matter, one that has failed is last.
    std::shared_ptr<held_part> take()
    {
        auto found = held.begin();
        if (!in_order) {
            found = std::find_if(held.begin(), held.end(),
                                 [](auto const& each) { return each->has_ended && !each->failure; });
            if (found == held.end() && running == 0)
                found = held.begin();
        }
        if (found == held.end() || !(*found)->has_ended)
            return nullptr;
        std::shared_ptr<held_part> taken = std::move(*found);
        held.erase(found);
        return taken;
    }
};

FOUNDRY_CORO inline boost::asio::awaitable<std::unique_ptr<bulk_part>> read_part(std::shared_ptr<bulk_state> state)
{
    std::unique_ptr<bulk_part> part;
    if (!state->is_cancelled) {
        state->is_in_input = true;
        part = co_await state->input->read();
    }
    co_return part;
}

FOUNDRY_CORO inline boost::asio::awaitable<void> ask_for(std::shared_ptr<held_part> held)
{
    co_await held->part->ask();
}

inline void read_more(std::shared_ptr<bulk_state> const& state);

/// Each request is a coroutine of its own, so that it can be cancelled.
inline FOUNDRY_CORO void begin_part(std::shared_ptr<bulk_state> const& state, std::unique_ptr<bulk_part> part)
{
    std::shared_ptr<held_part> const held(new held_part(std::move(part)));
    state->held.push_back(held);
    ++state->running;
    boost::asio::co_spawn(
        state->executor, ask_for(held),
        boost::asio::bind_cancellation_slot(held->cancel.slot(), [state, held](std::exception_ptr thrown) {
            state->end_part(*held, std::move(thrown));
            read_more(state);
        }));
}

inline void end_reading(std::shared_ptr<bulk_state> const& state, std::exception_ptr thrown,
                        std::unique_ptr<bulk_part> part)
{
    state->is_reading = false;
    state->is_in_input = false;
    if (!state->is_cancelled)
        state->input_failure = std::move(thrown);
    if (part && !state->is_cancelled && !state->has_failed)
        begin_part(state, std::move(part));
    else
        state->input.reset();
    state->woken.cancel();
    read_more(state);
}

/// Reads the next part, if there is room for it. The input is a coroutine of its own, so that rows do not wait for it.
inline FOUNDRY_CORO void read_more(std::shared_ptr<bulk_state> const& state)
{
    if (!state->must_read())
        return;
    state->is_reading = true;
    boost::asio::co_spawn(
        state->executor, read_part(state),
        boost::asio::bind_cancellation_slot(state->cancel_reading.slot(),
                                            [state](std::exception_ptr thrown, std::unique_ptr<bulk_part> part) {
                                                end_reading(state, std::move(thrown), std::move(part));
                                            }));
}

FOUNDRY_DECL bulk_run::bulk_run(boost::asio::any_io_executor executor, std::unique_ptr<bulk_input> input,
                                std::size_t in_flight, bool in_order, std::function<void(bulk_part const&)> on_end)
    : state_(new bulk_state(std::move(executor), std::move(input), in_flight, in_order, std::move(on_end)))
{}

FOUNDRY_DECL bulk_run::~bulk_run() { state_->cancel(); }

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<bulk_part*> bulk_run::next()
{
    std::shared_ptr<bulk_state> const state = state_;
    std::shared_ptr<held_part> const before = std::move(state->current);
    if (before && before->failure)
        std::rethrow_exception(before->failure);
    bool const throws = co_await boost::asio::this_coro::throw_if_cancelled();
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    boost::asio::cancellation_state const own = co_await boost::asio::this_coro::cancellation_state;
    bool is_aborted = own.cancelled() != boost::asio::cancellation_type::none;
    read_more(state);
    for (;;) {
        if (is_aborted)
            state->cancel();
        else
            state->current = state->take();
        bool const is_over = state->held.empty() && !state->input;
        if (state->current || (state->is_idle() && (is_aborted || is_over)))
            break;
        co_await state->woken.async_wait(boost::asio::as_tuple(boost::asio::deferred));
        is_aborted = own.cancelled() != boost::asio::cancellation_type::none;
    }
    co_await boost::asio::this_coro::throw_if_cancelled(throws);
    if (is_aborted)
        throw boost::system::system_error(boost::asio::error::operation_aborted);
    if (!state->current && state->input_failure)
        std::rethrow_exception(state->input_failure);
    co_return state->current ? state->current->part.get() : nullptr;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
