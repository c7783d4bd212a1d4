// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/error_context.hpp>
#include <foundry/error.hpp>
#include <foundry/response_info.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The error that an answer with a status other than 2xx stands for. The body may have any shape, or none. It is untrusted: more
/// than 1 MiB of it is not read as JSON, and the error keeps its first 64 KiB.
FOUNDRY_DECL error make_service_error(error_context const& what, response_info const& info, std::string body);

/// Throws the error that stands in a body of status 200 or in an event of a stream: an object with a member `error` that is not null,
/// or with `"type"` or `"object"` `"error"`, or a failed response of the Responses API. Returns if the text is something else, as an
/// answer with an `error` that says nothing is; that is found out cheaply, mostly without parsing.
///
/// @param event_type the event's type; "error" makes any text an error.
FOUNDRY_DECL void throw_service_error_in(std::string_view text, error_context const& what, response_info const& info,
                                         std::string_view event_type = {});

/// The same of a text that is not the answer that was asked for, in which any known shape is an error: `detail`, `errors`,
/// `error_code`, `base_resp`, `"success": false`, `"status": "error"`, or a message with a code.
FOUNDRY_DECL void throw_any_error_in(std::string_view text, error_context const& what, response_info const& info);

/// The message of an error that gives no reason.
inline constexpr std::string_view no_reason = "the service reported an error without saying which";

/// What `error::body()` keeps.
inline constexpr std::size_t max_kept_body = 64 * 1024;

/// The error with what it does not say yet of the answer in which it was found.
FOUNDRY_DECL error in_answer(error const& found, response_info const& info, std::string_view body);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/service_error.ipp>
#endif
