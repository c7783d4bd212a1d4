// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/response.hpp>

#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI {

/// A chat request as the Responses API has it.
struct converted_request
{
    converted_request() = default;

    response_request request;
    /// What that API has no place for, as paths such as `seed` or `messages[2].name`; empty: the request asks for the same.
    std::vector<std::string> left_out;
};

/// Turns a chat request into one of the Responses API.
///
///     foundry::converted_request converted = foundry::to_response_request(request);
///     if (converted.left_out.empty())
///         reply = co_await foundry::responses{client}.create(converted.request);
///
/// Messages become items: the calls of an assistant `function_call`, messages of role `tool` `function_call_output`. The response is not
/// stored unless `store` says so, as for chat.
FOUNDRY_DECL converted_request to_response_request(chat_request const& chat);

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/response_from_chat.ipp>
#endif
