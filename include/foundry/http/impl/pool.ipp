// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/http/pool.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Somebody who waits for a connection. `granted` is guarded by the pool's mutex.
struct pool::waiter
{
    waiter(boost::asio::any_io_executor executor, clock::time_point until) : turn(std::move(executor), until) {}

    boost::asio::steady_timer turn; // cancelled when the turn has come
    std::unique_ptr<connection> granted;
    std::shared_ptr<waiter> next; // in the pool's list
};

FOUNDRY_DECL lease& lease::operator=(lease&& other) noexcept
{
    drop();
    pool_ = std::move(other.pool_);
    connection_ = std::move(other.connection_);
    reused_ = other.reused_;
    return *this;
}

FOUNDRY_DECL void lease::give_back() noexcept
{
    if (connection_)
        pool_->release(std::move(connection_), true);
}

FOUNDRY_DECL void lease::drop() noexcept
{
    if (connection_)
        pool_->release(std::move(connection_), false);
}

FOUNDRY_DECL bool pool::stale(connection& c) const noexcept
{
    auto const now = clock::now();
    return now - c.idle_since > options_.max_idle || now - c.opened_at > options_.max_age || !c.idle_and_alive();
}

FOUNDRY_DECL std::shared_ptr<SSL_SESSION> pool::session() const
{
    std::lock_guard const lock(mutex_);
    return session_;
}

FOUNDRY_DECL lease pool::try_acquire(bool fresh, std::unique_ptr<connection>& dead)
{
    std::lock_guard const lock(mutex_);
    while (idle_ && (!fresh || open_ >= options_.max_connections)) {
        std::unique_ptr<connection> c = std::move(idle_); // the one used last is the likeliest to be alive
        idle_ = std::move(c->next);
        if (!fresh && !stale(*c))
            return lease(shared_from_this(), std::move(c), true);
        c->next = std::move(dead);
        dead = std::move(c);
        --open_;
    }
    if (open_ >= options_.max_connections || waiters_)
        return lease();
    std::unique_ptr<connection> c(new connection(executor_));
    ++open_;
    return lease(shared_from_this(), std::move(c), false);
}

/// A place in the queue. Left when the coroutine goes on, is cancelled, or is destroyed where it waits.
class pool::place
{
public:
    place(std::shared_ptr<pool> owner, boost::asio::any_io_executor executor, clock::time_point until)
        : pool_(std::move(owner)),
          waiter_(new waiter(std::move(executor), until))
    {
        std::lock_guard const lock(pool_->mutex_);
        std::shared_ptr<waiter>* last = &pool_->waiters_;
        while (*last)
            last = &(*last)->next;
        *last = waiter_;
    }
    place(place const&) = delete;
    place& operator=(place const&) = delete;
    ~place() { leave(); }

    boost::asio::steady_timer& turn() noexcept { return waiter_->turn; }

    /// What was granted until now; nothing where the turn has not come.
    lease leave()
    {
        {
            std::lock_guard const lock(pool_->mutex_);
            std::shared_ptr<waiter>* at = &pool_->waiters_;
            while (*at && *at != waiter_)
                at = &(*at)->next;
            if (*at)
                *at = std::move(waiter_->next);
        }
        if (!waiter_->granted)
            return lease();
        bool const reused = waiter_->granted->is_open();
        return lease(pool_, std::move(waiter_->granted), reused);
    }

private:
    std::shared_ptr<pool> pool_;
    std::shared_ptr<waiter> waiter_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> pool::acquire(std::shared_ptr<deadline> limits, bool fresh,
                                                                     lease& granted)
{
    std::unique_ptr<connection> dead; // closed outside the mutex
    granted = try_acquire(fresh, dead);
    dead.reset();
    if (granted)
        co_return;

    auto const [until, code] = limits->next();
    place queued(shared_from_this(), limits->executor(), until);
    std::exception_ptr interrupted;
    try {
        co_await queued.turn().async_wait(boost::asio::deferred);
    } catch (boost::system::system_error const&) {
        interrupted = std::current_exception();
    }
    granted = queued.leave();
    if (granted)
        co_return;
    if (interrupted)
        std::rethrow_exception(interrupted);
    throw error(code, "no connection became free in time; raise options.pool.max_connections");
}

FOUNDRY_DECL void pool::release(std::unique_ptr<connection> c, bool reusable) noexcept
{
    std::shared_ptr<SSL_SESSION> session;
    if (reusable && c->is_open()) {
        c->idle_since = clock::now();
        session = c->take_session();
    } else {
        c->close();
    }
    c->move_to(executor_); // the context it was used on may end

    std::lock_guard const lock(mutex_);
    if (session)
        session_ = std::move(session);
    if (!c->is_open() && !waiters_) {
        --open_;
        return;
    }
    if (!waiters_) {
        c->next = std::move(idle_);
        idle_ = std::move(c);
        return;
    }
    std::shared_ptr<waiter> const next = std::move(waiters_);
    waiters_ = std::move(next->next);
    next->granted = std::move(c);
    boost::asio::post(next->turn.get_executor(), [next] { next->turn.cancel(); });
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
