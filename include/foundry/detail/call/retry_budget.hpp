// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/deadline.hpp>
#include <foundry/error.hpp>

#include <optional>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// What is told of an attempt that has just failed.
FOUNDRY_DECL attempt attempt_of(error const& failed, std::chrono::milliseconds waited, http::clock::time_point begun);

/// The requests of one call, from the first to the one that works:
///
///     for (retry_budget requests(retry, total);;) {
///         std::chrono::milliseconds wait{0};
///         try { ...; co_return ...; } catch (error const& e) { wait = requests.wait_after(e); }
///         boost::asio::steady_timer pause(executor, wait);
///         co_await pause.async_wait(deferred);
///     }
class retry_budget
{
public:
    /// @param total the limit of all requests and waits together; zero for none.
    retry_budget(retry_options const& how, std::chrono::milliseconds total);

    /// Those that failed, the wait after the last of them, and when the next one begins.
    std::vector<attempt> const& failed() const noexcept { return attempts_; }
    std::chrono::milliseconds waited() const noexcept { return waited_; }
    http::clock::time_point attempt_begun() const noexcept { return attempt_begun_; }

    http::clock::time_point begun() const noexcept { return begun_; }
    /// When the whole call ends; `http::never` where it may take for ever.
    http::clock::time_point end() const noexcept { return end_; }

    /// How long to wait until the request may be made again.
    ///
    /// @throws foundry::error the given one, with every attempt, where it may not, or not in time.
    std::chrono::milliseconds wait_after(error const& failed);

private:
    std::optional<std::chrono::milliseconds> decide();

    retry_options const& how_;
    http::clock::time_point begun_ = http::clock::now();
    http::clock::time_point end_ = http::never;
    std::chrono::milliseconds waited_{0};
    http::clock::time_point attempt_begun_ = begun_;
    std::vector<attempt> attempts_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/retry_budget.ipp>
#endif
