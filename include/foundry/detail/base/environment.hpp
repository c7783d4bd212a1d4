// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstdlib>
#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The value of an environment variable; empty if it is not set. Called in constructors only, because another thread may change it.
inline std::string environment(char const* name)
{
    char const* const value = std::getenv(name);
    return value != nullptr ? std::string(value) : std::string();
}

/// Whether the value is `1` or `true`, in any case.
inline bool is_on(std::string const& value)
{
    return value == "1" || (value.size() == 4 && (value[0] | 32) == 't' && (value[1] | 32) == 'r' &&
                            (value[2] | 32) == 'u' && (value[3] | 32) == 'e');
}

} // namespace foundry::inline FOUNDRY_ABI::detail
