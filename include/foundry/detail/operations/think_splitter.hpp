// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Parts text from the reasoning that some models write between `<think>` and `</think>`, also where a tag comes in pieces.
class think_splitter
{
public:
    /// What is not tag goes to `content` or `reasoning`; the beginning of what may be a tag is held back.
    void add(std::string_view text, std::string& content, std::string& reasoning);
    /// The text has ended: what was held back was no tag.
    void finish(std::string& content, std::string& reasoning);

private:
    bool thinking_ = false;
    std::string held_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/think_splitter.ipp>
#endif
