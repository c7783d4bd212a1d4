// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/pool.hpp>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

FOUNDRY_DECL lease::lease(boost::intrusive_ptr<pool> owner, boost::intrusive_ptr<connection> c, bool reused) noexcept
    : pool_(std::move(owner)),
      connection_(std::move(c)),
      reused_(reused)
{}
FOUNDRY_DECL lease::lease(lease&&) noexcept = default;
FOUNDRY_DECL lease::~lease() { discard(); }

FOUNDRY_DECL lease& lease::operator=(lease&& other) noexcept
{
    discard();
    pool_ = std::move(other.pool_);
    connection_ = std::move(other.connection_);
    reused_ = other.reused_;
    return *this;
}

FOUNDRY_DECL void lease::release() noexcept
{
    if (connection_)
        pool_->release_or_close(std::move(connection_), true);
}

FOUNDRY_DECL void lease::discard() noexcept
{
    if (connection_)
        pool_->release_or_close(std::move(connection_), false);
}

FOUNDRY_DECL bool pool::is_usable(connection& c) const noexcept
{
    return !c.is_inherited() && !queue_.is_expired(c, clock::now()) && c.idle_and_alive();
}

FOUNDRY_DECL pool::pool(boost::asio::any_io_executor executor, origin to, pool_options options)
    : executor_(std::move(executor)),
      to_(std::move(to)),
      queue_(options)
{}

FOUNDRY_DECL pool::~pool()
{
    while (queue_.take_idle()) {
    }
}

/// One after the other: a list that is destroyed as a whole uses as much stack as it is long.
FOUNDRY_DECL void pool::close_all(boost::intrusive_ptr<connection> list) noexcept
{
    while (list)
        list = std::move(list->next);
}

FOUNDRY_DECL session_ptr pool::session() const
{
    std::lock_guard const lock(mutex_);
    return session_;
}

/// @param fresh no idle connection is taken; if there is no room, one of them is closed.
/// @param dead receives connections to be closed outside the mutex.
FOUNDRY_DECL boost::intrusive_ptr<connection> pool::take_idle_or_new(bool fresh, boost::intrusive_ptr<connection>& dead)
{
    dead = queue_.take_expired(clock::now());
    while (!fresh || !queue_.has_room()) {
        boost::intrusive_ptr<connection> c = queue_.take_idle();
        if (!c)
            break;
        if (!fresh && is_usable(*c))
            return c;
        queue_.note_closed();
        c->next = std::move(dead);
        dead = std::move(c);
    }
    if (!queue_.may_open())
        return nullptr;
    boost::intrusive_ptr<connection> c(new connection(executor_));
    queue_.note_opened();
    return c;
}

FOUNDRY_DECL pool::acquire_ticket::acquire_ticket(boost::intrusive_ptr<pool> owner,
                                                  boost::asio::any_io_executor const& executor, limit const& last,
                                                  bool fresh)
    : pool_(std::move(owner)),
      last_(last),
      fresh_(fresh)
{
    boost::intrusive_ptr<connection> dead;
    {
        // One lock for both, against a lost wake-up: a connection may be given back in between.
        std::lock_guard const lock(pool_->mutex_);
        granted_ = pool_->take_idle_or_new(fresh, dead);
        if (!granted_) {
            waiter_.reset(new waiter(executor, last.at));
            pool_->queue_.add_waiter(waiter_);
        }
    }
    close_all(std::move(dead)); // outside the mutex
}

FOUNDRY_DECL pool::acquire_ticket::~acquire_ticket() { give_up(); }

FOUNDRY_DECL boost::asio::steady_timer& pool::acquire_ticket::ready_timer() noexcept { return waiter_->ready_timer; }

FOUNDRY_DECL lease pool::acquire_ticket::take(std::exception_ptr interrupted)
{
    lease granted = give_up();
    if (granted)
        return granted;
    if (interrupted)
        std::rethrow_exception(std::move(interrupted));
    error const full = limit_error({last_.at, errc::pool_timeout, last_.span, false}, pool_->to().host);
    if (last_.code == errc::pool_timeout)
        throw full;
    failure f; // of the whole call, which has come to nothing here
    f.service_message = full.message();
    f.advice = "raise options.pool.max_connections or options.timeouts.total";
    throw error(make_error_code(last_.code), std::move(f));
}

/// Leaves the queue with the connection that was granted, if one was.
FOUNDRY_DECL lease pool::acquire_ticket::give_up()
{
    if (waiter_) {
        {
            std::lock_guard const lock(pool_->mutex_);
            pool_->queue_.remove_waiter(*waiter_);
            granted_ = std::move(waiter_->granted);
        }
        // It comes straight from another call, and was not checked since.
        if (granted_ && granted_->is_open() && (fresh_ || !pool_->is_usable(*granted_)))
            granted_->close();
    }
    if (!granted_)
        return lease();
    bool const reused = granted_->is_open();
    return lease(pool_, std::move(granted_), reused);
}

FOUNDRY_DECL void pool::release_or_close(boost::intrusive_ptr<connection> c, bool reusable) noexcept
{
    session_ptr session;
    if (c->is_open())
        session = c->take_session();
    if (reusable)
        c->idle_since = clock::now();
    else
        c->close();
    c->move_to(executor_); // the context it was used on may end

    bool const is_open = c->is_open();
    std::lock_guard const lock(mutex_);
    if (session)
        session_ = std::move(session);
    if (boost::intrusive_ptr<waiter> const next = queue_.give_back(std::move(c), is_open))
        next->wake_up.post([next] { next->ready_timer.cancel(); });
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
