// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/error_body.hpp>
#include <foundry/detail/call/error_context.hpp>

/// The second step: one code for each mistake, whatever a service calls it.
namespace foundry::inline FOUNDRY_ABI::detail {

/// What its words say, whatever its status; errc() if they say nothing.
FOUNDRY_DECL errc classify_by_words(parsed_error const& c);

/// @param body as it came.
/// @param gateway the answer's field `Server`.
FOUNDRY_DECL errc classify_error(error_context const& what, parsed_error const& c, std::string_view body,
                                 std::string_view gateway);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/error_code.ipp>
#endif
