// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/options.hpp>

#include <chrono>
#include <optional>

namespace foundry::inline FOUNDRY_ABI {

/// How a `wait()` polls the service. The service may ask for longer waits, up to `retry_options::max_server_wait`. The wait as a whole has no
/// time limit: `call.timeouts.total` is that of each request. To limit it, use `||` with a timer.
struct wait_options
{
    wait_options() = default;

    call_options call; ///< For each request.
    /// Between the first two requests; each further wait is 1.5 times as long. Not set: the operation's own.
    std::optional<std::chrono::milliseconds> interval;
    /// The longest wait between two requests. Not set: the operation's own.
    std::optional<std::chrono::milliseconds> max_interval;
};

} // namespace foundry::inline FOUNDRY_ABI
