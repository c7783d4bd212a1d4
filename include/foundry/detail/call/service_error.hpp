// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/error_context.hpp>
#include <foundry/error.hpp>
#include <foundry/response_info.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The error for a response with a status other than 2xx. The body may have any shape, or be empty. It is untrusted: a body of more
/// than 1 MiB is not parsed, and the error keeps its first 64 KiB.
FOUNDRY_DECL error make_service_error(error_context const& what, response_info const& info, std::string body);

/// Throws the error in a body with status 200 or in an event of a stream: an object with a member `error` that is not null,
/// or with `"type"` or `"object"` `"error"`, or a failed response of the Responses API. Returns if the text is anything else,
/// such as a response whose `error` is empty; most texts are not parsed for this.
///
/// @param event_type the event's type; "error" makes any text an error.
FOUNDRY_DECL void throw_service_error_in(std::string_view text, error_context const& what, response_info const& info,
                                         std::string_view event_type = {});

/// The same for a text that is no valid response, in which any known shape is an error: `detail`, `errors`,
/// `error_code`, `base_resp`, `"success": false`, `"status": "error"`, or a message with a code.
FOUNDRY_DECL void throw_any_error_in(std::string_view text, error_context const& what, response_info const& info);

/// The message of an error without a reason.
inline constexpr std::string_view no_reason = "the service reported an error without saying which";

/// Maximum size of `error::body()`.
inline constexpr std::size_t max_kept_body = 64 * 1024;

/// The error, completed with the head and the body of the response that it was found in.
FOUNDRY_DECL error in_answer(error const& found, response_info const& info, std::string_view body);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/service_error.ipp>
#endif
