// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/operations/event_stream_state.hpp>
#include <foundry/speech_request.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Hands the audio of a response on as it arrives: its bytes, or those in its events.
struct speech_stream_state final : event_stream_state
{
    using value_type = speech_chunk;

    speech_stream_state(pending_request request, open_response response);

    void on_body(std::string_view bytes) override;
    bool take_value();
    void check_end(bool at_marker) const;

    speech_chunk value; ///< The last chunk, lent to the reader.

private:
    std::size_t limit() const override;
    http::exchange::progress progress() const override;
    bool take_bytes();
    bool take_event();

    bool has_bytes_;
    std::string arrived_;
    json::reader reader_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/speech_stream_state.ipp>
#endif
