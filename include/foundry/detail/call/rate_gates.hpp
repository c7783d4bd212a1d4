// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/guarded_executor.hpp>
#include <foundry/detail/base/linked_list.hpp>
#include <foundry/detail/core/rate_control.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The rate limits of the deployments of an endpoint that bulk work asks, and the requests that wait for them. Costs other calls nothing
/// as long as there is no bulk work.
///
/// Thread safety: all functions may be called from any executor and thread.
class rate_gates : public boost::intrusive_ref_counter<rate_gates>
{
public:
    /// The limits of further deployments are not obeyed ahead.
    static constexpr std::size_t max_deployments = 64;

private:
    friend class rate_ticket;
    struct waiter : boost::intrusive_ref_counter<waiter>, list_links<waiter>
    {
        waiter(boost::asio::any_io_executor const& executor, rate_control::request r)
            : wake_up(executor),
              timer(executor),
              made(r)
        {}

        guarded_executor wake_up;
        boost::asio::steady_timer timer;
        rate_control::request made;
        rate_control::clock::time_point wakes_at;
        bool is_waiting = true; // in the list
    };
    struct gate
    {
        rate_control control;
        linked_list<waiter> waiters;
    };

    /// Lets those begin that may. Under the mutex, which each waiter locks before it ends.
    static void let_in(gate& of, rate_control::clock::time_point now);

    std::atomic<bool> is_used_ = false;
    std::mutex mutex_; // guards what follows
    std::map<std::string, gate, std::less<>> gates_;
};

/// A request at the gate of its deployment, from before it is sent until the head of its response has come.
///
///     rate_ticket ticket(gates, deployment, tokens, is_bulk);
///     while (ticket.must_wait(executor, end))
///         ... co_await ticket.timer().async_wait(deferred) ...
///     ... ticket.succeed(head) or ticket.fail(error) ...
class rate_ticket
{
public:
    using clock = rate_control::clock;

    /// @param is_bulk whether it waits for the limits of the deployment; other requests are only counted.
    rate_ticket(boost::intrusive_ptr<rate_gates> const& gates, std::string_view deployment, std::int64_t tokens,
                bool is_bulk);
    rate_ticket(rate_ticket const&) = delete;
    rate_ticket& operator=(rate_ticket const&) = delete;
    ~rate_ticket();

    /// Begins the request, or tells to wait until the timer expires or is cancelled, and to call this again.
    ///
    /// @param end when the timer expires in any case.
    bool must_wait(boost::asio::any_io_executor const& executor, clock::time_point end);
    boost::asio::steady_timer& timer() noexcept { return waiter_->timer; }

    void succeed(response_info const& head);
    /// @param max_pause see rate_control::fail().
    void fail(error const& failed, std::chrono::milliseconds max_pause);

private:
    void begin(clock::time_point now);
    template <class Function>
    void end(Function note);

    boost::intrusive_ptr<rate_gates> gates_; // null if there is no gate, or the request has ended
    rate_gates::gate* gate_ = nullptr;
    boost::intrusive_ptr<rate_gates::waiter> waiter_; // null if it need not wait
    rate_control::request made_;
    bool has_begun_ = false;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/call/impl/rate_gates.ipp>
#endif
