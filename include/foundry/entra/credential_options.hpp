// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/options.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::entra {

/// How a credential asks for tokens. What is empty comes from the environment, which is read where the credential is made.
struct credential_options
{
    credential_options() = default;

    /// The authority, such as `https://login.microsoftonline.us`; empty: `AZURE_AUTHORITY_HOST`, or else the public cloud's.
    std::string authority_host;
    /// Secrets go to Microsoft's own authorities only; this lets them go to another (a private cloud's).
    bool allow_unknown_authority = false;

    /// Tenants that tokens may be asked for besides the credential's own; `*` for any. Empty: `AZURE_ADDITIONALLY_ALLOWED_TENANTS`.
    std::vector<std::string> additionally_allowed_tenants;

    tls_options tls;
    retry_options retry;
    /// Of one request, from connecting to the last byte of its answer; zero for no limit but that of connecting.
    std::chrono::milliseconds timeout{std::chrono::seconds{30}};

    /// Connects to this address instead, as `endpoint::connect_to` does. Host name and certificate check stay as they are.
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
