// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/error_body.hpp>
#include <foundry/detail/call/error_context.hpp>

/// Step 3 of make_service_error(): what the user can do about the error.
namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL std::string advise_on_error(error_context const& what, response_info const& info, parsed_error const& c,
                                         errc meaning);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/error_advice.ipp>
#endif
