// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/rate_control.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL void rate_control::quota::begin(std::int64_t amount)
{
    begun_ += amount;
    if (left_)
        *left_ -= amount;
}

FOUNDRY_DECL void rate_control::quota::learn(std::int64_t amount, std::int64_t answered_before,
                                             std::optional<std::int64_t> remaining,
                                             std::optional<std::chrono::milliseconds> reset, clock::time_point now)
{
    if (!remaining) {
        left_.reset();
        return;
    }
    // The service may have counted the requests that were under way at the same time before or after it wrote this.
    std::int64_t const others = begun_ - answered_before - amount;
    left_ = std::clamp(left_.value_or(0), *remaining - others, *remaining);

    constexpr std::chrono::milliseconds longest = std::chrono::minutes(1);
    if (!reset || reset->count() == 0)
        return; // services write 0 although the limit is not renewed at once
    bool const is_rounded = *reset % std::chrono::seconds(1) == std::chrono::seconds(0); // most write whole seconds
    renewed_at_ = now + (std::min)(*reset + std::chrono::seconds(is_rounded ? 1 : 0), longest);
}

FOUNDRY_DECL rate_control::clock::duration rate_control::wait(std::int64_t tokens, clock::time_point now) const
{
    if (now < paused_until_)
        return paused_until_ - now;
    clock::time_point renewed_at = (clock::time_point::min)();
    if (requests_.lacks(1))
        renewed_at = requests_.renewed_at();
    if (tokens_.lacks(tokens))
        renewed_at = (std::max)(renewed_at, tokens_.renewed_at());
    if (now < renewed_at)
        return renewed_at - now;
    bool const is_free = renewed_at == (clock::time_point::min)() && under_way_ < at_a_time_;
    return is_free || bulk_under_way_ == 0 ? clock::duration() : until_another_ends;
}

FOUNDRY_DECL void rate_control::begin(request& r, clock::time_point now)
{
    r.answered_requests = requests_.answered();
    r.answered_tokens = tokens_.answered();
    r.begun = now;
    requests_.begin(1);
    tokens_.begin(r.tokens);
    ++under_way_;
    bulk_under_way_ += r.is_bulk ? 1 : 0;
}

FOUNDRY_DECL void rate_control::end(request const& r)
{
    requests_.end(1);
    tokens_.end(r.tokens);
    --under_way_;
    bulk_under_way_ -= r.is_bulk ? 1 : 0;
}

FOUNDRY_DECL void rate_control::succeed(request const& r, rate_limits const& limits, clock::time_point now)
{
    requests_.learn(1, r.answered_requests, limits.remaining_requests, limits.reset_requests, now);
    tokens_.learn(r.tokens, r.answered_tokens, limits.remaining_tokens, limits.reset_tokens, now);
    end(r);
    if (r.begun > refused_at_)
        refusals_ = 0;
    constexpr std::size_t many = 1024;
    if (at_a_time_ <= many && ++successes_ >= at_a_time_) {
        ++at_a_time_;
        successes_ = 0;
    }
}

FOUNDRY_DECL void rate_control::fail(request const& r, error const& failed, std::chrono::milliseconds max_pause,
                                     clock::time_point now)
{
    std::size_t const others = under_way_ - 1;
    end(r);
    auto const asked = failed.retry_after();
    if (failed.code() != errc::rate_limited || (asked && *asked > max_pause))
        return;
    if (r.begun >= refused_at_) { // else it was under way when another was refused
        refused_at_ = now;
        at_a_time_ = (std::max)((std::min)(others + 1, at_a_time_) / 2, std::size_t(1));
        successes_ = 0;
        refusals_ = (std::min)(refusals_ + 1, 7U);
    }
    std::chrono::milliseconds const own = std::chrono::milliseconds(400) * (1 << refusals_);
    bool const is_told = asked && asked->count() > 0;
    paused_until_ = (std::max)(paused_until_, now + (std::min)(is_told ? *asked : own, max_pause));
}

FOUNDRY_DECL void rate_control::release(request const& r) { end(r); }

} // namespace foundry::inline FOUNDRY_ABI::detail
