// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/core/failover.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Selects the endpoint of a list for each attempt of a call.
class endpoint_selector
{
public:
    using clock = failover::clock;

    /// @param request one that moves; outlives this.
    explicit endpoint_selector(pending_request& request);
    endpoint_selector(endpoint_selector const&) = delete;
    endpoint_selector& operator=(endpoint_selector const&) = delete;
    ~endpoint_selector();

    /// Takes an endpoint for an attempt, and writes the request for it.
    ///
    /// @param may_move whether another attempt may follow: only then `failover_options::first_byte` holds.
    /// @return how long to wait before the next try; 0: an endpoint is taken.
    clock::duration take(clock::time_point now, bool may_move);
    /// The endpoint has answered.
    void succeed();
    /// The attempt has failed.
    failover_step fail(error const& failed, clock::time_point now);
    /// This call does not come back to the endpoint that failed last. False if there is no other.
    bool leave();

    /// The last failure, if no endpoint takes calls for longer than the call can wait.
    error unavailable(clock::duration wait) const;

private:
    failover& health() const noexcept { return *list_.health; }

    pending_request& request_;
    endpoint_list& list_;
    std::chrono::milliseconds first_byte_; // the limit without another endpoint
    std::vector<bool> usable_;             // not those that lack what the call needs
    std::optional<std::size_t> taken_;
    std::size_t last_ = 0;    // taken
    clock::time_point begun_; // the attempt
    std::optional<error> failed_;
    failover::choice next_; // what take() was told last
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/endpoint_selector.ipp>
#endif
