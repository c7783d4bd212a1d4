// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/call/send_once.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The body of a successful response, which is read as it arrives. A derived class gives the bytes their meaning: it has a
/// `value_type`, a member `value`, `bool take_value()` which fills it from what has arrived, and `void check_end(bool at_marker)`.
class response_source : public http::body_sink
{
public:
    response_source(pending_request request, open_response response);
    response_source(response_source const&) = delete;
    response_source& operator=(response_source const&) = delete;

    response_info const& info() const noexcept { return info_; }
    void close() noexcept;

protected:
    ~response_source() = default;

    /// The greatest size of the body.
    virtual std::size_t limit() const = 0;
    /// What counts as content for the stall limit.
    virtual http::exchange::progress progress() const = 0;
    /// The body is complete. False if nothing more can come of it.
    virtual bool flush() { return false; }
    /// For the stall limit.
    void note_content() noexcept { exchange_->got_content(); }
    /// The last value has been taken.
    void end() noexcept { ended_ = true; }
    bool has_ended() const noexcept { return ended_; }
    /// Whether the body has come to an end that its own framing announced: its last chunk, or the last byte of its length.
    bool ended_by_framing() const noexcept { return exchange_->done() && exchange_->has_framing(); }

    pending_request request_;
    boost::intrusive_ptr<call_observer> observer_;
    response_info info_;
    bool filtered_ = false; ///< The content filter has ended the response.

private:
    template <class Source>
    friend boost::asio::awaitable<typename Source::value_type const*> read_from(Source* source);

    /// Takes the body from now on; what has arrived with the head comes at once.
    void begin_once();
    /// Ends the response with an error.
    [[noreturn]] void fail(std::exception_ptr why);
    /// Ends the response in order: the few bytes that may follow are read in the background.
    void drain();

    running_call call_;
    std::vector<attempt> failed_attempts_;
    std::chrono::milliseconds waited_;
    http::clock::time_point attempt_begun_;
    bool has_begun_ = false;
    bool ended_ = false;
    std::exception_ptr broken_;                     // thrown when the values that came before it have been taken
    boost::intrusive_ptr<http::exchange> exchange_; // null once the response is over
};

/// The source's next value, which it lends until the next call; null at the end, or if the source is null. An error ends the source.
template <class Source>
FOUNDRY_CORO boost::asio::awaitable<typename Source::value_type const*> read_from(Source* source)
{
    response_source* const body = source;
    if (body == nullptr || !body->exchange_)
        co_return nullptr;
    boost::intrusive_ptr<http::exchange> const reading = body->exchange_; // close() may run during the wait
    std::exception_ptr failed;
    try {
        body->begin_once();
        if (!body->broken_ && reading->is_turn_over()) {
            co_await boost::asio::post(reading->executor(), boost::asio::deferred);
            reading->begin_turn();
        }
        for (;;) {
            if (source->take_value())
                co_return &source->value;
            if (body->ended_)
                break;
            if (body->broken_)
                std::rethrow_exception(std::exchange(body->broken_, nullptr));
            bool more = true;
            try {
                more = co_await reading->read_more();
            } catch (error const&) {
                body->broken_ = std::current_exception();
            }
            if (!more && !body->flush())
                break;
        }
        source->check_end(body->ended_);
        body->drain();
        co_return nullptr;
    } catch (...) {
        failed = std::current_exception();
    }
    if (!body->exchange_)
        co_return nullptr; // closed
    body->fail(std::move(failed));
}

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/response_source.ipp>
#endif
