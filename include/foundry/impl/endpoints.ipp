// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/endpoints.hpp>
#include <foundry/error.hpp>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL endpoints& endpoints::add(foundry::endpoint where, any_credential credential, deployments names)
{
    for (entry const& other : entries_) {
        if (other.where.form() != where.form()) {
            throw error(errc::invalid_argument, where.url() + " is of another form of the API than " +
                                                    other.where.url() + "; the endpoints of a list have one form");
        }
        if (other.where.url() == where.url() && other.where.deployment() == where.deployment() && other.names == names)
            throw error(errc::invalid_argument, where.url() + " is in the list already, with the same deployments");
    }
    if (names == deployments() && !where.deployment().empty())
        names = deployments(where.deployment());
    entries_.push_back({std::move(where), std::move(credential), std::move(names)});
    return *this;
}

} // namespace foundry::inline FOUNDRY_ABI
