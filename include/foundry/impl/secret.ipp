// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/secret.hpp>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL secret::secret(std::string_view text)
{
    if (text.empty())
        return;
    text_ = {new char[text.size()], detail::secret_eraser{text.size()}};
    text.copy(text_.get(), text.size());
}

} // namespace foundry::inline FOUNDRY_ABI
