// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/call/running_calls.hpp>
#include <foundry/detail/json/repeating_reader.hpp>
#include <foundry/event_stream.hpp>
#include <foundry/response_stream.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The numbers of a response's events, which tell a repeated event from one that comes too early.
class event_numbers
{
public:
    enum class verdict
    {
        next, ///< Or its place cannot be told.
        repeated,
        early ///< Events before it are missing.
    };

    event_numbers() = default;
    /// @param last number of the last event that is known; -1: none.
    explicit event_numbers(std::int64_t last) : last_(last) {}

    verdict check(std::optional<std::int64_t> number) const;
    void take(std::optional<std::int64_t> number);
    /// The numbers tell nothing from now on.
    void ignore() { is_numbered_ = false; }

    /// Number of the last event, -1 before the first; nothing if that cannot be told.
    std::optional<std::int64_t> last() const { return is_numbered_ ? std::optional(last_) : std::nullopt; }

private:
    /// Some servers write a zero into each event.
    bool is_always_zero(std::int64_t number) const { return number == 0 && last_ == 0; }

    std::int64_t last_ = -1;
    bool is_numbered_ = true;
};

/// Where a response in the background can be asked for again.
struct resume_point
{
    std::shared_ptr<client_state> state;
    call_options with;
    retry_options retry; ///< For the waits.
    std::string id;      ///< Empty until the service has told it.
    std::chrono::steady_clock::time_point end = (std::chrono::steady_clock::time_point::max)();
};

/// Turns the events of a route into those of a response. If the response is in the background, it outlives its connections.
class response_stream_state
{
public:
    response_info const& info() const noexcept { return events_.info(); }
    void close() noexcept { end(); }

    /// Opens the stream of a new response.
    boost::asio::awaitable<void> open(std::shared_ptr<pending_request> request);
    /// After this, a broken connection is replaced.
    void resume_at(resume_point point, std::int64_t last, boost::asio::any_io_executor const& executor);
    /// Opens the stream of a response that is being made.
    boost::asio::awaitable<void> take_up();

private:
    friend boost::asio::awaitable<response_event const*> read_event(response_stream_state* state);

    /// Nothing more is read.
    void end() noexcept;
    /// False if the event is to be skipped.
    bool take(raw_event const& event);
    [[noreturn]] void throw_truncated() const;
    bool can_resume(error const& broken) const;
    boost::asio::awaitable<void> replace_connection(error broken);
    /// Asks for the events after the last one; if the service refuses that, waits for the end of the response.
    boost::asio::awaitable<void> reopen();
    /// The wait before the next connection.
    ///
    /// @throws foundry::error the given one, if there are to be no more.
    std::chrono::milliseconds wait_after(error const& broken);
    boost::asio::awaitable<void> wait_for_end();
    /// Whether the response has ended meanwhile; then its last event has been made.
    boost::asio::awaitable<bool> has_ended();
    void make_last_event(response const& ended);
    /// What to do with the event in `value_`.
    bool is_next(raw_event const& event);

    event_stream events_;
    response_event value_; // the last event, lent to the reader
    json::repeating_reader reader_;
    event_numbers numbers_;
    std::optional<resume_point> point_;
    unsigned resumed_ = 0;   // without a new event since
    bool has_gap_ = false;   // a connection was given up because events were missing
    running_call call_;      // of a response in the background, between its connections, too
    bool has_value_ = false; // that read() has not given yet
    bool is_over_ = false;   // the last event has come, or the stream is closed
};

/// The next event, which the state lends until the next call; null at the end, or if there is no state.
FOUNDRY_DECL boost::asio::awaitable<response_event const*> read_event(response_stream_state* state);

/// The stream of a new response.
FOUNDRY_DECL boost::asio::awaitable<response_stream> open_response_stream(std::shared_ptr<pending_request> request,
                                                                          call_options with, bool is_in_background);
/// The stream of a response that is being made.
FOUNDRY_DECL boost::asio::awaitable<response_stream>
resume_response(std::shared_ptr<client_state> client, std::string id, std::int64_t after, call_options with);

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/response_stream_state.ipp>
#endif
