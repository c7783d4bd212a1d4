// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/secret.hpp>

#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

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
