// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/endpoint_selector.hpp>
#include <foundry/detail/call/request_builder.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL endpoint_selector::endpoint_selector(pending_request& request)
    : request_(request),
      list_(*request.state->siblings),
      first_byte_(request.timeouts.first_byte)
{
    for (std::shared_ptr<client_state> const& each : list_.states)
        usable_.push_back(can_go_to(*request.moves, *each));
}

FOUNDRY_DECL endpoint_selector::~endpoint_selector()
{
    if (taken_)
        health().release(*taken_);
}

FOUNDRY_DECL endpoint_selector::clock::duration endpoint_selector::take(clock::time_point now, bool may_move)
{
    next_ = health().choose(usable_, now);
    if (next_.wait.count() > 0)
        return next_.wait;
    taken_ = last_ = next_.index;
    begun_ = now;
    if (request_.state.get() != list_.states[last_].get())
        move_to(request_, list_.at(last_));
    std::chrono::milliseconds const shorter = request_.state->settings.failover.first_byte;
    bool const is_shorter = shorter.count() > 0 && (first_byte_.count() <= 0 || shorter < first_byte_);
    request_.has_alternative = next_.has_other && may_move;
    request_.timeouts.first_byte = request_.has_alternative && is_shorter ? shorter : first_byte_;
    return {};
}

FOUNDRY_DECL void endpoint_selector::succeed() { health().succeed(*std::exchange(taken_, std::nullopt), begun_); }

FOUNDRY_DECL failover_step endpoint_selector::fail(error const& failed, clock::time_point now)
{
    std::size_t const index = *std::exchange(taken_, std::nullopt);
    failed_ = failed;
    failover_step const step = step_after(failed);
    bool const is_answered = failed.status() >= 400 && failed.status() < 500;
    if (step == failover_step::cool || step == failover_step::stop_and_cool)
        health().fail(index, failed, begun_, now);
    else if (is_answered)
        health().succeed(index, begun_);
    else
        health().release(index);
    return step;
}

FOUNDRY_DECL bool endpoint_selector::leave()
{
    usable_[last_] = false;
    return std::find(usable_.begin(), usable_.end(), true) != usable_.end();
}

FOUNDRY_DECL error endpoint_selector::unavailable(clock::duration wait) const
{
    failure f = failed_ ? failed_->details() : failure();
    f.retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
    f.advice += f.advice.empty() ? "" : "; ";
    f.advice += "no endpoint takes calls now; the next one, " + list_.states[next_.index]->target.endpoint.url() +
                ", does in " + std::to_string(f.retry_after->count()) + " ms";
    return error(failed_ ? failed_->code() : next_.last_failure, std::move(f));
}

} // namespace foundry::inline FOUNDRY_ABI::detail
