// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/endpoint.hpp>
#include <foundry/error.hpp>
#include <foundry/response_info.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// What was asked, for the advice in an error.
struct asked
{
    asked() = default;

    endpoint const* where = nullptr;
    std::string_view operation;  ///< Such as "chat/completions".
    std::string_view deployment; ///< The one that was asked for; may be empty.
    std::string_view scope;      ///< Of the token that was sent; empty where none was.
};

/// The error that an answer with a status other than 2xx stands for. The body may have any shape, or none. It is untrusted: more
/// than 1 MiB of it is not read as JSON, and the error keeps its first 64 KiB.
FOUNDRY_DECL error make_service_error(asked const& what, response_info const& info, std::string body);

/// Throws the error that stands in a body of status 200 or in an event of a stream: an object with a member `error` that is not null,
/// or with `"type"` or `"object"` `"error"`, or a failed response of the Responses API. Returns where the text is something else;
/// that is found out cheaply, mostly without parsing.
///
/// @param event_type the event's type; "error" makes any text an error.
FOUNDRY_DECL void throw_service_error_in(std::string_view text, asked const& what, response_info const& info,
                                         std::string_view event_type = {});

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/service_error.ipp>
#endif
