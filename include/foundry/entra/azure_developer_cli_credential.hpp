// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/entra/cli_options.hpp>
#include <foundry/token_credential.hpp>

namespace foundry::inline FOUNDRY_ABI::entra {

/// The user who is logged in with `azd auth login`; for development. Otherwise the same as `azure_cli_credential`.
class azure_developer_cli_credential
{
public:
    explicit azure_developer_cli_credential(cli_options options = {});

    /// See `azure_cli_credential::get_token`.
    boost::asio::awaitable<access_token> get_token(token_request request);

private:
    cli_options options_;
};

} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/entra/impl/azure_developer_cli_credential.ipp>
#endif
