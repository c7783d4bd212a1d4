// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <openssl/rand.h>

#include <cstdint>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A random number, evenly distributed over [0, 1).
inline double random_fraction()
{
    std::uint32_t bits = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits);
    return static_cast<double>(bits) / 4294967296.0;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
