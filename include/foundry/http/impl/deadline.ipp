// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/http/deadline.hpp>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

FOUNDRY_DECL void deadline::set_total(clock::time_point at)
{
    total_.at = at;
    if (next().first == never && armed_ != never) {
        // nothing left to watch: a pending wait would keep the context running
        armed_ = never;
        timer_.cancel();
        return;
    }
    arm();
}

FOUNDRY_DECL void deadline::set_step(clock::time_point now, std::chrono::milliseconds within, errc code)
{
    step_.at = within.count() > 0 ? now + within : never;
    step_.code = code;
    arm();
}

FOUNDRY_DECL void deadline::set_stall(clock::time_point now, std::chrono::milliseconds within)
{
    stall_.at = within.count() > 0 ? now + within : never;
    stall_.code = errc::stall_timeout;
    arm();
}

FOUNDRY_DECL std::pair<clock::time_point, errc> deadline::next() const noexcept
{
    limit const& part = stall_.at < step_.at ? stall_ : step_;
    limit const& first = part.at < total_.at ? part : total_;
    return {first.at, first.code};
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
    clock::time_point const first = next().first;
    if (listener_ == nullptr || first >= armed_)
        return;
    armed_ = first;
    timer_.expires_at(first); // a wait that is pending ends with operation_aborted
    timer_.async_wait(wake{this});
}

FOUNDRY_DECL void deadline::on_wake(boost::system::error_code ec)
{
    if (ec || listener_ == nullptr)
        return;
    if (auto const [at, code] = next(); at <= clock::now()) {
        expired_ = code;
        std::exchange(listener_, nullptr)->on_deadline();
        return;
    }
    armed_ = never;
    arm();
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
