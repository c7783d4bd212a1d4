// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/operation.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

inline bool has_path(operation const& row, std::string_view path) noexcept
{
    return path.starts_with(row.path) && (path.size() == row.path.size() || path[row.path.size()] == '/');
}

FOUNDRY_DECL operation const& find_operation(std::string_view path) noexcept
{
    for (operation const* const row : operations::with_functions) {
        if (has_path(*row, path))
            return *row;
    }
    for (operation const& row : operations::others) {
        if (has_path(row, path))
            return row;
    }
    return operations::unknown;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
