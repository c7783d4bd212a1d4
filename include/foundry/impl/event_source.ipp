// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/event_source.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

inline http::event_limits event_limits_of(size_limits const& limits)
{
    http::event_limits l;
    l.line = limits.event_line;
    l.event = limits.event;
    return l;
}

/// The type of an event; of one without, the type that its data begins with.
inline std::string_view type_of_event(http::event const& e)
{
    constexpr std::string_view lead = "{\"type\":\"";
    if (e.type != "message" || !e.data.starts_with(lead))
        return e.type;
    std::string_view const rest = e.data.substr(lead.size());
    return rest.substr(0, rest.find('"'));
}

FOUNDRY_DECL event_source::event_source(prepared_call call, opened_call opened)
    : call_(std::move(call)),
      watch_(std::move(opened.watch)),
      info_(std::move(opened.info)),
      events_(event_limits_of(call_.state->settings.limits)),
      exchange_(std::move(opened.exchange))
{
    call_.head = std::string(); // and not = {}, which would keep the memory
    call_.body = std::string();
    std::string_view const type = info_.header("content-type");
    is_event_stream_ = type.empty() || type.find("event-stream") != type.npos;
    try {
        exchange_->deliver_to(*this, is_event_stream_ ? std::size_t(-1) : call_.state->settings.limits.body,
                              http::exchange::content_by::word);
    } catch (error const& e) { // of what came with the head
        if (watch_)
            watch_->on_failure(e.code());
        throw;
    }
}

FOUNDRY_DECL void event_source::on_body(std::string_view bytes)
{
    if (is_event_stream_)
        events_.feed(bytes);
    else
        document_.append(bytes);
}

FOUNDRY_DECL bool event_source::take(http::event& e)
{
    while (!ended_ && events_.next(e)) {
        if (e.data.empty())
            continue;
        if (e.data == "[DONE]") {
            ended_ = true;
            return false;
        }
        if (type_of_event(e) != "keepalive")
            exchange_->got_content();
        return true;
    }
    return false;
}

FOUNDRY_DECL void event_source::on_body_end(bool may_end_here)
{
    if (!is_event_stream_)
        throw_not_a_stream();
    if (!flushed_) {
        flushed_ = true;
        events_.feed("\n\n"); // the last event without an empty line behind it
        if (http::event dropped; !on_local_server())
            take(dropped); // as the standard says, but for an end marker
        return;
    }
    if (!may_end_here) {
        throw error(errc::stream_truncated,
                    "the stream ended without its end marker; what arrived until then was delivered");
    }
    ended_ = true;
}

FOUNDRY_DECL bool event_source::on_local_server() const noexcept
{
    endpoint const& where = call_.state->where;
    return where.kind() == host_kind::other && where.form() == api_form::compatible;
}

FOUNDRY_DECL void event_source::throw_not_a_stream() const
{
    throw_service_error_in(document_, call_.context(), info_);
    failure f;
    f.service_message = "the answer is " + std::string{info_.header("content-type")} + " instead of an event stream";
    f.advice = "use complete() where the service does not stream; check that the endpoint's URL is the API's";
    throw error(make_error_code(errc::unexpected_reply), std::move(f));
}

FOUNDRY_DECL void event_source::fail(std::exception_ptr why)
{
    try {
        std::rethrow_exception(std::move(why));
    } catch (error const& e) {
        if (watch_)
            watch_->on_failure(e.code());
        close();
        throw;
    } catch (...) {
        close();
        throw;
    }
}

FOUNDRY_DECL void event_source::drain()
{
    http::exchange::drain(std::move(exchange_));
    if (watch_)
        watch_->on_end();
    watch_.reset();
}

FOUNDRY_DECL void event_source::throw_error_event(http::event const& e) const
{
    throw_service_error_in(e.data, call_.context(), info_, e.type);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
