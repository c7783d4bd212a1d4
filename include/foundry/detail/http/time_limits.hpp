// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>

#include <chrono>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

using clock = std::chrono::steady_clock;
inline constexpr clock::time_point never = (clock::time_point::max)();

/// A time limit.
struct limit
{
    clock::time_point at = never;      ///< When it passes.
    errc code = errc::total_timeout;   ///< Code of the error.
    std::chrono::milliseconds span{0}; ///< Length, for the message of the error.
    bool of_stream = false;            ///< Whether the answer is a stream.
};

/// The error for a limit that has passed. Its message names the limit, the host and the option to set.
FOUNDRY_DECL error limit_error(limit const& passed, std::string_view host);

/// The core of a deadline: the time limits of one exchange, without a timer. Three hold at a time: that of the whole call, that of the
/// current step, and the one for progress without content.
class time_limits
{
public:
    /// Sets the limit of the whole call; `never` for none.
    void set_total(clock::time_point at, std::chrono::milliseconds span, bool of_stream) noexcept
    {
        total_ = {at, errc::total_timeout, span, of_stream};
    }
    /// Makes the following limits ones of a stream.
    void expect_stream() noexcept { is_stream_ = true; }
    clock::time_point total() const noexcept { return total_.at; }

    /// Sets the limit of the current step; zero for none.
    void set_step(clock::time_point now, std::chrono::milliseconds within, errc code) noexcept
    {
        step_ = {within.count() > 0 ? now + within : never, code, within, is_stream_};
    }
    /// Sets the limit for progress without content: `within` in total, of which `left` remains; zero for none.
    void set_stall(clock::time_point now, std::chrono::milliseconds left, std::chrono::milliseconds within) noexcept
    {
        stall_ = {left.count() > 0 ? now + left : never, errc::stall_timeout, within, is_stream_};
    }
    /// Ends the limits of set_step() and set_stall().
    void clear_step() noexcept { step_.at = stall_.at = never; }

    /// The limit that passes first.
    limit const& next() const noexcept
    {
        limit const& part = stall_.at < step_.at ? stall_ : step_;
        return part.at < total_.at ? part : total_;
    }

    /// Whether a limit has passed, which is then expired().
    bool check(clock::time_point now) noexcept
    {
        limit const& first = next();
        if (first.at > now)
            return false;
        expired_ = first;
        return true;
    }
    /// Makes expired() a limit with this code.
    void expire(errc code) noexcept { expired_ = {never, code, {}, is_stream_}; }
    /// The limit that has passed; its code is `errc()` if none has.
    limit const& expired() const noexcept { return expired_; }

private:
    limit total_;
    limit step_;
    limit stall_;
    limit expired_{never, errc(), {}, false};
    bool is_stream_ = false;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/time_limits.ipp>
#endif
