// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>
#include <foundry/response_info.hpp>

#include <boost/json/fwd.hpp>

#include <memory>
#include <string>
#include <string_view>

/// Step 1 of make_service_error(): parses some twenty shapes into one struct.
namespace foundry::inline FOUNDRY_ABI::detail {

/// The content of an error body, whatever its shape.
struct parsed_error
{
    unsigned status = 0; ///< The HTTP status; for an error in a body with status 200, the status that it names, or 0.
    bool is_json = false;
    std::string code;
    std::string inner_code;
    std::string type;
    std::string param;
    std::string message;
    std::shared_ptr<dictionary<filter_result> const> filter;
};

/// The JSON of an error body, also of one that is an event, is UTF-16, or has NaN as a number; null if there is none.
FOUNDRY_DECL boost::json::value parse_error_text(std::string_view text);

/// @param body from parse_error_text().
FOUNDRY_DECL parsed_error parse_error_body(response_info const& info, boost::json::value const& body);

/// Whether the code, the inner code or the type of the error is this word, ignoring case.
FOUNDRY_DECL bool has_code(parsed_error const& c, std::string_view word);

/// Whether a verdict of the content filter blocked the request.
FOUNDRY_DECL bool is_filtered(parsed_error const& c);

/// Whether a document with status 200 is an error.
FOUNDRY_DECL bool is_error_document(boost::json::value const& document);

/// Whether a document that is no valid response has the shape of an error of some service.
FOUNDRY_DECL bool looks_like_error(boost::json::value const& document);

/// Whether a value contains a text that is not empty, a number other than zero, or true.
FOUNDRY_DECL bool says_anything(boost::json::value const& value);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/error_body.ipp>
#endif
