// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <cstddef>
#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Overwrites bytes that held a secret in a way that no optimiser removes.
FOUNDRY_DECL void cleanse(void* bytes, std::size_t size) noexcept;

/// Erases a buffer that held a credential.
struct cleanser
{
    explicit cleanser(std::string& held) : text(held) {}
    ~cleanser() { cleanse(text.data(), text.size()); }
    cleanser(cleanser const&) = delete;
    cleanser& operator=(cleanser const&) = delete;

    std::string& text;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/base/impl/cleanser.ipp>
#endif
