// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/endpoints.hpp>
#include <foundry/error.hpp>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL endpoints& endpoints::add(foundry::endpoint endpoint, any_credential credential, deployments names)
{
    if (std::string const& fixed = endpoint.deployment(); !fixed.empty()) {
        if (!(names == deployments()) && !(names == deployments(fixed)))
            throw error(errc::invalid_argument, "the URL of the endpoint names the deployment " + fixed +
                                                    "; leave the names off, or the deployment in the URL");
        names = deployments(fixed);
    }
    for (entry const& other : entries_) {
        if (other.endpoint.form() != endpoint.form()) {
            throw error(errc::invalid_argument, endpoint.url() + " is of another form of the API than " +
                                                    other.endpoint.url() + "; the endpoints of a list have one form");
        }
        bool const is_same_host = other.endpoint.url() == endpoint.url() &&
                                  other.endpoint.connect_address() == endpoint.connect_address() &&
                                  other.endpoint.connect_port() == endpoint.connect_port();
        if (is_same_host && other.names == names)
            throw error(errc::invalid_argument, endpoint.url() + " is in the list already, with the same deployments");
    }
    entries_.push_back({std::move(endpoint), std::move(credential), std::move(names)});
    return *this;
}

} // namespace foundry::inline FOUNDRY_ABI
