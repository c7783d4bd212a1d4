// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/chat.hpp>
#include <foundry/detail/call/call_observer.hpp>
#include <foundry/embedding.hpp>

#include <boost/asio/error.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL call_observer::call_observer(std::shared_ptr<observer> to, call_event call)
    : to_(std::move(to)),
      event_(std::move(call))
{
    event_.code = boost::asio::error::operation_aborted; // until something else comes of it
}

FOUNDRY_DECL call_observer::~call_observer() { notify(call_event::kind::end); }

FOUNDRY_DECL void call_observer::notify(call_event::kind what) noexcept
{
    event_.what = what;
    event_.elapsed = std::chrono::steady_clock::now() - begun_;
    to_->on_event(event_);
}

FOUNDRY_DECL void call_observer::on_attempt()
{
    ++event_.attempt;
    event_.status = 0;
    event_.request_id.clear();
    notify(call_event::kind::attempt);
}

FOUNDRY_DECL void call_observer::on_response(response_info const& head)
{
    event_.status = head.status();
    event_.request_id = head.request_id().empty() ? head.apim_request_id() : head.request_id();
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

inline void note_usage(call_event& e, std::optional<token_usage> const& usage)
{
    if (!usage)
        return;
    e.input_tokens = usage->prompt_tokens;
    e.output_tokens = usage->completion_tokens;
}

FOUNDRY_DECL void call_observer::on_chunk(chat_chunk const& chunk)
{
    if (event_.time_to_first_chunk.count() == 0)
        event_.time_to_first_chunk = std::chrono::steady_clock::now() - begun_;
    if (event_.response_model.empty()) { // Azure's first chunk names none
        event_.response_id = chunk.id;
        event_.response_model = chunk.model;
    }
    note_usage(event_, chunk.usage);
    for (chunk_choice const& choice : chunk.choices) {
        if (choice.finish_reason)
            event_.finish_reasons.push_back(std::string(choice.finish_reason.name()));
    }
}

FOUNDRY_DECL void call_observer::on_end(chat_completion const& reply)
{
    event_.response_id = reply.id;
    event_.response_model = reply.model;
    note_usage(event_, reply.usage);
    for (chat_choice const& choice : reply.choices)
        event_.finish_reasons.push_back(std::string(choice.finish_reason.name()));
    on_end();
}

FOUNDRY_DECL void call_observer::on_end(embeddings const& reply)
{
    event_.response_id = reply.id;
    event_.response_model = reply.model;
    note_usage(event_, reply.usage);
    on_end();
}

} // namespace foundry::inline FOUNDRY_ABI::detail
