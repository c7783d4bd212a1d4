// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#if !defined(_WIN32)
#include <unistd.h>
#endif

namespace foundry::inline FOUNDRY_ABI::detail {

/// Changes after fork(); for state that parent and child must not share. Windows has no fork(), so a constant is enough there.
#if defined(_WIN32)
inline long process_id() noexcept { return 0; }
#else
inline long process_id() noexcept { return static_cast<long>(::getpid()); }
#endif

} // namespace foundry::inline FOUNDRY_ABI::detail
