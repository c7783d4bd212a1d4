// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/event_rules.hpp>
#include <foundry/detail/call/response_source.hpp>
#include <foundry/detail/http/event_parser.hpp>

#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The body of a response as server-sent events, one after the other.
class event_source : public response_source
{
public:
    event_source(pending_request request, open_response response);

    void on_body(std::string_view bytes) override;

protected:
    ~event_source() = default;

    std::size_t limit() const override { return std::size_t(-1); } // that of events
    http::exchange::progress progress() const override { return http::exchange::progress::on_signal; }
    /// The body is complete, and no event stream. False if nothing more can come of it.
    ///
    /// @throws foundry::error if it is not what was asked for, either.
    virtual bool take_document(std::string const& document);
    [[noreturn]] void throw_not_a_stream() const;

    /// The next event that has arrived; false if there is none yet, or the end has come.
    bool take(http::event& e);
    /// Throws if the event is an error; returns if it only looks like one.
    void throw_error_event(http::event const& e) const;
    [[noreturn]] void throw_truncated() const;

private:
    enum class body_form
    {
        unknown,
        events,
        document
    };

    bool flush() override;
    void find_form();
    void append_document(std::string_view bytes);

    http::event_parser events_;
    std::string document_; // the body, until its form is known, and if it is not an event stream
    body_form form_ = body_form::unknown;
    bool flushed_ = false;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/event_source.ipp>
#endif
