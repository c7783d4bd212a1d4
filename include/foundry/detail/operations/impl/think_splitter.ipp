// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/operations/think_splitter.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Number of bytes at the end of the text that may be the start of the tag.
inline std::size_t partial_tag(std::string_view text, std::string_view tag) noexcept
{
    std::size_t n = text.size() < tag.size() ? text.size() : tag.size() - 1;
    while (n != 0 && text.substr(text.size() - n) != tag.substr(0, n))
        --n;
    return n;
}

FOUNDRY_DECL void think_splitter::add(std::string_view text, std::string& content, std::string& reasoning)
{
    std::string const all = held_.append(text);
    std::string_view rest = all;
    held_.clear();
    for (;;) {
        std::string_view const tag = thinking_ ? "</think>" : "<think>";
        std::string& to = thinking_ ? reasoning : content;
        auto const at = rest.find(tag);
        if (at == rest.npos) {
            std::size_t const hold = partial_tag(rest, tag);
            to.append(rest.substr(0, rest.size() - hold));
            held_ = rest.substr(rest.size() - hold);
            return;
        }
        to.append(rest.substr(0, at));
        rest.remove_prefix(at + tag.size());
        thinking_ = !thinking_;
    }
}

FOUNDRY_DECL void think_splitter::finish(std::string& content, std::string& reasoning)
{
    (thinking_ ? reasoning : content).append(held_);
    held_.clear();
}

} // namespace foundry::inline FOUNDRY_ABI::detail
