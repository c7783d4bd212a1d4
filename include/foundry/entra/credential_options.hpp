// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/options.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::entra {

/// How a credential requests tokens. An empty member takes its value from the environment, which the constructor of the credential reads.
struct credential_options
{
    credential_options() = default;

    /// The authority, such as `https://login.microsoftonline.us`; empty: `AZURE_AUTHORITY_HOST`, or else the public cloud's.
    std::string authority_host;
    /// Allows an authority that is not Microsoft's (a private cloud's). By default secrets go to Microsoft's authorities only.
    bool allow_unknown_authority = false;

    /// Tenants that tokens may be requested for, in addition to the credential's own; `*` for any. Empty:
    /// `AZURE_ADDITIONALLY_ALLOWED_TENANTS`.
    std::vector<std::string> additionally_allowed_tenants;

    foundry::proxy proxy; ///< For requests to the authority; by default the client's.
    tls_options tls;      ///< If nothing in it is set, the system's authorities and the client's `additional_ca_file`.
    retry_options retry;
    /// Time limit of one request, from connecting to the last byte of the response; zero: only connecting has a limit.
    std::chrono::milliseconds timeout{std::chrono::seconds{30}};

    /// Connects to this address instead, as `endpoint::connect_to` does. Host name and certificate check do not change.
    credential_options& connect_to(std::string address, std::uint16_t port)
    {
        connect_address = std::move(address);
        connect_port = port;
        return *this;
    }
    std::string connect_address;
    std::uint16_t connect_port = 0;
};

} // namespace foundry::inline FOUNDRY_ABI::entra
