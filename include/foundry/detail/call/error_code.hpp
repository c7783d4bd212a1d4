// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/error_body.hpp>
#include <foundry/detail/call/error_context.hpp>

/// Step 2 of make_service_error(): chooses the `errc` of an error.
namespace foundry::inline FOUNDRY_ABI::detail {

/// The code that the error's words stand for, whatever its status; errc() if they stand for none.
FOUNDRY_DECL errc classify_by_words(parsed_error const& c);

/// @param body the unparsed body.
/// @param gateway the response's field `Server`.
FOUNDRY_DECL errc classify_error(error_context const& what, parsed_error const& c, std::string_view body,
                                 std::string_view gateway);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/error_code.ipp>
#endif
