// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// What the models that a program names are called at one endpoint.
class deployments
{
public:
    /// As the program names them.
    deployments() = default;
    /// One deployment serves every request, whichever model it names.
    deployments(std::string name) : only_(std::move(name)) {}
    deployments(char const* name) : only_(name) {}

    /// A model and its deployment. Without a deployment for all, a request for any other model does not go to this endpoint.
    deployments& add(std::string model, std::string deployment);

    /// The deployment of a model, which may be empty; nothing if there is none.
    std::optional<std::string_view> find(std::string_view model) const;

    friend bool operator==(deployments const&, deployments const&) = default;

private:
    std::string only_;
    std::vector<std::pair<std::string, std::string>> by_model_;
};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/deployments.ipp>
#endif
