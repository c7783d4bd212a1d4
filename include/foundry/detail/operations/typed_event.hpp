// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/event_rules.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/error.hpp>
#include <foundry/event_stream.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Reads an event of a stream. False for a keep-alive.
///
/// @throws foundry::error (`errc::unexpected_reply`) for anything else that is not of the expected shape.
template <class Event>
bool read_typed_event(json::reader& reader, raw_event const& from, Event& event)
{
    http::event plain;
    plain.type = from.event;
    plain.data = from.data;
    if (is_keep_alive(plain))
        return false;
    if (!reader.read(event, from.data)) {
        throw error(errc::unexpected_reply, "an event of the stream is not of the expected shape: " + reader.problem());
    }
    return true;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
