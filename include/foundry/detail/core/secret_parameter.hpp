// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>

#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Whether this parameter of a query holds a key. A URL must not have one, because URLs end up in logs.
inline bool is_secret_parameter(std::string_view name)
{
    static constexpr std::string_view names[] = {"api-key", "api_key", "apikey", "subscription-key", "access_token"};
    for (std::string_view const secret : names) {
        if (http::iequals(name, secret))
            return true;
    }
    return false;
}

inline void check_parameter(std::string_view name)
{
    if (is_secret_parameter(name))
        throw_invalid_argument("a key must not stand in the query, which others log; remove it and pass a credential");
}

} // namespace foundry::inline FOUNDRY_ABI::detail
