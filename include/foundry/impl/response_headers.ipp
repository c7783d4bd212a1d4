// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/core/field.hpp>
#include <foundry/response_headers.hpp>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL std::string_view response_headers::find(std::string_view name) const noexcept
{
    for (auto const& [key, value] : *this) {
        if (http::iequals(key, name))
            return value;
    }
    return {};
}

} // namespace foundry::inline FOUNDRY_ABI
