// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <chrono>

namespace foundry::inline FOUNDRY_ABI::http {

/// How long each step of an exchange took; zero for a step that was not needed.
struct exchange_times
{
    std::chrono::nanoseconds queue{};      ///< Waiting for a free connection of the pool.
    std::chrono::nanoseconds connect{};    ///< Resolving the host and connecting.
    std::chrono::nanoseconds tls{};        ///< The TLS handshake.
    std::chrono::nanoseconds first_byte{}; ///< From the written request to the head of the response.
};

} // namespace foundry::inline FOUNDRY_ABI::http
