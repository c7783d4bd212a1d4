// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/batch.hpp>
#include <foundry/detail/json/reader.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL bool batch::is_queue_full() const noexcept
{
    return errors && std::any_of(errors->data.begin(), errors->data.end(),
                                 [](batch_error const& one) { return one.code == "token_limit_exceeded"; });
}

FOUNDRY_DECL void detail::read_row(std::string_view text, json::object_ref into)
{
    json::reader reader;
    if (!reader.read(into, text, json::reading::created))
        throw error(errc::unexpected_reply, "the answer in the row is of another kind: " + reader.problem());
}

} // namespace foundry::inline FOUNDRY_ABI
