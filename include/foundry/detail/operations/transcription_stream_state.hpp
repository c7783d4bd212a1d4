// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/operations/event_stream_state.hpp>
#include <foundry/transcription.hpp>

#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Turns the events of a stream into those of a transcription. The answer of a model that does not stream becomes the last event.
struct transcription_stream_state final : event_stream_state
{
    using value_type = transcription_event;
    using event_stream_state::event_stream_state;

    bool take_value();

    transcription_event value; ///< The last event, lent to the reader.

private:
    bool take_document(std::string const& document) override;

    json::reader reader_;
    bool has_whole_ = false; // the answer was not streamed, and has not been taken
};

/// Whether an object of JSON has a member `text` that is a text.
FOUNDRY_DECL bool has_text_member(std::string_view document);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/transcription_stream_state.ipp>
#endif
