// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/tool_credential.hpp>
#include <foundry/token_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

/// Who has logged in with `az login`: for developing. The tool is started without a shell, on the executor that the token is fetched on,
/// without blocking it but for the search of PATH; POSIX only.
///
/// @throws foundry::error (`errc::invalid_argument`) from the constructor where tenant or subscription has a character that none has.
class azure_cli_credential
{
public:
    /// @param subscription an id or name; empty: the one that is set.
    explicit azure_cli_credential(tool_options options = {}, std::string subscription = {});

    /// A new token; the client keeps it, for the tool is slow.
    ///
    /// @throws foundry::error `errc::credential_unavailable` where the tool is not there, too slow, nobody has logged in, or claims are
    /// asked for, which the tool can only be given by hand: the error says how. `errc::authentication_failed` otherwise.
    boost::asio::awaitable<access_token> get_token(token_request request);

private:
    tool_options options_;
    std::string subscription_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/entra/impl/azure_cli_credential.ipp>
#endif
