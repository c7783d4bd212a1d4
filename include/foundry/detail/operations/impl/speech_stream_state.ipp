// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/operations/speech_stream_state.hpp>
#include <foundry/detail/operations/typed_event.hpp>

#include <boost/describe/class.hpp>

#include <optional>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// An event of speech. Wire format: `SpeechAudioDeltaEvent`, `SpeechAudioDoneEvent` (OpenAI).
struct speech_event
{
    speech_event() = default;

    std::string audio; // base64
    std::optional<response_usage> usage;
};
BOOST_DESCRIBE_STRUCT(speech_event, (), (audio, usage))

/// Whether a body is audio: not what says that it is text, which is events or an error here.
inline bool is_audio(response_info const& info)
{
    return !to_lower(info.header("content-type")).starts_with("text/") && !has_json(info);
}

FOUNDRY_DECL speech_stream_state::speech_stream_state(pending_request request, open_response response)
    : event_stream_state(std::move(request), std::move(response)),
      has_bytes_(is_audio(info_))
{}

FOUNDRY_DECL void speech_stream_state::on_body(std::string_view bytes)
{
    if (has_bytes_)
        arrived_.append(bytes);
    else
        event_stream_state::on_body(bytes);
}

FOUNDRY_DECL std::size_t speech_stream_state::limit() const
{
    return has_bytes_ ? request_.body_limit() : event_stream_state::limit();
}

FOUNDRY_DECL http::exchange::progress speech_stream_state::progress() const
{
    return has_bytes_ ? http::exchange::progress::on_bytes : event_stream_state::progress();
}

FOUNDRY_DECL bool speech_stream_state::take_value() { return has_bytes_ ? take_bytes() : take_event(); }

FOUNDRY_DECL bool speech_stream_state::take_bytes()
{
    if (arrived_.empty())
        return false;
    if (observer_)
        observer_->note_first_chunk();
    value.audio = std::exchange(arrived_, std::string());
    return true;
}

FOUNDRY_DECL bool speech_stream_state::take_event()
{
    while (event_stream_state::take_value()) {
        speech_event event;
        if (!read_typed_event(reader_, event_stream_state::value, event))
            continue;
        std::optional<std::string> bytes = from_base64(event.audio);
        if (!bytes)
            throw error(errc::unexpected_reply, "the audio in an event of the stream is not base64");
        value.audio = std::move(*bytes);
        value.usage = std::move(event.usage);
        if (!value.audio.empty() || value.usage)
            return true;
    }
    return false;
}

FOUNDRY_DECL void speech_stream_state::check_end(bool at_marker) const
{
    if (!has_bytes_) // bytes that break off are an error of the exchange
        event_stream_state::check_end(at_marker);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
