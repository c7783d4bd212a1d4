// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text of a model without what a terminal takes as commands: control characters but line breaks and tabs become blanks.
inline std::string printable(std::string_view said)
{
    std::string text(said);
    for (std::size_t i = 0; i != text.size(); ++i) {
        auto const c = static_cast<unsigned char>(text[i]);
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F)
            text[i] = ' ';
        else if (c == 0xC2 && i + 1 != text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0)
            text.replace(i, 2, 1, ' '); // U+0080 to U+009F
    }
    return text;
}
