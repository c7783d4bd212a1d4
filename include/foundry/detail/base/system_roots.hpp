// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <string>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The root certificates, in DER, that the system trusts for servers, on systems that do not keep them in files: Windows. Empty on others,
/// or if they cannot be read.
FOUNDRY_DECL std::vector<std::string> system_roots();

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/base/impl/system_roots.ipp>
#endif
