// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/core/failover.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The way of one call through the endpoints of a list: which of them takes the next attempt.
class endpoint_turn
{
public:
    using clock = failover::clock;

    /// @param request one that moves; outlives this.
    explicit endpoint_turn(pending_request& request);
    endpoint_turn(endpoint_turn const&) = delete;
    endpoint_turn& operator=(endpoint_turn const&) = delete;
    ~endpoint_turn();

    /// Takes an endpoint for an attempt, and writes the request for it.
    ///
    /// @return how long to wait before the next try; 0: an endpoint is taken.
    clock::duration take(clock::time_point now);
    /// The endpoint has answered.
    void succeed();
    /// The attempt has failed.
    ///
    /// @return whether the call is to move on.
    bool fail(error const& failed, clock::time_point now);

    /// The last failure, or one of its own, if no endpoint takes calls for longer than the call can wait.
    error all_cool(clock::duration wait) const;

private:
    failover& health() const noexcept { return list_.health; }

    pending_request& request_;
    endpoint_list& list_;
    std::chrono::milliseconds first_byte_; // the limit without another endpoint
    std::vector<bool> usable_;             // not those that lack what the call needs
    std::optional<std::size_t> taken_;
    clock::time_point begun_; // the attempt
    std::optional<error> failed_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/endpoint_turn.ipp>
#endif
