// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/secret_document.hpp>
#include <foundry/detail/entra/tool_credential.hpp>
#include <foundry/error.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

/// What the answers of the developer's tools have in common.
namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// Does not repeat the tool's output, because it holds the token.
///
/// @param end the token's end as the tool wrote it; empty if there is no token.
[[noreturn]] inline void throw_tool_answer(std::string_view credential_name, std::string_view program,
                                           std::string_view end)
{
    failure f;
    f.service_message =
        std::string(credential_name) + ": " + std::string(program) + " has given no token that can be read";
    if (!end.empty())
        f.service_message += ", for its end is '" + quote_tool(end) + "'";
    f.advice = "bring it up to date";
    f.should_retry = false;
    throw error(make_error_code(errc::authentication_failed), std::move(f));
}

/// The output of a tool, without colours.
inline std::string without_colours(std::string_view text)
{
    std::string plain;
    plain.reserve(text.size()); // so that no reallocation leaves a copy of a token
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b')
            i = (std::min)(text.find('m', i), text.size());
        else
            plain += text[i];
    }
    return plain;
}

/// The JSON object with this member, without other output before and after it; the whole text if there is none.
inline std::string_view find_object(std::string_view text, std::string_view member)
{
    static constexpr int max_tries = 16;
    std::string_view const until = text.substr(0, text.rfind('}') + 1); // empty if there is none
    std::size_t begin = until.find('{');
    for (int i = 0; i != max_tries && begin != until.npos; ++i) {
        if (secret_document(until.substr(begin)).has(member))
            return until.substr(begin);
        begin = until.find('{', begin + 1);
    }
    return text;
}

} // namespace foundry::inline FOUNDRY_ABI::entra::detail
