// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>
#include <foundry/http/deadline.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The requests of one call, from the first to the one that works:
///
///     for (retry_loop requests(retry, total);;) {
///         std::optional<error> failed;
///         try { ...; co_return ...; } catch (error const& e) { failed = e; }
///         std::chrono::milliseconds const wait = requests.wait_after(*failed);
///         co_await pause(wait);
///     }
class retry_loop
{
public:
    /// @param total the limit of all requests and waits together; zero for none.
    retry_loop(retry_options const& how, std::chrono::milliseconds total);

    http::clock::time_point begun() const noexcept { return begun_; }
    /// When the whole call ends; nothing where it may take for ever.
    std::optional<http::clock::time_point> end() const noexcept { return end_; }

    /// How long to wait until the request may be made again.
    ///
    /// @throws foundry::error the given one, with every attempt, where it may not, or not in time.
    std::chrono::milliseconds wait_after(error const& failed);

private:
    std::optional<std::chrono::milliseconds> decide();

    retry_options const& how_;
    http::clock::time_point begun_ = http::clock::now();
    std::optional<http::clock::time_point> end_;
    std::chrono::milliseconds waited_{0};
    std::vector<attempt> attempts_;
};

/// @throws foundry::error (`boost::asio::error::operation_aborted`) where the call is cancelled.
FOUNDRY_DECL boost::asio::awaitable<void> pause(std::chrono::milliseconds time);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/retry_loop.ipp>
#endif
