// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/schema.hpp>
#include <foundry/response.hpp>

#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Asks for an answer that follows a schema.
///
/// @throws foundry::error (`errc::invalid_argument`) if the request has a format already, or is for the background.
FOUNDRY_DECL void set_text_format(response_request& request, json::schema const& schema);

/// The items of an answer without the functions that it calls, and without the reasoning that led to them.
FOUNDRY_DECL std::vector<response_item> items_without_calls(response const& reply);

/// Reads the answer into a new value. Returns what does not fit; empty if all does.
///
/// @throws foundry::error (`errc::refused`, `errc::content_filter`, `errc::answer_cut_off`, `errc::answer_misfit`,
/// `errc::service_error`) if the response is no answer at all.
FOUNDRY_DECL std::string read_typed_response(response const& reply, json::object_ref into);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/typed_response.ipp>
#endif
