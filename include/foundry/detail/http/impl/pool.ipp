// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/guarded_executor.hpp>
#include <foundry/detail/http/pool.hpp>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Somebody who waits for a connection. `granted` is guarded by the pool's mutex.
struct pool::waiter : boost::intrusive_ref_counter<waiter>
{
    waiter(boost::asio::any_io_executor const& executor, clock::time_point until)
        : wake_up(executor),
          ready_timer(executor, until)
    {}

    foundry::detail::guarded_executor wake_up;
    boost::asio::steady_timer ready_timer;
    boost::intrusive_ptr<connection> granted;
    boost::intrusive_ptr<waiter> next; // in the pool's list
};

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

FOUNDRY_DECL bool pool::stale(connection& c) const noexcept
{
    auto const now = clock::now();
    return c.is_inherited() || now - c.idle_since > options_.max_idle || now - c.opened_at > options_.max_age ||
           !c.idle_and_alive();
}

FOUNDRY_DECL pool::pool(boost::asio::any_io_executor executor, origin to, pool_options options)
    : executor_(std::move(executor)),
      to_(std::move(to)),
      options_(options)
{}
FOUNDRY_DECL pool::~pool() { close_all(std::move(idle_)); }

/// One after the other: a list that is dropped as a whole goes as deep into the stack as it is long.
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

/// What has been idle for too long does not stay open behind what is used more often.
FOUNDRY_DECL void pool::sweep(boost::intrusive_ptr<connection>& dead)
{
    auto const now = clock::now();
    if (now < sweep_at_)
        return;
    sweep_at_ = now + options_.max_idle / 4;
    boost::intrusive_ptr<connection>* at = &idle_;
    while (*at && now - (*at)->idle_since <= options_.max_idle)
        at = &(*at)->next;
    dead = std::move(*at); // and all behind it, which have been idle for longer
    for (connection const* c = dead.get(); c != nullptr; c = c->next.get())
        --open_;
}

FOUNDRY_DECL boost::intrusive_ptr<connection> pool::take_idle_or_new(bool fresh, boost::intrusive_ptr<connection>& dead)
{
    sweep(dead);
    while (idle_ && (!fresh || open_ >= options_.max_connections)) {
        boost::intrusive_ptr<connection> c = std::move(idle_); // the one used last is the likeliest to be alive
        idle_ = std::move(c->next);
        if (!fresh && !stale(*c))
            return c;
        c->next = std::move(dead);
        dead = std::move(c);
        --open_;
    }
    if (open_ >= options_.max_connections || waiters_)
        return nullptr;
    boost::intrusive_ptr<connection> c(new connection(executor_));
    ++open_;
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
        // One lock for both: what is given back in between would wake nobody.
        std::lock_guard const lock(pool_->mutex_);
        granted_ = pool_->take_idle_or_new(fresh, dead);
        if (!granted_) {
            waiter_.reset(new waiter(executor, last.at));
            boost::intrusive_ptr<waiter>* end = &pool_->waiters_;
            while (*end)
                end = &(*end)->next;
            *end = waiter_;
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

/// What was granted until now; nothing where the turn has not come.
FOUNDRY_DECL lease pool::acquire_ticket::give_up()
{
    if (waiter_) {
        {
            std::lock_guard const lock(pool_->mutex_);
            boost::intrusive_ptr<waiter>* at = &pool_->waiters_;
            while (*at && *at != waiter_)
                at = &(*at)->next;
            if (*at)
                *at = std::move(waiter_->next);
            granted_ = std::move(waiter_->granted);
        }
        // It comes straight from another call: nobody has looked at it since.
        if (granted_ && granted_->is_open() && (fresh_ || pool_->stale(*granted_)))
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
    boost::intrusive_ptr<waiter> const next = std::move(waiters_);
    waiters_ = std::move(next->next);
    next->granted = std::move(c);
    next->wake_up.post([next] { next->ready_timer.cancel(); });
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
