// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/http/deadline.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

FOUNDRY_DECL void deadline::set_total(std::optional<clock::time_point> at)
{
    total_ = at.value_or(clock::time_point::max());
    if (!at && step_ == clock::time_point::max() && armed_ != clock::time_point::max()) {
        // nothing left to watch: a pending wait would keep the context running
        armed_ = clock::time_point::max();
        timer_.cancel();
        return;
    }
    arm();
}

FOUNDRY_DECL void deadline::set_step(clock::time_point at, errc code)
{
    step_ = at;
    step_code_ = code;
    arm();
}

FOUNDRY_DECL void deadline::stop() noexcept
{
    listener_ = nullptr;
    try {
        timer_.cancel();
    } catch (...) { // the handler then fires in its time and finds nothing to do
    }
}

FOUNDRY_DECL void deadline::arm()
{
    clock::time_point const next = std::min(total_, step_);
    if (listener_ == nullptr || next >= armed_)
        return;
    armed_ = next;
    timer_.expires_at(next); // a wait that is pending ends with operation_aborted
    timer_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
        if (!ec)
            self->on_timer();
    });
}

FOUNDRY_DECL void deadline::on_timer()
{
    if (listener_ == nullptr)
        return;
    auto const now = clock::now();
    if (now >= total_)
        expired_ = errc::total_timeout;
    else if (now >= step_)
        expired_ = step_code_;
    if (expired_) {
        std::exchange(listener_, nullptr)->on_deadline();
        return;
    }
    armed_ = clock::time_point::max();
    arm();
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
