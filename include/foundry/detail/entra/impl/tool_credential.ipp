// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/core/throw_invalid_argument.hpp>
#include <foundry/detail/entra/token_answer.hpp>
#include <foundry/detail/entra/tool_credential.hpp>

#include <boost/asio/error.hpp>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

inline bool is_scope_character(char c)
{
    return foundry::detail::is_alpha(c) || foundry::detail::is_digit(c) || c == '.' || c == '-' || c == '_' ||
           c == ':' || c == '/';
}

FOUNDRY_DECL void check_scope(std::string_view scope)
{
    if (scope.empty() || !foundry::detail::all_of(scope, is_scope_character))
        foundry::detail::throw_invalid_argument(
            "a scope is like https://cognitiveservices.azure.com/.default, of letters, digits and . - _ : /");
}

/// Whether the word may hold a token: "eyJ" begins every JWT.
inline bool is_token_like(std::string_view word) { return word.find("eyJ") != word.npos || word.size() > 200; }

FOUNDRY_DECL std::string quote_tool(std::string_view text)
{
    constexpr std::size_t max_size = 250;
    std::string said;
    while (!text.empty() && said.size() < max_size) {
        std::size_t const end = text.find_first_of(" \t\r\n\"'");
        std::string_view const word = text.substr(0, end);
        said += is_token_like(word) ? std::string_view("****") : word;
        text.remove_prefix(word.size());
        if (!text.empty()) {
            said += text[0] == '\r' || text[0] == '\n' ? ' ' : text[0];
            text.remove_prefix(1);
        }
    }
    said.resize(std::min(said.find_last_not_of(' ') + 1, max_size));
    return said;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<command_result>
run_tool(std::string_view credential_name, std::string_view program, command what, std::string_view login)
{
    std::string const name(program);
    std::string const log_in = "run '" + std::string(login) + "'";
    what.program = find_program(program);
    if (what.program.empty())
        throw unavailable(credential_name, name + " is not on PATH", "install it, or use another credential");
    std::optional<command_result> ran;
    std::string problem;
    try {
        ran = co_await run(std::move(what));
    } catch (boost::system::system_error const& e) {
        if (e.code() == boost::asio::error::operation_aborted)
            throw;
        problem = e.code().message();
    }
    if (!ran)
        throw unavailable(credential_name, name + " cannot be run: " + problem, "look at its installation");
    if (ran->timed_out)
        throw unavailable(credential_name, name + " took too long", "raise cli_options::timeout");
    if (ran->too_long)
        throw unavailable(credential_name, name + " has written more than an answer",
                          "look at what it says when run by hand");
    // If the exit status is unknown, because this process ignores SIGCHLD, the output decides.
    if (ran->exit_code ? *ran->exit_code == 0 : !ran->output.empty())
        co_return std::move(*ran);
    std::string const said = quote_tool(ran->errors);
    bool const refused = said.find("AADSTS") != said.npos;
    bool const logged_out = said.find(login) != said.npos || said.find("az account set") != said.npos;
    if (logged_out && !refused)
        throw unavailable(credential_name, "not logged in", log_in);
    if (ran->exit_code == 127)
        throw unavailable(credential_name, name + " is not installed: " + said,
                          "install it, or use another credential");
    failure f;
    f.service_message =
        std::string(credential_name) + ": " + (said.empty() ? name + " has failed without an error message" : said);
    f.advice = log_in;
    f.should_retry = false;
    throw error(make_error_code(errc::authentication_failed), std::move(f));
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
