// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/operations/transcription_stream_state.hpp>
#include <foundry/detail/operations/typed_event.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL bool has_text_member(std::string_view document)
{
    boost::system::error_code failed;
    boost::json::value const whole =
        boost::json::parse(boost::json::string_view(document.data(), document.size()), failed);
    auto const* const object = failed ? nullptr : whole.if_object();
    auto const* const text = object != nullptr ? object->if_contains("text") : nullptr;
    return text != nullptr && text->is_string();
}

FOUNDRY_DECL bool transcription_stream_state::take_value()
{
    if (std::exchange(has_whole_, false))
        return true;
    while (event_stream_state::take_value()) {
        if (read_typed_event(reader_, event_stream_state::value, value))
            return true;
    }
    return false;
}

FOUNDRY_DECL bool transcription_stream_state::take_document(std::string const& document)
{
    throw_service_error_in(document, request_.context(), info_);
    bool const is_json = document.starts_with('{');
    if (is_json ? !has_text_member(document) || !reader_.read(value, document) : document.starts_with('<'))
        throw_not_a_stream();
    if (!is_json) { // text or subtitles
        value = transcription_event();
        value.text = document;
    }
    value.type = transcription_event_type::done;
    if (observer_) {
        observer_->note_first_chunk();
        observer_->note_json(document);
    }
    has_whole_ = true;
    end();
    return true;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
