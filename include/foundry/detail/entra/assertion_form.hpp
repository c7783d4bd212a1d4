// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/entra/application.hpp>

namespace foundry::inline FOUNDRY_ABI::entra::detail {

/// Appends an assertion (RFC 7523) to a form, without white space at its end.
///
/// @param from the source of the assertion, for the message.
/// @throws foundry::error (`errc::invalid_argument`) if the text cannot be an assertion.
FOUNDRY_DECL void append_assertion(std::string& form, std::string_view assertion, std::string_view from);

} // namespace foundry::inline FOUNDRY_ABI::entra::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/entra/impl/assertion_form.ipp>
#endif
