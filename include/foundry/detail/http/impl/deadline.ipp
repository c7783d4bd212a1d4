// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/deadline.hpp>

#include <boost/asio/error.hpp>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

FOUNDRY_DECL void deadline::set_total(clock::time_point at, std::chrono::milliseconds span, bool of_stream)
{
    limits_.set_total(at, span, of_stream);
    if (next().at == never && armed_ != never) {
        // Without a limit, a pending wait would keep the context running.
        armed_ = never;
        timer_.cancel();
        return;
    }
    arm();
}

FOUNDRY_DECL void deadline::set_step(clock::time_point now, std::chrono::milliseconds within, errc code)
{
    limits_.set_step(now, within, code);
    arm();
}

FOUNDRY_DECL void deadline::set_stall(clock::time_point now, std::chrono::milliseconds left,
                                      std::chrono::milliseconds within)
{
    limits_.set_stall(now, left, within);
    arm();
}

FOUNDRY_DECL void deadline::stop() noexcept
{
    listener_ = nullptr;
    try {
        timer_.cancel();
    } catch (...) { // the handler runs later and does nothing
    }
}

FOUNDRY_DECL void deadline::expire(errc code)
{
    if (listener_ == nullptr)
        return;
    limits_.expire(code);
    std::exchange(listener_, nullptr)->on_deadline();
    timer_.cancel();
}

FOUNDRY_DECL void deadline::check() const
{
    if (expired() != errc())
        throw boost::system::system_error(boost::asio::error::operation_aborted);
}

FOUNDRY_DECL void deadline::arm()
{
    clock::time_point const first = next().at;
    if (listener_ == nullptr || first >= armed_)
        return;
    armed_ = first;
    timer_.expires_at(first); // a wait that is pending ends with operation_aborted
    timer_.async_wait(wait_handler{this});
}

FOUNDRY_DECL void deadline::on_wake(boost::system::error_code ec)
{
    if (ec || listener_ == nullptr)
        return;
    if (limits_.check(clock::now())) {
        std::exchange(listener_, nullptr)->on_deadline();
        return;
    }
    armed_ = never;
    arm();
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
