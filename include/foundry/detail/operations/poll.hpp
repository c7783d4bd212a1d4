// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/noted_scope.hpp>
#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/call/running_calls.hpp>
#include <foundry/detail/operations/call_route.hpp>
#include <foundry/route.hpp>
#include <foundry/wait.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// How an object of the service is asked for until it is done.
template <class Object>
struct poll_rules
{
    boost::asio::awaitable<Object> (*fetch)(std::shared_ptr<pending_request>);
    bool (*is_pending)(Object const&);
    char const* late; ///< What to say if the time is over.
    std::chrono::milliseconds interval{
        500}; ///< Between the first two requests; each further one is half as long again.
    std::chrono::milliseconds max_interval{std::chrono::seconds{10}};
};

/// The waits between the requests of one poll.
class poll_timer
{
public:
    /// @param call the call that the poll is; its end ends a wait.
    /// @param server_limit the most that the service may ask for.
    poll_timer(boost::asio::any_io_executor const& executor, running_call& call, std::chrono::milliseconds interval,
               std::chrono::milliseconds max_interval, std::chrono::milliseconds server_limit);

    /// @param asked the wait that the service asks for, if it does.
    /// @throws foundry::error (`errc::total_timeout`), saying `late`, if the wait would not be over before `end`.
    boost::asio::awaitable<void> wait(std::optional<std::chrono::milliseconds> asked,
                                      std::chrono::steady_clock::time_point end, char const* late);

private:
    boost::asio::steady_timer timer_;
    noted_scope<boost::asio::steady_timer> noted_;
    std::chrono::milliseconds next_;
    std::chrono::milliseconds max_interval_;
    std::chrono::milliseconds server_limit_;
};

/// Lets a request, and its stream, end at a time, if there is one.
FOUNDRY_DECL void limit_total(call_options& with, std::chrono::steady_clock::time_point end);

/// Asks until an object is done, as part of a call.
///
/// @param rules outlives the call.
/// @param on_progress is told each state; may be empty.
/// @throws foundry::error (`errc::total_timeout`) if it is not done in time.
template <class Object>
FOUNDRY_CORO boost::asio::awaitable<Object>
poll(running_call& call, std::shared_ptr<client_state> state, std::string id, route get, wait_options how,
     std::chrono::steady_clock::time_point end, poll_rules<Object> const& rules,
     std::function<void(Object const&)> on_progress = {})
{
    poll_timer timer(co_await boost::asio::this_coro::executor, call, how.interval.value_or(rules.interval),
                     how.max_interval.value_or(rules.max_interval), state->settings.retry.max_server_wait);
    for (;;) {
        limit_total(how.call, end);
        std::shared_ptr<pending_request> request = prepare_stored(state, id, get, how.call, response_form::json);
        request->is_round = true;
        request->outer = &call;
        Object now = co_await rules.fetch(std::move(request));
        if (on_progress)
            on_progress(now);
        if (!rules.is_pending(now))
            co_return now;
        co_await timer.wait(now.info().retry_after(), end, rules.late);
    }
}

/// The same as a call of its own.
template <class Object>
FOUNDRY_CORO boost::asio::awaitable<Object> wait_for(std::shared_ptr<client_state> state, std::string id, route get,
                                                     wait_options how, poll_rules<Object> const& rules,
                                                     std::function<void(Object const&)> on_progress = {})
{
    running_call call;
    call.begin(state->target.calls, co_await boost::asio::this_coro::executor);
    try {
        auto const never = (std::chrono::steady_clock::time_point::max)();
        Object done = co_await poll(call, std::move(state), std::move(id), std::move(get), std::move(how), never, rules,
                                    std::move(on_progress));
        co_return done;
    } catch (boost::system::system_error const&) {
        call.check(); // the end of the client has ended the wait
        throw;
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/poll.ipp>
#endif
