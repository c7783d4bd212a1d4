// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/rate_gates.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL void rate_gates::let_in(gate& of, rate_control::clock::time_point now)
{
    auto const wake = [](waiter& w) {
        w.wake_up.post([kept = boost::intrusive_ptr<waiter>(&w)] { kept->timer.cancel(); });
    };
    while (waiter* const first = of.waiters.front()) {
        auto const wait = of.control.wait(first->made.tokens, now);
        if (wait == rate_control::until_another_ends)
            break;
        if (wait.count() > 0) {
            if (now + wait < first->wakes_at) {
                first->wakes_at = now + wait;
                wake(*first);
            }
            break;
        }
        of.control.begin(first->made, now);
        first->is_waiting = false;
        wake(*of.waiters.pop_front());
    }
}

FOUNDRY_DECL rate_ticket::rate_ticket(boost::intrusive_ptr<rate_gates> const& gates, std::string_view deployment,
                                      std::int64_t tokens, bool is_bulk)
{
    if (!is_bulk && !gates->is_used_.load(std::memory_order_relaxed))
        return;
    std::lock_guard const lock(gates->mutex_);
    auto found = gates->gates_.find(deployment);
    if (found == gates->gates_.end()) {
        if (!is_bulk || gates->gates_.size() == rate_gates::max_deployments)
            return;
        found = gates->gates_.try_emplace(std::string(deployment)).first;
        gates->is_used_ = true;
    }
    gates_ = gates;
    gate_ = &found->second;
    made_.tokens = tokens;
    made_.is_bulk = is_bulk;
    if (!is_bulk)
        begin(clock::now());
}

FOUNDRY_DECL rate_ticket::~rate_ticket()
{
    if (has_begun_ || waiter_)
        end([&] { gate_->control.release(made_); });
}

FOUNDRY_DECL void rate_ticket::begin(clock::time_point now)
{
    gate_->control.begin(made_, now);
    has_begun_ = true;
}

FOUNDRY_DECL bool rate_ticket::must_wait(boost::asio::any_io_executor const& executor, clock::time_point end)
{
    if (!gates_ || has_begun_)
        return false;
    std::lock_guard const lock(gates_->mutex_);
    clock::time_point const now = clock::now();
    auto& waiters = gate_->waiters;
    if (!waiter_) {
        if (waiters.size() == 0 && gate_->control.wait(made_.tokens, now).count() == 0) {
            begin(now);
            return false;
        }
        waiter_.reset(new rate_gates::waiter(executor, made_));
        waiters.push_back(waiter_);
    }
    rate_gates::let_in(*gate_, now);
    if (!waiter_->is_waiting) {
        made_ = waiter_->made;
        has_begun_ = true;
        return false;
    }
    auto const wait =
        waiters.front() == waiter_.get() ? gate_->control.wait(made_.tokens, now) : rate_control::until_another_ends;
    waiter_->wakes_at = wait < end - now ? now + wait : end;
    waiter_->timer.expires_at(waiter_->wakes_at);
    return true;
}

template <class Function>
void rate_ticket::end(Function note)
{
    boost::intrusive_ptr<rate_gates> const gates = std::move(gates_);
    if (!gates)
        return;
    std::lock_guard const lock(gates->mutex_);
    if (waiter_ && waiter_->is_waiting) {
        gate_->waiters.take(waiter_.get());
    } else {
        if (waiter_)
            made_ = waiter_->made;
        note();
    }
    rate_gates::let_in(*gate_, clock::now());
}

FOUNDRY_DECL void rate_ticket::succeed(response_info const& head)
{
    if (gates_)
        end([&] { gate_->control.succeed(made_, head.rate_limits(), clock::now()); });
}

FOUNDRY_DECL void rate_ticket::fail(error const& failed, std::chrono::milliseconds max_pause)
{
    end([&] { gate_->control.fail(made_, failed, max_pause, clock::now()); });
}

} // namespace foundry::inline FOUNDRY_ABI::detail
