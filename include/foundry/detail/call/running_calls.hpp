// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/guarded_executor.hpp>
#include <foundry/detail/base/linked_list.hpp>
#include <foundry/detail/http/exchange.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstddef>
#include <mutex>
#include <optional>

namespace foundry::inline FOUNDRY_ABI::detail {

class running_call;

/// The calls of a client and its copies that are in progress, so that they can be waited for or ended together.
///
/// Thread safety: all functions may be called from any executor and thread.
class running_calls : public boost::intrusive_ref_counter<running_calls>
{
public:
    /// Refuses further calls.
    void refuse() noexcept;
    /// Refuses further calls and ends those in progress, each on its own executor.
    void end_all() noexcept;

private:
    friend class running_call;
    friend class drain_ticket;
    struct drain_waiter : boost::intrusive_ref_counter<drain_waiter>, list_links<drain_waiter>
    {
        drain_waiter(boost::asio::any_io_executor const& executor, http::clock::time_point until)
            : wake_up(executor),
              done(executor, until)
        {}

        guarded_executor wake_up;
        boost::asio::steady_timer done;
    };

    void note_end() noexcept; // under the mutex

    std::mutex mutex_;
    running_call* first_ = nullptr;
    std::size_t count_ = 0;
    bool refuses_ = false;
    bool is_closed_ = false; // refuses the rounds of runs, too
    linked_list<drain_waiter> drains_;
};

/// One call, from its first attempt to the end of its stream, or one run with tools. It removes itself when it is destroyed.
class running_call
{
public:
    running_call() = default;
    running_call(running_call&& other) noexcept;
    running_call& operator=(running_call&&) = delete;
    ~running_call() { finish(); }

    /// @param is_round whether it is part of a run that is in progress: a client that only refuses further calls takes it.
    /// @throws foundry::error (`errc::client_closed`) if the client takes no more calls.
    void begin(boost::intrusive_ptr<running_calls> all, boost::asio::any_io_executor const& executor,
               bool is_round = false);
    void finish() noexcept;

    /// @name What runs now, to be ended with the call; null between attempts.
    /// @{
    http::exchange* exchange = nullptr;
    boost::asio::steady_timer* wait = nullptr;
    running_call* part = nullptr;
    /// @}

    /// Ends what runs now.
    void end();

    /// @throws foundry::error (`errc::client_closed`) if the client has ended the call.
    void check() const;

private:
    friend class running_calls;
    /// A message to a call, which may be over when it arrives.
    struct ending : boost::intrusive_ref_counter<ending>
    {
        explicit ending(running_call& c) : call(&c) {}

        running_call* call; // null once it is over; used on its executor, or under the mutex
        bool is_sent = false;
    };

    boost::intrusive_ptr<running_calls> all_;
    std::optional<guarded_executor> executor_;
    bool is_ended_ = false;

    // Guarded by the mutex of running_calls.
    running_call* before_ = nullptr;
    running_call* after_ = nullptr;
    boost::intrusive_ptr<ending> ending_; // on its way to the executor; null if the call was not ended
};

/// A coroutine that waits for the end of the last call.
///
///     drain_ticket ticket(all, executor, until);
///     if (ticket.must_wait())
///         ... co_await ticket.done().async_wait(deferred) ...
class drain_ticket
{
public:
    drain_ticket(boost::intrusive_ptr<running_calls> all, boost::asio::any_io_executor const& executor,
                 http::clock::time_point until);
    drain_ticket(drain_ticket const&) = delete;
    drain_ticket& operator=(drain_ticket const&) = delete;
    ~drain_ticket();

    bool must_wait() const noexcept { return waiter_ != nullptr; }
    /// Expires at the limit; cancelled when no call is in progress.
    boost::asio::steady_timer& done() noexcept;
    /// Whether no call is in progress now.
    bool is_done() const noexcept;

private:
    boost::intrusive_ptr<running_calls> all_;
    boost::intrusive_ptr<running_calls::drain_waiter> waiter_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/running_calls.ipp>
#endif
