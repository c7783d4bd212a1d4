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

/// The tokens of one credential, and when to ask for new ones. Knows no socket, no clock and no thread.
///
///     empty --look_up--> fetching --store--> fresh --time--> aging --time--> stale
///                           |
///                           +--fail--> failed, for a while
///
/// fresh: used as it is. aging: used, and a new one is to be fetched meanwhile. stale, empty: a new one is waited for. Each key
/// has one fetch at a time.
///
/// A token's end is counted on the steady clock from when it came, so that a jump of the wall clock neither revives an old token nor
/// ends a good one.
class token_cache
{
public:
    using steady = std::chrono::steady_clock;
    using wall = std::chrono::system_clock;

    /// Less left than this, and a token is not sent any more.
    static constexpr std::chrono::minutes floor{2};
    /// Without a word of the authority's, a new one is fetched so long before the end; of those that live two hours or longer, at half
    /// of their life.
    static constexpr std::chrono::minutes ahead{5};
    /// How long a fetch ahead that failed is not repeated.
    static constexpr std::chrono::seconds pause_ahead{30};
    /// How long a failure is told to everyone who asks. An authority that says how long to wait is believed, up to an hour.
    static constexpr std::chrono::seconds failure_lasts{5};
    static constexpr std::chrono::seconds refusal_lasts{60};
    /// How long after a refused token was dropped the next one is kept, whatever the service says: an identity without a role is refused
    /// with every token, and must not ask the authority for one with each call.
    static constexpr std::chrono::seconds min_between_drops{30};
    static constexpr std::size_t max_keys = 1024;

    using token_ptr = std::shared_ptr<access_token const>;

    struct lookup_result
    {
        lookup_result() = default;

        token_ptr token; ///< Null: there is none to be used.
        bool fetch =
            false; ///< Whether the one who asks has to begin a fetch; if not, and there is no token, there is one.
        std::optional<error> failed; ///< The last fetch failed, and it is too early for another.
    };

    /// What there is for this request. Its scope and tenant are the key; a request with claims takes no token that is there, and its
    /// fetch is one beside the others.
    lookup_result look_up(token_request const& wanted, steady::time_point now);

    /// A fetch has ended well.
    ///
    /// @param random evenly spread over [0, 1): a fleet that started together does not refresh together.
    token_ptr store(token_request const& wanted, access_token token, steady::time_point now, wall::time_point now_wall,
                    double random);
    /// A fetch has failed; where it was cancelled, or nothing is known of why, nothing is remembered.
    void fail(token_request const& wanted, error const* failed, steady::time_point now);

    /// The service has refused this token: it is not used again. A newer one stays.
    ///
    /// @param claims that the service asks for; other ones than before are always a reason for a new token.
    /// @return false if the token is kept, for one was dropped less than min_between_drops ago.
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
        steady::time_point fetched_at; // the last attempt
        std::optional<error> failed;
        steady::time_point failed_until;
        steady::time_point used_at;
        std::optional<steady::time_point> dropped_at; // a token that was refused
        std::string claims;                           // of the last request that had any
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
