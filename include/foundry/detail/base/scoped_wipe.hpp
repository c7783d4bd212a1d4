// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstddef>
#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Overwrites bytes that held a secret, in a way that no optimiser removes.
FOUNDRY_DECL void cleanse(void* bytes, std::size_t size) noexcept;

/// Erases a buffer that held a credential at the end of its scope.
struct scoped_wipe
{
    explicit scoped_wipe(std::string& held) : text(held) {}
    ~scoped_wipe() { cleanse(text.data(), text.size()); }
    scoped_wipe(scoped_wipe const&) = delete;
    scoped_wipe& operator=(scoped_wipe const&) = delete;

    std::string& text;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/base/impl/scoped_wipe.ipp>
#endif
