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

/// A fetch in progress, shared by all callers that wait for it. It runs on a strand over the client's executor, so that it does not end
/// with the first caller; it is cancelled when no caller waits for it any more.
struct token_fetch
{
    struct waiter;

    token_fetch(token_request what, boost::asio::any_io_executor const& background);

    token_request const wanted;
    boost::asio::any_io_executor const executor;
    boost::asio::cancellation_signal cancel; // used on the executor only

    // Guarded by the mutex of the cache.
    bool begun = false; // the client's own context has started the fetch
    bool ahead = false; // the old token is still usable, so no caller waits
    bool done = false;
    std::vector<std::shared_ptr<waiter>> waiters;
    token_cache::token_ptr token;
    std::exception_ptr failed;
};

/// The tokens of one credential for all clients that share it: one fetch at a time for each scope and tenant.
///
/// Thread safety: every function may be called from any executor and thread. The mutex is never held across a suspension.
class shared_token_cache
{
public:
    /// Marks a fetch as begun. Called on the executor of the fetch.
    void begin(token_fetch& fetch) noexcept;
    /// Ends a fetch and wakes all its waiters.
    void complete(token_fetch& fetch, access_token token, std::exception_ptr failed) noexcept;

    /// See token_cache::invalidate().
    bool invalidate(std::string_view refused, std::string_view claims) noexcept;

private:
    friend class token_waiter;

    std::shared_ptr<token_fetch> find_fetch(token_request const& wanted);
    void forget(token_fetch const& fetch);

    std::mutex mutex_;
    token_cache cache_;
    std::vector<std::shared_ptr<token_fetch>> fetches_; // in progress
};

/// A caller that needs a token. It leaves the fetch when its coroutine resumes, is cancelled, or is destroyed during the wait. The last
/// waiter to leave cancels the fetch, unless that is an early fetch that has begun.
///
///     token_waiter waiter(cache, executor, query);
///     if (auto fetch = waiter.to_launch())
///         ...                                   // start the fetch, which must always end in complete()
///     if (waiter.must_wait())
///         co_await waiter.done().async_wait(deferred);
///     use(waiter.result());
///
/// Not a coroutine itself, so that a program without tokens does not compile one.
class token_waiter
{
public:
    /// @throws foundry::error if the last fetch failed and it is too early for another; if a credential waits for its own token.
    token_waiter(shared_token_cache& cache, boost::asio::any_io_executor const& executor, token_query query);
    token_waiter(token_waiter const&) = delete;
    token_waiter& operator=(token_waiter const&) = delete;
    ~token_waiter();

    /// Null if a fetch is in progress, or none is needed.
    std::shared_ptr<token_fetch> to_launch() noexcept { return std::move(to_launch_); }
    bool must_wait() const noexcept { return waiter_ != nullptr; }
    /// Expires at the time limit; cancelled when there is a token or a failure.
    boost::asio::steady_timer& done() noexcept;

    /// @param interrupted the exception of the wait, if any.
    /// @throws the exception of the credential, the same for each waiter; foundry::error with the query's code if the time limit has
    /// passed.
    token_cache::token_ptr result(std::exception_ptr interrupted);

private:
    shared_token_cache& shared_;
    token_query query_;
    token_cache::token_ptr token_;
    std::shared_ptr<token_fetch> fetch_;
    std::shared_ptr<token_fetch> to_launch_;
    std::shared_ptr<token_fetch::waiter> waiter_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/auth/impl/shared_token_cache.ipp>
#endif
