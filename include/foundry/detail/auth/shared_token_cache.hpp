// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/auth/token_cache.hpp>
#include <foundry/detail/core/credential_source.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <vector>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A fetch that is under way, for all who wait for it. It runs on a strand over the client's executor, so that it does not end with
/// the one who asked first; it is cancelled when nobody waits for it any more.
struct token_fetch
{
    struct waiter;

    token_fetch(token_request what, boost::asio::any_io_executor const& background);

    token_request const wanted;
    boost::asio::any_io_executor const executor;
    boost::asio::cancellation_signal cancel; // used on the executor only

    // Guarded by the keeper's mutex.
    bool begun = false; // the client's own context has run it
    bool ahead = false; // whether there is a token meanwhile, so that nobody waits
    bool done = false;
    std::vector<std::shared_ptr<waiter>> waiters;
    token_cache::token_ptr token;
    std::exception_ptr failed;
};

/// The tokens of one credential for all clients that share it: one fetch at a time for each scope and tenant, whoever asks.
///
/// Thread safety: all of it may be called from any executor and thread. The mutex is never held across a suspension.
class shared_token_cache
{
public:
    /// A fetch has begun, on its executor.
    void begin(token_fetch& flight) noexcept;
    /// A fetch has ended: everyone who waits is told.
    void complete(token_fetch& flight, access_token token, std::exception_ptr failed) noexcept;

    /// As token_cache::invalidate().
    bool invalidate(std::string_view refused, std::string_view claims) noexcept;

private:
    friend class token_waiter;

    std::shared_ptr<token_fetch> find_flight(token_request const& wanted);
    void forget(token_fetch const& flight);

    std::mutex mutex_;
    token_cache cache_;
    std::vector<std::shared_ptr<token_fetch>> flights_; // under way
};

/// One who wants a token. Leaves when the coroutine goes on, is cancelled, or is destroyed where it waits; the last to leave cancels
/// the flight.
///
///     token_waiter visit(keeper, executor, query);
///     if (auto flight = visit.to_launch())
///         ...                                   // begin the fetch, which ends in land(), whatever happens
///     if (visit.must_wait())
///         co_await visit.landed().async_wait(deferred);
///     use(visit.result());
///
/// No coroutine itself: who has no use for tokens need not compile one.
class token_waiter
{
public:
    /// @throws foundry::error if the last fetch has failed, and it is too early for another; if a credential waits for its own token.
    token_waiter(shared_token_cache& keeper, boost::asio::any_io_executor const& executor, token_query query);
    token_waiter(token_waiter const&) = delete;
    token_waiter& operator=(token_waiter const&) = delete;
    ~token_waiter();

    /// Null: there is one under way, or none is needed.
    std::shared_ptr<token_fetch> to_launch() noexcept { return std::move(to_launch_); }
    bool must_wait() const noexcept { return waiter_ != nullptr; }
    /// Fires when the time is over, and is cancelled when there is a token or a failure.
    boost::asio::steady_timer& done() noexcept;

    /// @param interrupted what the wait has thrown, if anything.
    /// @throws what the credential has thrown, each who waits for it alike; foundry::error with the query's code.
    token_cache::token_ptr result(std::exception_ptr interrupted);

private:
    shared_token_cache& keeper_;
    token_query query_;
    token_cache::token_ptr token_;
    std::shared_ptr<token_fetch> flight_;
    std::shared_ptr<token_fetch> to_launch_;
    std::shared_ptr<token_fetch::waiter> waiter_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/auth/impl/shared_token_cache.ipp>
#endif
