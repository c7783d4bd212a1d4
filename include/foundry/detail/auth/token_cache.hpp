// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/error.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The tokens of one credential, and the times of their renewal. Independent of sockets, clocks and threads.
///
///     empty --look_up--> fetching --store--> fresh --time--> aging --time--> stale
///                           |
///                           +--fail--> failed, for a while
///
/// fresh: the token is used. aging: the token is used, and a new one is fetched meanwhile. stale, empty: the caller waits for a new one.
/// Each scope and tenant has one fetch at a time.
///
/// The lifetime of a token is counted on the steady clock from its arrival, so that a jump of the wall clock neither revives an old token
/// nor ends a good one.
class token_cache
{
public:
    using steady = std::chrono::steady_clock;
    using wall = std::chrono::system_clock;

    /// Minimum remaining lifetime of a token that is sent.
    static constexpr std::chrono::minutes floor{2};
    /// If the authority gives no time for the renewal, a new token is fetched this long before the end; for a lifetime of two hours or
    /// more, after half of it.
    static constexpr std::chrono::minutes ahead{5};
    /// Minimum time between two early fetches, so that a failed one is not repeated at once.
    static constexpr std::chrono::seconds pause_ahead{30};
    /// How long callers get the error of a failed fetch without a new one. If the authority says how long to wait, that time counts
    /// instead, up to an hour.
    static constexpr std::chrono::seconds failure_lasts{5};
    /// The same after the authority has refused.
    static constexpr std::chrono::seconds refusal_lasts{60};
    /// After a token was dropped because the service refused it, the next one is kept for this long. The service refuses an identity
    /// without a role with every token; such an identity must not ask the authority for a new token with each call.
    static constexpr std::chrono::seconds min_between_drops{30};
    static constexpr std::size_t max_keys = 1024;

    using token_ptr = std::shared_ptr<access_token const>;

    struct lookup_result
    {
        lookup_result() = default;

        token_ptr token; ///< Null if no token can be used.
        /// Whether the caller has to begin a fetch. If false and there is no token, a fetch is in progress.
        bool fetch = false;
        std::optional<error> failed; ///< Set if the last fetch failed and it is too early for another.
    };

    /// Looks up the token for this request. Scope and tenant are the key. A request with claims never uses a cached token, and its fetch
    /// runs in addition to the others.
    lookup_result look_up(token_request const& wanted, steady::time_point now);

    /// Stores the result of a successful fetch.
    ///
    /// @param random evenly distributed over [0, 1): programs that started together do not refresh together.
    token_ptr store(token_request const& wanted, access_token token, steady::time_point now, wall::time_point now_wall,
                    double random);
    /// Records a failed fetch.
    ///
    /// @param failed null if the fetch was cancelled or its cause is unknown; then the failure is not remembered.
    void fail(token_request const& wanted, error const* failed, steady::time_point now);

    /// Drops a token that the service has refused. A newer token stays.
    ///
    /// @param claims the claims that the service asks for; claims that differ from the last ones always cause a new token.
    /// @return false if the token is kept, because another was dropped less than min_between_drops ago.
    bool invalidate(std::string_view refused, std::string_view claims, steady::time_point now) noexcept;

    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct entry
    {
        std::string scope;
        std::string tenant; // lower case
        token_ptr token;
        steady::time_point refresh_at;
        steady::time_point stale_at;
        steady::time_point ends_at;
        bool fetching = false;
        steady::time_point fetched_at; // time of the last attempt
        std::optional<error> failed;
        steady::time_point failed_until;
        steady::time_point used_at;
        std::optional<steady::time_point> dropped_at; // time of the last refused token
        std::string claims;                           // of the last request with claims
    };

    entry* find(token_request const& wanted) noexcept;
    entry& find_or_add(token_request const& wanted, steady::time_point now);
    void make_room(steady::time_point now);

    std::vector<entry> entries_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/auth/impl/token_cache.ipp>
#endif
