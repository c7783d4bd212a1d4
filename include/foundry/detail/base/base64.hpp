// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL std::string to_base64(std::string_view bytes);

/// Empty if the text is not base64.
FOUNDRY_DECL std::optional<std::string> from_base64(std::string_view text);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/base/impl/base64.ipp>
#endif
