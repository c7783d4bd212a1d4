// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>

#include <string>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {
namespace detail {

/// Throws `errc::invalid_argument`. `advice` says what is wrong and what to write instead; it must not repeat a secret.
[[noreturn]] inline void throw_invalid_argument(std::string advice)
{
    throw error(errc::invalid_argument, std::move(advice));
}

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI
