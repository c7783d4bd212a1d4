// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>
#include <foundry/response_info.hpp>

#include <boost/json/fwd.hpp>

#include <memory>
#include <string>
#include <string_view>

/// The first step from an error body to an error: one form of some twenty shapes.
namespace foundry::inline FOUNDRY_ABI::detail {

/// What an error says, whatever its shape.
struct parsed_error
{
    unsigned status = 0; ///< The HTTP status, or the one that an error in a body of status 200 names; 0 for none.
    bool is_json = false;
    std::string code;
    std::string inner_code;
    std::string type;
    std::string param;
    std::string message;
    std::shared_ptr<dictionary<filter_result> const> filter;
};

/// Null if it is not JSON, not even as an event, in UTF-16 or with numbers that JSON does not have.
FOUNDRY_DECL boost::json::value parse_error_text(std::string_view text);

/// @param body what parse_error_text() has made of it.
FOUNDRY_DECL parsed_error parse_error_body(response_info const& info, boost::json::value const& body);

/// Whether this is its code, the inner one, or its type, in any case.
FOUNDRY_DECL bool has_code(parsed_error const& c, std::string_view word);

/// Whether one of the verdicts blocked.
FOUNDRY_DECL bool is_filtered(parsed_error const& c);

/// Whether a document that came with status 200 is an error all the same.
FOUNDRY_DECL bool is_error_document(boost::json::value const& document);

/// Whether a document that is no answer has the shape of an error of some service.
FOUNDRY_DECL bool looks_like_error(boost::json::value const& document);

/// Whether a value has a word, a number that is not zero, or true in it.
FOUNDRY_DECL bool says_anything(boost::json::value const& value);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/error_body.ipp>
#endif
