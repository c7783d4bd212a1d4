// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/deployments.hpp>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL deployments& deployments::add(std::string model, std::string deployment)
{
    by_model_.emplace_back(std::move(model), std::move(deployment));
    return *this;
}

FOUNDRY_DECL std::optional<std::string_view> deployments::find(std::string_view model) const
{
    for (auto const& [known, deployment] : by_model_) {
        if (known == model)
            return deployment;
    }
    if (!only_.empty())
        return only_;
    return by_model_.empty() ? std::optional(model) : std::nullopt;
}

} // namespace foundry::inline FOUNDRY_ABI
