// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/event_rules.hpp>
#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/call/send_once.hpp>
#include <foundry/detail/http/event_parser.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The body of a response as server-sent events, one after the other. A derived class gives them their meaning: it has a
/// `value_type`, a member `value`, `bool take_value()` which fills it from the next events, and `void check_end(bool at_marker)`.
class event_source : public http::body_sink
{
public:
    event_source(pending_request request, open_response response);
    event_source(event_source const&) = delete;
    event_source& operator=(event_source const&) = delete;

    response_info const& info() const noexcept { return info_; }
    void close() noexcept;

    void on_body(std::string_view bytes) override;

protected:
    ~event_source() = default;

    /// The next event that has arrived; false if there is none yet, or the end has come.
    bool take(http::event& e);
    /// For the stall limit.
    void note_content() noexcept { exchange_->got_content(); }
    /// The last event has been taken.
    void end() noexcept { ended_ = true; }
    /// Whether the body has come to an end that its own framing announced: its last chunk, or the last byte of its length.
    bool ended_by_framing() const noexcept { return exchange_->done() && exchange_->has_framing(); }
    /// Throws if the event is an error; returns if it only looks like one.
    void throw_error_event(http::event const& e) const;
    [[noreturn]] void throw_truncated() const;

    pending_request request_;
    boost::intrusive_ptr<call_observer> observer_;
    bool filtered_ = false; ///< The content filter has ended the response.

private:
    template <class Source>
    friend boost::asio::awaitable<typename Source::value_type const*> read_from(Source* source);

    enum class body_form
    {
        unknown,
        events,
        document
    };

    void find_form();
    void append_document(std::string_view bytes);
    /// The body is complete. False if nothing more can come of it.
    bool flush();
    [[noreturn]] void throw_not_a_stream() const;
    /// Ends the stream with an error.
    [[noreturn]] void fail(std::exception_ptr why);
    /// Ends the stream in order: the few bytes that may follow are read in the background.
    void drain();

    running_call call_;
    response_info info_;
    std::vector<attempt> failed_attempts_;
    std::chrono::milliseconds waited_;
    http::clock::time_point attempt_begun_;
    http::event_parser events_;
    std::string document_; // the body, until its form is known, and if it is not an event stream
    body_form form_ = body_form::unknown;
    bool flushed_ = false;
    bool ended_ = false;
    boost::intrusive_ptr<http::exchange> exchange_; // null once the stream is over; last, for it delivers to the others
};

/// The source's next value, which it lends until the next call; null at the end, or if the source is null. An error ends the source.
template <class Source>
FOUNDRY_CORO boost::asio::awaitable<typename Source::value_type const*> read_from(Source* source)
{
    if (source == nullptr || !source->exchange_)
        co_return nullptr;
    boost::intrusive_ptr<http::exchange> const reading = source->exchange_; // close() may run during the wait
    std::exception_ptr failed;
    try {
        for (;;) {
            if (source->take_value())
                co_return &source->value;
            if (source->ended_)
                break;
            if (!co_await reading->read_more() && !source->flush())
                break;
        }
        source->check_end(source->ended_);
        source->drain();
        co_return nullptr;
    } catch (...) {
        failed = std::current_exception();
    }
    if (!source->exchange_)
        co_return nullptr; // closed
    source->fail(std::move(failed));
}

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/event_source.ipp>
#endif
