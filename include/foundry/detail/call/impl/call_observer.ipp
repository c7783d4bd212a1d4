// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/call_observer.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/detail/json/type_of.hpp>
#include <foundry/usage.hpp>

#include <boost/asio/error.hpp>
#include <boost/describe/class.hpp>

#include <optional>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL call_observer::call_observer(std::shared_ptr<observer> to, call_event call)
    : to_(std::move(to)),
      event_(std::move(call))
{
    event_.code = boost::asio::error::operation_aborted; // until the call has another outcome
}

FOUNDRY_DECL call_observer::~call_observer() { notify(call_event::kind::end); }

FOUNDRY_DECL void call_observer::notify(call_event::kind what) noexcept
{
    event_.what = what;
    event_.elapsed = std::chrono::steady_clock::now() - begun_;
    to_->on_event(event_);
}

FOUNDRY_DECL void call_observer::move_to(call_event const& call)
{
    event_.endpoint = call.endpoint;
    event_.server_address = call.server_address;
    event_.server_port = call.server_port;
    event_.model = call.model;
}

FOUNDRY_DECL void call_observer::on_attempt()
{
    ++event_.attempt;
    event_.status = 0;
    event_.request_id.clear();
    notify(call_event::kind::attempt);
}

FOUNDRY_DECL void call_observer::on_response(response_info const& head, http::exchange_times const& times)
{
    event_.status = head.status();
    event_.request_id = head.request_id().empty() ? head.apim_request_id() : head.request_id();
    event_.queue_time = times.queue;
    event_.connect_time = times.connect;
    event_.tls_time = times.tls;
    event_.first_byte_time = times.first_byte;
    event_.response = &head;
    notify(call_event::kind::response);
    event_.response = nullptr;
}

FOUNDRY_DECL void call_observer::on_wait(std::chrono::milliseconds time)
{
    event_.wait = time;
    notify(call_event::kind::wait);
    event_.wait = {};
    event_.code = boost::asio::error::operation_aborted;
}

FOUNDRY_DECL void call_observer::note_first_chunk() noexcept
{
    if (event_.time_to_first_chunk.count() == 0)
        event_.time_to_first_chunk = std::chrono::steady_clock::now() - begun_;
}

FOUNDRY_DECL void call_observer::note_source(std::string_view id, std::string_view model)
{
    if (!event_.response_model.empty()) // Azure's first chunk names none
        return;
    event_.response_id = id;
    event_.response_model = model;
}

/// What an observer is told of a response of the chat API
struct observed_chat
{
    observed_chat() = default;

    std::string id;
    std::string model;
    std::optional<token_usage> usage;
};
BOOST_DESCRIBE_STRUCT(observed_chat, (), (id, model, usage))

/// and of one of the Responses API.
struct observed_response
{
    observed_response() = default;

    std::string id;
    std::string model;
    std::optional<response_usage> usage;
};
BOOST_DESCRIBE_STRUCT(observed_response, (), (id, model, usage))

/// The parts of the input, as transcriptions write them.
struct observed_transcription
{
    observed_transcription() = default;

    prompt_tokens_details input_token_details;
};
BOOST_DESCRIBE_STRUCT(observed_transcription, (), (input_token_details))

/// A response or an event with them.
struct observed_audio
{
    observed_audio() = default;

    std::optional<observed_transcription> usage;
};
BOOST_DESCRIBE_STRUCT(observed_audio, (), (usage))

/// An event that holds a response.
struct observed_event
{
    observed_event() = default;

    observed_response response;
};
BOOST_DESCRIBE_STRUCT(observed_event, (), (response))

FOUNDRY_DECL void call_observer::note_json(std::string_view text)
{
    if (text.find("\"usage\"") == text.npos && !event_.response_model.empty())
        return;
    json::reader reader;
    observed_chat found;
    if (!reader.read(found, text))
        return;
    observed_response other;
    if (text.find("\"input_tokens\"") != text.npos) {
        observed_event event;
        if (text.find("\"response\"") != text.npos && reader.read(event, text) && event.response.usage)
            other = std::move(event.response);
        else
            reader.read(other, text);
    }
    if (observed_audio audio;
        text.find("\"input_token_details\"") != text.npos && reader.read(audio, text) && audio.usage && other.usage)
        other.usage->input_tokens_details = std::move(audio.usage->input_token_details);
    if (other.usage) {
        found.id = other.id;
        found.model = other.model;
        found.usage.emplace(to_token_usage(*other.usage));
    }
    note(found);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
