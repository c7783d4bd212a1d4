// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/scoped_wipe.hpp>

#include <openssl/crypto.h>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL void cleanse(void* bytes, std::size_t size) noexcept { OPENSSL_cleanse(bytes, size); }

} // namespace foundry::inline FOUNDRY_ABI::detail
