// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/access_token.hpp>
#include <foundry/detail/base/child_process.hpp>
#include <foundry/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::entra {

namespace detail {

/// @throws foundry::error (`errc::invalid_argument`) if the scope, which becomes an argument of a program, has a character that no scope
/// has.
FOUNDRY_DECL void check_scope(std::string_view scope);

/// Runs a tool and returns its output.
///
/// @throws foundry::error `errc::credential_unavailable` if the tool is not installed or too slow, or if no user is logged in;
/// `errc::authentication_failed` for any other failure.
FOUNDRY_DECL boost::asio::awaitable<command_result> run_tool(std::string_view credential_name, std::string_view program,
                                                             command what, std::string_view login);

/// The output of a tool for an error text: shortened, and without words that may be tokens.
FOUNDRY_DECL std::string quote_tool(std::string_view text);

} // namespace detail
} // namespace foundry::inline FOUNDRY_ABI::entra

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/tool_credential.ipp>
#endif
