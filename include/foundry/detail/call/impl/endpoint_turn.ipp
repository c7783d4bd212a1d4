// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/endpoint_turn.hpp>
#include <foundry/detail/call/request_builder.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL endpoint_turn::endpoint_turn(pending_request& request)
    : request_(request),
      list_(*request.state->siblings),
      first_byte_(request.timeouts.first_byte)
{
    for (std::shared_ptr<client_state> const& each : list_.states)
        usable_.push_back(can_go_to(*request.moves, *each));
}

FOUNDRY_DECL endpoint_turn::~endpoint_turn()
{
    if (taken_)
        health().give_back(*taken_);
}

FOUNDRY_DECL endpoint_turn::clock::duration endpoint_turn::take(clock::time_point now)
{
    failover::choice const next = health().choose(usable_, now);
    if (next.wait.count() > 0)
        return next.wait;
    taken_ = next.index;
    begun_ = now;
    if (request_.state.get() != list_.states[next.index].get())
        move_to(request_, list_.at(next.index));
    std::chrono::milliseconds const shorter = request_.state->settings.failover.first_byte;
    bool const is_shorter = shorter.count() > 0 && (first_byte_.count() <= 0 || shorter < first_byte_);
    request_.timeouts.first_byte = next.has_other && is_shorter ? shorter : first_byte_;
    return {};
}

FOUNDRY_DECL void endpoint_turn::succeed() { health().succeed(*std::exchange(taken_, std::nullopt)); }

FOUNDRY_DECL bool endpoint_turn::fail(error const& failed, clock::time_point now)
{
    std::size_t const index = *std::exchange(taken_, std::nullopt);
    failed_ = failed;
    switch (step_after(failed)) {
    case failover_step::stop:
        health().give_back(index);
        return false;
    case failover_step::move:
        health().give_back(index);
        usable_[index] = false;
        return std::find(usable_.begin(), usable_.end(), true) != usable_.end();
    case failover_step::cool:
        break;
    }
    health().fail(index, failed.retry_after(), begun_, now);
    return true;
}

FOUNDRY_DECL error endpoint_turn::all_cool(clock::duration wait) const
{
    failure f = failed_ ? failed_->details() : failure();
    f.retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
    f.advice += f.advice.empty() ? "" : "; ";
    f.advice += "no endpoint takes calls now, the first one again in " + std::to_string(f.retry_after->count()) + " ms";
    return error(failed_ ? failed_->code() : make_error_code(errc::rate_limited), std::move(f));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
