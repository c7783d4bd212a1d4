// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/core/retry_budget.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL attempt attempt_of(error const& failed, std::chrono::milliseconds waited,
                                std::chrono::steady_clock::duration elapsed)
{
    attempt made;
    made.code = failed.code();
    made.status = failed.status();
    made.retry_after = failed.retry_after();
    made.should_retry = failed.should_retry();
    made.request_id = failed.request_id().empty() ? failed.apim_request_id() : failed.request_id();
    made.waited = waited;
    made.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed);
    return made;
}

FOUNDRY_DECL retry_budget::retry_budget(retry_options const& how, std::chrono::milliseconds total,
                                        clock::time_point now, bool is_safe)
    : how_(how),
      begun_(now),
      attempt_begun_(now),
      is_safe_(is_safe)
{
    if (total.count() > 0)
        end_ = begun_ + total;
}

FOUNDRY_DECL std::optional<std::chrono::milliseconds> retry_budget::ask_policy(double random) const
{
    attempt const& last = attempts_.back();
    auto const retries = static_cast<unsigned>(attempts_.size() - 1);
    std::optional<std::chrono::milliseconds> const wait =
        how_.policy ? how_.policy->decide(last, retries, random)
                    : default_retry_policy(how_).decide(last, retries, random);
    return wait ? std::optional(bounded(*wait)) : std::nullopt;
}

inline error not_repeated(error const& failed)
{
    failure f = failed.details();
    f.advice += f.advice.empty() ? "" : "; ";
    f.advice += "it was not tried again, because the upload or download cannot go back to its beginning";
    return error(failed.code(), std::move(f));
}

FOUNDRY_DECL void retry_budget::record(error const& failed, clock::time_point now)
{
    attempts_.push_back(attempt_of(failed, waited_, now - attempt_begun_));
    attempts_.back().is_safe = is_safe_;
    attempts_.back().endpoint = endpoint_;
}

FOUNDRY_DECL bool retry_budget::move_after(error const& failed, clock::time_point now, double random, bool can_repeat)
{
    bool const has_attempts = has_more();
    record(failed, now);
    bool const is_repeated = ask_policy(random).has_value();
    if (!has_attempts || (how_.policy && !is_repeated) || now >= end_)
        throw failed.with_attempts(std::move(attempts_));
    if (!can_repeat)
        throw not_repeated(failed).with_attempts(std::move(attempts_));
    return is_repeated;
}

FOUNDRY_DECL void retry_budget::tell(std::chrono::milliseconds wait) const
{
    if (how_.on_retry && !attempts_.empty())
        how_.on_retry(attempts_.back(), wait);
}

FOUNDRY_DECL void retry_budget::note_wait(std::chrono::milliseconds waited, clock::time_point now)
{
    waited_ = waited;
    attempt_begun_ = now;
}

FOUNDRY_DECL void retry_budget::give_up(error const& failed, clock::time_point now)
{
    if (failed.code() == errc::invalid_argument)
        throw failed;
    record(failed, now);
    throw failed.with_attempts(std::move(attempts_));
}

FOUNDRY_DECL std::chrono::milliseconds retry_budget::wait_after(error const& failed, clock::time_point now,
                                                                double random, bool can_repeat)
{
    if (failed.code() == errc::invalid_argument)
        throw failed;
    record(failed, now);
    std::optional<std::chrono::milliseconds> const wait = ask_policy(random);
    if (!wait || now + *wait >= end_)
        throw failed.with_attempts(std::move(attempts_));
    if (!can_repeat)
        throw not_repeated(failed).with_attempts(std::move(attempts_));
    if (how_.on_retry)
        how_.on_retry(attempts_.back(), *wait);
    waited_ = *wait;
    attempt_begun_ = now + *wait;
    return *wait;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
