// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/running_calls.hpp>
#include <foundry/error.hpp>

#include <new>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

[[noreturn]] inline void throw_closed() { throw error(errc::client_closed, "make another client for further calls"); }

FOUNDRY_DECL void running_calls::refuse() noexcept
{
    std::lock_guard const lock(mutex_);
    refuses_ = true;
}

FOUNDRY_DECL void running_calls::end_all() noexcept
{
    std::lock_guard const lock(mutex_);
    refuses_ = true;
    is_closed_ = true;
    for (running_call* c = first_; c != nullptr; c = c->after_) {
        if (!c->ending_)
            c->ending_.reset(new (std::nothrow) running_call::ending(*c));
        if (!c->ending_ || c->ending_->is_sent)
            continue;
        c->ending_->is_sent = c->executor_->post([message = c->ending_] {
            if (message->call != nullptr)
                message->call->end();
        });
    }
}

FOUNDRY_DECL void running_calls::note_end() noexcept
{
    if (--count_ != 0)
        return;
    for (drain_waiter* w = drains_.front(); w != nullptr; w = w->after)
        w->wake_up.post([w = boost::intrusive_ptr<drain_waiter>(w)] { w->done.cancel(); });
}

FOUNDRY_DECL running_call::running_call(running_call&& other) noexcept : exchange(other.exchange), wait(other.wait)
{
    if (!other.all_)
        return;
    std::lock_guard const lock(other.all_->mutex_);
    all_ = std::move(other.all_);
    executor_ = std::move(other.executor_);
    is_ended_ = other.is_ended_;
    ending_ = std::move(other.ending_);
    if (ending_)
        ending_->call = this;
    before_ = other.before_;
    after_ = other.after_;
    (before_ != nullptr ? before_->after_ : all_->first_) = this;
    if (after_ != nullptr)
        after_->before_ = this;
}

FOUNDRY_DECL void running_call::begin(boost::intrusive_ptr<running_calls> all,
                                      boost::asio::any_io_executor const& executor, bool is_round)
{
    executor_.emplace(executor);
    std::lock_guard const lock(all->mutex_);
    if (is_round ? all->is_closed_ : all->refuses_)
        throw_closed();
    all_ = std::move(all);
    after_ = all_->first_;
    if (after_ != nullptr)
        after_->before_ = this;
    all_->first_ = this;
    ++all_->count_;
}

FOUNDRY_DECL void running_call::finish() noexcept
{
    if (!all_)
        return;
    {
        std::lock_guard const lock(all_->mutex_);
        if (ending_)
            ending_->call = nullptr;
        (before_ != nullptr ? before_->after_ : all_->first_) = after_;
        if (after_ != nullptr)
            after_->before_ = before_;
        all_->note_end();
    }
    all_ = nullptr;
}

FOUNDRY_DECL void running_call::check() const
{
    if (is_ended_)
        throw_closed();
}

FOUNDRY_DECL void running_call::end()
{
    is_ended_ = true;
    if (exchange != nullptr)
        exchange->stop();
    if (wait != nullptr)
        wait->cancel();
    if (part != nullptr)
        part->end();
}

FOUNDRY_DECL drain_ticket::drain_ticket(boost::intrusive_ptr<running_calls> all,
                                        boost::asio::any_io_executor const& executor, http::clock::time_point until)
    : all_(std::move(all))
{
    std::lock_guard const lock(all_->mutex_);
    if (all_->count_ == 0)
        return;
    waiter_.reset(new running_calls::drain_waiter(executor, until));
    all_->drains_.push_back(waiter_);
}

FOUNDRY_DECL drain_ticket::~drain_ticket()
{
    if (!waiter_)
        return;
    std::lock_guard const lock(all_->mutex_);
    all_->drains_.take(waiter_.get());
}

FOUNDRY_DECL boost::asio::steady_timer& drain_ticket::done() noexcept { return waiter_->done; }

FOUNDRY_DECL bool drain_ticket::is_done() const noexcept
{
    std::lock_guard const lock(all_->mutex_);
    return all_->count_ == 0;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
