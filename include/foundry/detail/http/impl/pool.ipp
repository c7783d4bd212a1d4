// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/pool.hpp>

#include <algorithm>

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

FOUNDRY_DECL pool::pool(boost::asio::any_io_executor executor, origin to, pool_options options)
    : executor_(std::move(executor)),
      to_(std::move(to)),
      addresses_(to_.first_host(), to_.first_port()),
      queue_(options)
{}

FOUNDRY_DECL pool::~pool() { close_all(queue_.take_idle()); }

FOUNDRY_DECL session_ptr pool::session() const
{
    std::lock_guard const lock(mutex_);
    return session_;
}

FOUNDRY_DECL connection_counts pool::counts() const
{
    std::lock_guard const lock(mutex_);
    return {queue_.open(), queue_.idle(), queue_.waiting()};
}

FOUNDRY_DECL void pool::close_all(queue::connection_list list) noexcept
{
    for (connection* c = list.front(); c != nullptr; c = c->after)
        c->close_orderly();
}

FOUNDRY_DECL void pool::close_idle() noexcept
{
    queue::connection_list idle;
    {
        std::lock_guard const lock(mutex_);
        idle = queue_.take_idle();
        offer(clock::now());
    }
    close_all(std::move(idle));
}

FOUNDRY_DECL void pool::close() noexcept
{
    {
        std::lock_guard const lock(mutex_);
        is_closed_ = true;
    }
    close_idle();
}

/// Under the mutex, which each waiter locks before it ends: see guarded_executor.
FOUNDRY_DECL void pool::offer(clock::time_point now)
{
    queue_.offer(now, [](waiter& next) {
        return next.wake_up.post([w = boost::intrusive_ptr<waiter>(&next)] {
            w->is_woken = true;
            w->timer.cancel();
        });
    });
}

FOUNDRY_DECL bool pool::is_usable(connection& c) const noexcept
{
    return !c.is_inherited() && !queue_.is_expired(c, clock::now()) && c.idle_and_alive();
}

/// Outside the mutex: looks whether the connection is alive, or makes a new one.
FOUNDRY_DECL lease pool::make_lease(queue::grant granted, bool fresh)
{
    if (!granted)
        return lease();
    boost::intrusive_ptr<connection> c = std::move(granted.idle);
    if (!c) {
        try {
            c.reset(new connection(executor_));
        } catch (...) {
            std::lock_guard const lock(mutex_);
            queue_.note_closed();
            offer(clock::now());
            throw;
        }
    }
    while (c->is_open() && (fresh || !is_usable(*c))) {
        c->close_orderly();
        std::lock_guard const lock(mutex_);
        if (boost::intrusive_ptr<connection> other = fresh ? nullptr : queue_.replace_closed())
            c = std::move(other);
    }
    bool const reused = c->is_open();
    return lease(boost::intrusive_ptr<pool>(this), std::move(c), reused);
}

FOUNDRY_DECL void pool::release_or_close(boost::intrusive_ptr<connection> c, bool reusable) noexcept
{
    session_ptr session;
    auto const now = clock::now();
    if (c->is_open())
        session = c->take_session();
    if (reusable)
        c->idle_since = now;
    else
        c->close_orderly();
    c->move_to(executor_); // the context it was used on may end

    bool const is_open = c->is_open();
    queue::connection_list surplus;
    {
        std::lock_guard const lock(mutex_);
        if (session)
            session_ = std::move(session);
        surplus = queue_.give_back(std::move(c), is_open, now);
        if (is_closed_) {
            queue::connection_list idle = queue_.take_idle();
            while (boost::intrusive_ptr<connection> each = idle.pop_front())
                surplus.push_back(std::move(each));
        }
        offer(now);
    }
    close_all(std::move(surplus));
}

FOUNDRY_DECL pool::acquire_ticket::acquire_ticket(boost::intrusive_ptr<pool> owner,
                                                  boost::asio::any_io_executor const& executor, limit const& last,
                                                  bool fresh)
    : pool_(std::move(owner)),
      last_(last),
      fresh_(fresh)
{
    auto const now = clock::now();
    void const* const context = &boost::asio::query(executor, boost::asio::execution::context);
    queue::grant granted;
    {
        // One lock for both, against a lost wake-up: a connection may be given back in between.
        std::lock_guard const lock(pool_->mutex_);
        granted = pool_->queue_.claim(context, fresh, now);
        if (!granted) {
            waiter_.reset(new waiter(executor));
            waiter_->timer.expires_at(last.at);
            pool_->queue_.add(waiter_, context);
        }
        pool_->offer(now);
    }
    granted_ = pool_->make_lease(std::move(granted), fresh_);
}

FOUNDRY_DECL pool::acquire_ticket::~acquire_ticket()
{
    if (waiter_)
        leave();
}

FOUNDRY_DECL boost::asio::steady_timer& pool::acquire_ticket::woken() noexcept { return waiter_->timer; }

FOUNDRY_DECL void pool::acquire_ticket::leave() noexcept
{
    std::lock_guard const lock(pool_->mutex_);
    pool_->queue_.remove(*waiter_);
    pool_->offer(clock::now());
}

FOUNDRY_DECL void pool::acquire_ticket::try_again(boost::system::error_code interrupted)
{
    if (!std::exchange(waiter_->is_woken, false) && interrupted)
        throw boost::system::system_error(interrupted);
    auto const now = clock::now();
    queue::grant granted;
    {
        std::lock_guard const lock(pool_->mutex_);
        granted = pool_->queue_.claim(*waiter_, fresh_, now);
        if (!granted) {
            bool const is_watching = waiter_->state == waiter::attention::watching;
            waiter_->timer.expires_at(is_watching ? (std::min)(last_.at, pool_->queue_.look_again()) : last_.at);
        }
        pool_->offer(now);
    }
    if (granted) {
        waiter_ = nullptr;
        granted_ = pool_->make_lease(std::move(granted), fresh_);
    } else if (now >= last_.at) {
        throw_late();
    }
}

FOUNDRY_DECL void pool::acquire_ticket::throw_late() const
{
    error const full = limit_error({last_.at, errc::pool_timeout, last_.span, false}, pool_->to().host);
    if (last_.code == errc::pool_timeout)
        throw full;
    failure f; // of the whole call, which has come to nothing here
    f.service_message = full.message();
    f.advice = "raise options.pool.max_connections or options.timeouts.total";
    throw error(make_error_code(last_.code), std::move(f));
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
