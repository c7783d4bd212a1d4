// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>
#include <foundry/response_info.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace foundry::inline FOUNDRY_ABI::detail {

/// How fast a deployment may be asked, learned from what it answers: no more requests and tokens at a time than it says are left, none
/// while it has refused one, and after that half as many at a time as before, one more after each round that succeeds. Only bulk work is
/// held back; other calls are counted. Has no clock and no mutex of its own.
class rate_control
{
public:
    using clock = std::chrono::steady_clock;

    /// A request until the head of its response has come.
    struct request
    {
        request() = default;

        std::int64_t tokens = 0; ///< Estimated.
        bool is_bulk = false;

        std::int64_t answered_requests = 0; // of all when it began
        std::int64_t answered_tokens = 0;
        clock::time_point begun;
    };

    /// How long a request of bulk work must wait; 0: it may begin. It may begin earlier if another ends.
    clock::duration wait(std::int64_t tokens, clock::time_point now) const;
    /// For a wait that only the end of another request ends.
    static constexpr clock::duration until_another_ends = (clock::duration::max)();

    void begin(request& r, clock::time_point now);

    /// @name The end of a request: one of these for each
    /// @{
    /// @param limits what the head of its response says.
    void succeed(request const& r, rate_limits const& limits, clock::time_point now);
    /// @param max_pause a longer one concerns the request alone.
    void fail(request const& r, error const& failed, std::chrono::milliseconds max_pause, clock::time_point now);
    /// It has ended without an answer.
    void release(request const& r);
    /// @}

private:
    /// One of the limits of a deployment.
    class quota
    {
    public:
        bool lacks(std::int64_t amount) const { return left_ && *left_ < amount; }
        /// When it is renewed, as far as the service has told.
        clock::time_point renewed_at() const { return renewed_at_; }
        std::int64_t answered() const { return answered_; }

        void begin(std::int64_t amount);
        void end(std::int64_t amount) { answered_ += amount; }
        /// @param answered_before what was answered when the request began.
        void learn(std::int64_t amount, std::int64_t answered_before, std::optional<std::int64_t> remaining,
                   std::optional<std::chrono::milliseconds> reset, clock::time_point now);

    private:
        std::optional<std::int64_t>
            left_; // at least so much, after all requests that have begun; not set: no limit is known
        clock::time_point renewed_at_;
        std::int64_t begun_ = 0;
        std::int64_t answered_ = 0;
    };

    void end(request const& r);

    quota requests_;
    quota tokens_;
    std::size_t under_way_ = 0;
    std::size_t bulk_under_way_ = 0;
    std::size_t at_a_time_ = (std::numeric_limits<std::size_t>::max)();
    std::size_t successes_ = 0; // since it changed
    unsigned refusals_ = 0;     // since the last success
    clock::time_point refused_at_;
    clock::time_point paused_until_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/core/impl/rate_control.ipp>
#endif
