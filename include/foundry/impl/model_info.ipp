// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/model_info.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL open_enum<model_kind> model_info::kind() const
{
    std::string name = detail::to_lower(model_type);
    std::replace(name.begin(), name.end(), '-', '_');
    if (name.ends_with("completions"))
        name.pop_back();
    if (name.ends_with("embedding"))
        name += 's';
    return open_enum<model_kind>(std::string_view{name});
}

} // namespace foundry::inline FOUNDRY_ABI
