// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/entra/cli_options.hpp>
#include <foundry/token_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

/// The user who is logged in with `az login`; for development. The tool runs without a shell (on Windows, if it is a batch file, no
/// argument may be one that `cmd.exe` would expand) and does not block the executor of the fetch, except for the search of PATH.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor if tenant or subscription has an invalid character.
class azure_cli_credential
{
public:
    /// @param subscription an id or a name; empty: the tool's current subscription.
    explicit azure_cli_credential(cli_options options = {}, std::string subscription = {});

    /// Fetches a new token. The client caches it, because the tool is slow.
    ///
    /// @throws foundry::error (`errc::credential_unavailable`) if the tool is not installed or too slow, if no user is logged in, or if the
    /// service asks for claims, which need a new login: the error names the command. `errc::invalid_argument` if scope or tenant cannot be
    /// used; `errc::authentication_failed` for any other failure.
    boost::asio::awaitable<access_token> get_token(token_request request);

private:
    cli_options options_;
    std::string subscription_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/entra/impl/azure_cli_credential.ipp>
#endif
