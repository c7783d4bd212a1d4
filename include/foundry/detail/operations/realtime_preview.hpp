// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/realtime_event.hpp>

#include <string>
#include <string_view>

/// The preview version of the realtime API, which the dated form of Azure OpenAI and Voice Live speak: flat sessions and other names.
/// Source: OpenAI, "Realtime", migration guide from beta to GA.
namespace foundry::inline FOUNDRY_ABI::detail {

/// A command as the preview version has it.
///
/// @param command JSON text of a `realtime_command`.
FOUNDRY_DECL std::string to_preview(std::string_view command);

/// An event of the preview version as the GA version has it. Most events are the same.
///
/// @param event JSON text; if it is not valid, it is returned as it is.
FOUNDRY_DECL std::string from_preview(std::string_view event);

/// Which type a name of the preview version is; the given one if it is none.
FOUNDRY_DECL open_enum<realtime_event_type> common_type(open_enum<realtime_event_type> const& type);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/realtime_preview.ipp>
#endif
