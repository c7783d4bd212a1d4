// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/detail/base/child_process.hpp>
#include <foundry/error.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::entra {

/// How a developer's tool is asked for tokens.
struct tool_options
{
    tool_options() = default;

    /// Empty: that of whoever has logged in.
    std::string tenant;
    /// Tenants that tokens may be asked for besides; `*` for any. Empty: `AZURE_ADDITIONALLY_ALLOWED_TENANTS`.
    std::vector<std::string> additionally_allowed_tenants;
    /// How long the tool may take; zero for no limit.
    std::chrono::milliseconds timeout{std::chrono::seconds{13}};
};

namespace detail {

/// @throws foundry::error (`errc::invalid_argument`) where a scope has a character that none has: it becomes an argument of a program.
FOUNDRY_DECL void check_scope(std::string_view scope);

/// Runs a tool and reads what it says.
///
/// @throws foundry::error `errc::credential_unavailable` where it is not there, was too slow or nobody has logged in;
/// `errc::authentication_failed` where it has refused.
FOUNDRY_DECL boost::asio::awaitable<command_result> run_tool(std::string_view credential_name, std::string_view program,
                                                             command what, std::string_view login);

/// What a tool has said, without what may be a token, and not too long.
FOUNDRY_DECL std::string quote_tool(std::string_view text);

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/tool_credential.ipp>
#endif
