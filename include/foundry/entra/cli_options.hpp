// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::entra {

/// Options of a credential that runs a developer's tool.
struct cli_options
{
    cli_options() = default;

    /// The tenant; empty: the tenant of the user who is logged in.
    std::string tenant;
    /// Further tenants that tokens may be requested for; `*` for any. Empty: `AZURE_ADDITIONALLY_ALLOWED_TENANTS`.
    std::vector<std::string> additionally_allowed_tenants;
    /// Maximum run time of the tool; zero for no limit.
    std::chrono::milliseconds timeout{std::chrono::seconds{13}};
};

} // namespace foundry::inline FOUNDRY_ABI::entra
