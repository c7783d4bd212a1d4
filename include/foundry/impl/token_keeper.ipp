// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/random_fraction.hpp>
#include <foundry/detail/token_keeper.hpp>
#include <foundry/http/field.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace foundry::inline FOUNDRY_ABI::detail {

struct token_flight::waiter
{
    waiter(boost::asio::any_io_executor executor, std::chrono::steady_clock::time_point until)
        : landed(std::move(executor), until)
    {}

    boost::asio::steady_timer landed; // cancelled when it has
};

FOUNDRY_DECL token_flight::token_flight(token_request what, boost::asio::any_io_executor const& background)
    : wanted(std::move(what)),
      executor(boost::asio::make_strand(background))
{}

/// Who waits for a flight. Leaves when the coroutine goes on, is cancelled, or is destroyed where it waits; the last to leave cancels
/// the flight.
class token_keeper::place
{
public:
    /// The keeper's mutex is held.
    place(token_keeper& owner, std::shared_ptr<token_flight> flight, std::shared_ptr<token_flight::waiter> who)
        : keeper_(owner),
          flight_(std::move(flight)),
          waiter_(std::move(who))
    {
        flight_->waiters.push_back(waiter_);
    }
    place(place const&) = delete;
    place& operator=(place const&) = delete;

    ~place()
    {
        std::lock_guard const lock(keeper_.mutex_);
        auto& all = flight_->waiters;
        all.erase(std::remove(all.begin(), all.end(), waiter_), all.end());
        if (flight_->landed || flight_->ahead || !all.empty())
            return;
        keeper_.forget(*flight_);
        keeper_.cache_.fail(flight_->wanted, nullptr, std::chrono::steady_clock::now());
        boost::asio::post(flight_->executor,
                          [f = flight_] { f->cancel.emit(boost::asio::cancellation_type::terminal); });
    }

private:
    token_keeper& keeper_;
    std::shared_ptr<token_flight> flight_;
    std::shared_ptr<token_flight::waiter> waiter_;
};

FOUNDRY_DECL std::shared_ptr<token_flight> token_keeper::find_flight(token_request const& wanted)
{
    for (auto const& f : flights_)
        if (f->wanted.scope == wanted.scope && http::iequals(f->wanted.tenant, wanted.tenant) &&
            f->wanted.claims == wanted.claims)
            return f;
    return nullptr;
}

FOUNDRY_DECL void token_keeper::forget(token_flight const& flight)
{
    auto const same = [&](std::shared_ptr<token_flight> const& f) { return f.get() == &flight; };
    flights_.erase(std::remove_if(flights_.begin(), flights_.end(), same), flights_.end());
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> token_keeper::get(token_query query, launcher& fetch,
                                                                         token_cache::token_ptr& into)
{
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    std::shared_ptr<token_flight> flight;
    std::shared_ptr<token_flight::waiter> waiter;
    std::optional<place> queued;
    bool begun = false;
    {
        std::lock_guard const lock(mutex_);
        token_cache::finding const found = cache_.look_up(query.wanted, std::chrono::steady_clock::now());
        if (found.failed)
            throw *found.failed;
        into = found.token;
        if (into && !found.fetch)
            co_return;
        flight = find_flight(query.wanted);
        if (!flight) {
            flight = std::make_shared<token_flight>(query.wanted, query.background);
            flight->ahead = into != nullptr;
            flights_.push_back(flight);
            begun = true;
        }
        if (!into) {
            waiter = std::make_shared<token_flight::waiter>(executor, query.until);
            queued.emplace(*this, flight, waiter);
        }
    }
    if (begun)
        fetch.launch(flight);
    if (into)
        co_return;

    std::exception_ptr interrupted;
    try {
        co_await waiter->landed.async_wait(boost::asio::deferred);
    } catch (boost::system::system_error const& e) {
        if (e.code() == boost::asio::error::operation_aborted)
            interrupted = std::make_exception_ptr(error(e.code(), failure{}));
    }
    queued.reset();
    std::lock_guard const lock(mutex_);
    if (flight->failed)
        std::rethrow_exception(flight->failed);
    if (flight->landed) {
        into = flight->token;
        co_return;
    }
    if (interrupted)
        std::rethrow_exception(interrupted);
    throw error(query.code,
                "the credential has given no token; raise options.timeouts.token, or look at where it asks");
}

FOUNDRY_DECL void token_keeper::land(token_flight& flight, access_token token, std::exception_ptr failed) noexcept
{
    std::lock_guard const lock(mutex_);
    auto const now = std::chrono::steady_clock::now();
    bool const forgotten = find_flight(flight.wanted).get() != &flight;
    forget(flight);
    flight.landed = true;
    try {
        if (failed)
            std::rethrow_exception(failed);
        flight.token =
            cache_.store(flight.wanted, std::move(token), now, std::chrono::system_clock::now(), random_fraction());
    } catch (error const& e) {
        flight.failed = std::current_exception();
        if (!forgotten)
            cache_.fail(flight.wanted, &e, now);
    } catch (...) {
        flight.failed = std::current_exception();
        if (!forgotten)
            cache_.fail(flight.wanted, nullptr, now);
    }
    for (auto const& w : flight.waiters)
        boost::asio::post(w->landed.get_executor(), [w] { w->landed.cancel(); });
}

FOUNDRY_DECL void token_keeper::invalidate(std::string_view refused) noexcept
{
    std::lock_guard const lock(mutex_);
    cache_.invalidate(refused);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
