// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/json/reader.hpp>
#include <foundry/response_stream.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL std::string_view response_event::text() const noexcept
{
    return type == response_event_type::output_text_delta ? std::string_view(delta) : std::string_view();
}

namespace detail {

/// Azure's names of some types. Source: `OpenAI.ResponseStreamEventType` (v1).
inline constexpr std::pair<std::string_view, response_event_type> azure_event_types[] = {
    {"response.mcp_call.arguments_delta", response_event_type::mcp_call_arguments_delta},
    {"response.mcp_call.arguments_done", response_event_type::mcp_call_arguments_done},
    {"response.reasoning.delta", response_event_type::reasoning_text_delta},
    {"response.reasoning.done", response_event_type::reasoning_text_done},
    {"response.reasoning_summary.delta", response_event_type::reasoning_summary_text_delta},
    {"response.reasoning_summary.done", response_event_type::reasoning_summary_text_done},
    {"response.audio_transcript.delta", response_event_type::audio_transcript_delta},
    {"response.audio_transcript.done", response_event_type::audio_transcript_done},
};

struct response_stream_state
{
    event_stream events;
    response_event value; ///< The last event, lent to the reader.
    json::reader reader;

    void take(raw_event const& event)
    {
        if (!reader.read(value, event.data)) {
            events.close();
            throw error(errc::unexpected_reply,
                        "an event of the stream is not of the expected shape: " + reader.problem());
        }
        if (value.type.name().empty())
            value.type.assign(event.event);
        for (auto const& [name, type] : azure_event_types) {
            if (value.type.name() == name)
                value.type = type;
        }
        value.raw_storage() = event.data;
    }
};

} // namespace detail

FOUNDRY_DECL response_stream::response_stream() noexcept = default;
FOUNDRY_DECL response_stream::response_stream(response_stream&&) noexcept = default;
FOUNDRY_DECL response_stream& response_stream::operator=(response_stream&&) noexcept = default;
FOUNDRY_DECL response_stream::~response_stream() = default;
FOUNDRY_DECL response_stream::response_stream(event_stream events) : state_(new detail::response_stream_state)
{
    state_->events = std::move(events);
}

FOUNDRY_DECL response_info const& response_stream::info() const noexcept
{
    static response_info const none;
    return state_ ? state_->events.info() : none;
}

FOUNDRY_DECL void response_stream::close() noexcept
{
    if (state_)
        state_->events.close();
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<response_event const*> response_stream::read()
{
    if (!state_)
        co_return nullptr;
    raw_event const* const event = co_await state_->events.read();
    if (event == nullptr)
        co_return nullptr;
    state_->take(*event);
    co_return &state_->value;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<response_event>> response_stream::next()
{
    std::optional<response_event> copy;
    if (response_event const* const event = co_await read())
        copy.emplace(*event);
    co_return copy;
}

} // namespace foundry::inline FOUNDRY_ABI
