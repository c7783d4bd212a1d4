// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Decodes base64 of little-endian 32-bit floats. False if the text is malformed or not a whole number of floats.
FOUNDRY_DECL bool decode_floats(std::string_view base64, std::vector<float>& out);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/base/impl/decode_floats.ipp>
#endif
