// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Separates the answer from the reasoning that some models write between `<think>` and `</think>`. A tag may arrive in pieces.
class think_splitter
{
public:
    /// Appends the text to `content` or `reasoning`, without the tags. Keeps an incomplete tag at the end for the next call.
    void add(std::string_view text, std::string& content, std::string& reasoning);
    /// Ends the text: appends the incomplete tag as text.
    void finish(std::string& content, std::string& reasoning);

private:
    bool thinking_ = false;
    std::string held_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/think_splitter.ipp>
#endif
