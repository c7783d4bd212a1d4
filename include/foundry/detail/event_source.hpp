// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/prepared_call.hpp>
#include <foundry/http/event_parser.hpp>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The body of an answer as server-sent events, one after the other; what they mean is a derived class's to say.
class event_source : public http::body_sink
{
public:
    event_source(prepared_call call, opened_call opened);
    event_source(event_source const&) = delete;
    event_source& operator=(event_source const&) = delete;

    response_info const& info() const noexcept { return info_; }
    void close() noexcept
    {
        if (exchange_)
            exchange_->close();
        exchange_.reset();
        watch_.reset();
    }

    void on_body(std::string_view bytes) override;

protected:
    ~event_source() = default;

    /// The next event that has data and has arrived; false where there is none yet, or the end has come.
    bool take(http::event& e);
    /// The last event has been taken.
    void end() noexcept { ended_ = true; }
    /// The body is complete. Called again once what was left has been taken; throws then where the stream may not end here.
    void on_body_end(bool may_end_here);
    /// Azure always ends its streams with an end marker, also behind a gateway; of local servers some do not.
    bool on_local_server() const noexcept;
    /// Throws where the event is an error; returns where it only looked like one.
    void throw_error_event(http::event const& e) const;

    prepared_call call_;
    boost::intrusive_ptr<call_watch> watch_;

private:
    template <class Source, class Value>
    friend boost::asio::awaitable<bool> read_from(Source* source, Value& into);

    [[noreturn]] void throw_not_a_stream() const;
    /// Something went wrong: no more of it.
    [[noreturn]] void fail(std::exception_ptr why);
    /// All of it has been read; what little there may be behind it is of no interest.
    void drain();

    response_info info_;
    http::event_parser events_;
    std::string document_; // the body where it is not an event stream
    bool is_event_stream_ = true;
    bool flushed_ = false;
    bool ended_ = false;
    boost::intrusive_ptr<http::exchange> exchange_; // null once the stream is over; last, for it delivers to the others
};

/// The next value that the source makes of its events; false at the end, or where it is null. What goes wrong ends it.
template <class Source, class Value>
FOUNDRY_CORO boost::asio::awaitable<bool> read_from(Source* source, Value& into)
{
    if (source == nullptr || !source->exchange_)
        co_return false;
    boost::intrusive_ptr<http::exchange> const reading = source->exchange_; // close() may come meanwhile
    std::exception_ptr failed;
    try {
        for (;;) {
            if (source->take_value(into))
                co_return true;
            if (source->ended_)
                break;
            if (!co_await reading->read_more())
                source->on_body_end(source->may_end_here());
        }
        source->drain();
        co_return false;
    } catch (...) {
        failed = std::current_exception();
    }
    if (!source->exchange_)
        co_return false; // closed
    source->fail(std::move(failed));
}

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/event_source.ipp>
#endif
