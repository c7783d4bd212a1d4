// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/auth/token_cache.hpp>
#include <foundry/detail/core/field.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL token_cache::entry* token_cache::find(token_request const& wanted) noexcept
{
    for (entry& e : entries_)
        if (e.scope == wanted.scope && http::iequals(e.tenant, wanted.tenant))
            return &e;
    return nullptr;
}

/// Removes one entry: first an entry without a valid token or a fetch, then the least recently requested one.
FOUNDRY_DECL void token_cache::make_room(steady::time_point now)
{
    auto const worth = [now](entry const& e) {
        return std::pair(e.fetching || (e.token && now < e.ends_at), e.used_at);
    };
    auto const least = std::min_element(entries_.begin(), entries_.end(),
                                        [&](entry const& a, entry const& b) { return worth(a) < worth(b); });
    entries_.erase(least);
}

FOUNDRY_DECL token_cache::entry& token_cache::find_or_add(token_request const& wanted, steady::time_point now)
{
    if (entry* const known = find(wanted))
        return *known;
    if (entries_.size() >= max_keys)
        make_room(now);
    entry& added = entries_.emplace_back();
    added.scope = wanted.scope;
    added.tenant = wanted.tenant;
    return added;
}

FOUNDRY_DECL token_cache::lookup_result token_cache::look_up(token_request const& wanted, steady::time_point now)
{
    lookup_result found;
    if (!wanted.claims.empty()) {
        found.fetch = true;
        return found;
    }
    entry& e = find_or_add(wanted, now);
    e.used_at = now;
    if (e.token && now < e.stale_at) {
        found.token = e.token;
        found.fetch = !e.fetching && now >= e.refresh_at && now >= e.fetched_at + pause_ahead;
    } else if (e.failed && now < e.failed_until) {
        found.failed = e.failed;
    } else {
        found.fetch = !e.fetching;
    }
    if (found.fetch) {
        e.fetching = true;
        e.fetched_at = now;
    }
    return found;
}

FOUNDRY_DECL token_cache::token_ptr token_cache::store(token_request const& wanted, access_token token,
                                                       steady::time_point now, wall::time_point now_wall, double random)
{
    using std::chrono::duration_cast;
    using duration = steady::duration;
    entry& e = find_or_add(wanted, now);
    constexpr std::chrono::hours max_life{30 * 24};
    auto const left = [&](wall::time_point until) {
        return until <= now_wall ? duration::zero()
                                 : duration_cast<duration>(std::min<wall::duration>(until - now_wall, max_life));
    };
    duration const life = left(token.expires_on());
    duration refresh = life >= std::chrono::hours{2} ? life / 2 : life - std::min<duration>(ahead, life);
    if (token.refresh_on() && *token.refresh_on() < token.expires_on())
        refresh = left(*token.refresh_on());
    duration const spread = std::min<duration>((life - refresh) / 10, ahead);
    refresh -= (std::min)(refresh, duration_cast<duration>(random * spread));

    if (wanted.claims.empty())
        e.fetching = false;
    else
        e.claims = wanted.claims;
    e.failed.reset();
    e.refresh_at = now + refresh;
    e.stale_at = now + life - std::min<duration>(floor, life / 2);
    e.ends_at = now + life;
    e.token = std::make_shared<access_token const>(std::move(token));
    return e.token;
}

FOUNDRY_DECL void token_cache::fail(token_request const& wanted, error const* failed, steady::time_point now)
{
    entry* const e = find(wanted);
    if (e == nullptr || !wanted.claims.empty())
        return;
    e->fetching = false;
    if (failed == nullptr)
        return;
    bool const refused = failed->code() == errc::authentication_failed;
    std::chrono::milliseconds const wait = failed->retry_after().value_or(refused ? refusal_lasts : failure_lasts);
    e->failed = *failed;
    e->failed_until = now + std::min<std::chrono::milliseconds>(wait, std::chrono::hours{1});
}

FOUNDRY_DECL bool token_cache::invalidate(std::string_view refused, std::string_view claims,
                                          steady::time_point now) noexcept
{
    bool dropped = true;
    for (entry& e : entries_) {
        if (!e.token || e.token->token().reveal() != refused)
            continue;
        bool const is_recent = e.dropped_at && now - *e.dropped_at < min_between_drops;
        if (is_recent && (claims.empty() || claims == e.claims)) {
            dropped = false;
            continue;
        }
        e.dropped_at = now;
        e.token.reset();
    }
    return dropped;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
