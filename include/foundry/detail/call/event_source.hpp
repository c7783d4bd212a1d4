// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/http/event_parser.hpp>

#include <bitset>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Whether a name is one of these, in any case.
FOUNDRY_DECL bool is_one_of(std::span<std::string_view const> names, std::string_view name) noexcept;

/// Whether the data of an event says that the stream has ended: `[DONE]`, in any case, with blanks or quotes around it.
FOUNDRY_DECL bool is_end_marker(std::string_view data) noexcept;
/// The same without its brackets, which only the stream of a chat takes for an end.
FOUNDRY_DECL bool is_bare_end_marker(std::string_view data) noexcept;

/// Whether an event only shows that the connection is alive: one without data, `null`, `""`, `[]`, `{}`, `ping`, or one that is named
/// `ping`, `keepalive` or `heartbeat`.
FOUNDRY_DECL bool is_keep_alive(http::event const& e) noexcept;
FOUNDRY_DECL bool is_keep_alive_name(std::string_view type) noexcept;

/// The type of an event; of one without, the member `type` of its JSON.
FOUNDRY_DECL std::string type_of_event(http::event const& e);

/// Which choices of a chat have begun, and which have come to their end.
class choice_ends
{
public:
    static constexpr std::size_t max_choices = 128; // the API's own limit of `n`

    choice_ends() = default;

    void note(std::int64_t index, bool is_finished)
    {
        if (index < 0 || index >= static_cast<std::int64_t>(max_choices))
            return;
        begun_.set(static_cast<std::size_t>(index));
        if (is_finished)
            ended_.set(static_cast<std::size_t>(index));
    }
    /// There was one, and each has its finish reason.
    bool all_ended() const noexcept { return begun_.any() && begun_ == ended_; }

private:
    std::bitset<max_choices> begun_;
    std::bitset<max_choices> ended_;
};

/// The body of an answer as server-sent events, one after the other; what they mean is a derived class's to say.
class event_source : public http::body_sink
{
public:
    event_source(pending_request call, open_response opened);
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

    /// The next event that has arrived; false if there is none yet, or the end has come.
    bool take(http::event& e);
    /// For the stall limit.
    void note_content() noexcept { exchange_->got_content(); }
    /// The last event has been taken.
    void end() noexcept { ended_ = true; }
    /// Whether the body says itself where it ends, and has come to that end: with its last chunk, or its last byte of so many.
    bool ended_by_framing() const noexcept { return exchange_->done() && exchange_->has_framing(); }
    /// Throws if the event is an error; returns if it only looks like one.
    void throw_error_event(http::event const& e) const;
    [[noreturn]] void throw_truncated() const;

    pending_request call_;
    boost::intrusive_ptr<call_observer> watch_;
    bool filtered_ = false; ///< The content filter has ended the answer.

private:
    template <class Source, class Value>
    friend boost::asio::awaitable<bool> read_from(Source* source, Value& into);

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
    /// Something went wrong: no more of it.
    [[noreturn]] void fail(std::exception_ptr why);
    /// All of it has been read; what little may follow it is of no interest.
    void drain();

    response_info info_;
    std::vector<attempt> attempts_; // that failed before
    std::chrono::milliseconds waited_;
    http::clock::time_point begun_;
    http::event_parser events_;
    std::string document_; // the body, until its form is known and if it is not an event stream
    body_form form_ = body_form::unknown;
    bool flushed_ = false;
    bool ended_ = false;
    boost::intrusive_ptr<http::exchange> exchange_; // null once the stream is over; last, for it delivers to the others
};

/// The next value that the source makes of its events; false at the end, or if it is null. What goes wrong ends it.
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
            if (!co_await reading->read_more() && !source->flush())
                break;
        }
        source->check_end(source->ended_);
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
#include <foundry/detail/call/impl/event_source.ipp>
#endif
