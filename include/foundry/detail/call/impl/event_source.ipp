// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/call/event_source.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/json/reader.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>

namespace foundry::inline FOUNDRY_ABI::detail {

inline http::event_limits event_limits_of(size_limits const& limits)
{
    http::event_limits l;
    l.line = limits.event_line;
    l.event = limits.event;
    return l;
}

/// Whether a body without leading blanks begins like an event stream; nothing if that needs more bytes.
inline std::optional<bool> begins_like_events(std::string_view body)
{
    bool may_be = std::string_view("\xef\xbb\xbf").starts_with(body);
    for (std::string_view const field : {"data:", "event:", "id:", "retry:", "error:", ":"}) {
        if (body.starts_with(field))
            return true;
        may_be = may_be || field.starts_with(body);
    }
    return may_be ? std::nullopt : std::optional(false);
}

FOUNDRY_DECL event_source::event_source(pending_request request, open_response response)
    : response_source(std::move(request), std::move(response)),
      events_(event_limits_of(request_.state->settings.limits))
{}

FOUNDRY_DECL void event_source::on_body(std::string_view bytes)
{
    if (form_ == body_form::events)
        return events_.feed(bytes);
    append_document(bytes);
    if (form_ == body_form::unknown)
        find_form();
}

/// Decides the form of the body by its content type, and by its first bytes if these disagree.
FOUNDRY_DECL void event_source::find_form()
{
    if (document_.starts_with("\xef\xbb\xbf"))
        document_.erase(0, 3);
    document_.erase(0, (std::min)(document_.find_first_not_of(" \t\r\n"), document_.size()));
    if (document_.empty())
        return;
    std::string_view const type = info_.header("content-type");
    bool const is_typed = type.empty() || to_lower(type).find("event-stream") != std::string::npos;
    std::optional<bool> const like_events = begins_like_events(document_);
    if (is_typed && like_events)
        form_ = std::string_view("{[<").find(document_[0]) == std::string_view::npos ? body_form::events
                                                                                     : body_form::document;
    else if (like_events)
        form_ = *like_events ? body_form::events : body_form::document;
    if (form_ == body_form::events)
        events_.feed(std::exchange(document_, std::string()));
}

FOUNDRY_DECL void event_source::append_document(std::string_view bytes)
{
    if (document_.size() + bytes.size() > request_.state->settings.limits.body) {
        failure f;
        f.service_message = "the response's body is larger than the limit";
        f.advice = "raise options.limits if such answers are expected";
        throw error(make_error_code(errc::limit_exceeded), std::move(f));
    }
    document_.append(bytes);
}

FOUNDRY_DECL bool event_source::take(http::event& e)
{
    while (!has_ended() && events_.next(e)) {
        if (is_end_marker(e.data)) {
            end();
            return false;
        }
        if (boost::json::value whole; !flushed_ || json::reader{}.read(whole, e.data))
            return true; // after flush(), an event without an empty line after it may be incomplete
    }
    return false;
}

FOUNDRY_DECL bool event_source::flush()
{
    if (flushed_)
        return false;
    flushed_ = true;
    if (form_ == body_form::document || (form_ == body_form::unknown && !document_.empty()))
        return take_document(document_);
    events_.feed("\n\n");
    return true;
}

FOUNDRY_DECL bool event_source::take_document(std::string const&) { throw_not_a_stream(); }

FOUNDRY_DECL void event_source::throw_truncated() const
{
    throw error(errc::stream_truncated,
                "the stream ended without its end marker; what arrived until then was delivered");
}

FOUNDRY_DECL void event_source::throw_not_a_stream() const
{
    throw_service_error_in(document_, request_.context(), info_);
    failure f;
    f.service_message = "the answer is " + std::string{info_.header("content-type")} + " instead of an event stream";
    f.advice = "use complete(), or the other function without a stream, if the service does not stream; check that the "
               "endpoint's URL is the API's";
    f.body = document_.substr(0, max_kept_body);
    throw error(make_error_code(errc::unexpected_reply), std::move(f));
}

FOUNDRY_DECL void event_source::throw_error_event(http::event const& e) const
{
    throw_service_error_in(e.data, request_.context(), info_, e.type);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
