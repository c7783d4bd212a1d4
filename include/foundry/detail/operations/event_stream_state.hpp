// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/event_source.hpp>
#include <foundry/event_stream.hpp>

#include <optional>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Hands events on as they are, and knows which of them end a stream.
struct event_stream_state : event_source
{
    using value_type = raw_event;
    using event_source::event_source;
    virtual ~event_stream_state() = default;

    bool take_value();
    void check_end(bool at_marker) const;

    raw_event value; ///< The last event, lent to the reader.

private:
    /// Notes the choices of a chat's chunk, and which of them have ended.
    void note_choices(std::string_view data);
    /// Throws if the event is an error with a reason. A failure without a reason waits for the next event, which may tell it.
    bool is_error(http::event const& e);

    bool is_closing_ = false; // the last event needs no end marker after it
    choice_ends ends_;
    std::optional<error> unexplained_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/event_stream_state.ipp>
#endif
