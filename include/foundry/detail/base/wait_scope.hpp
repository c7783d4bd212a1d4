// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/steady_timer.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Notes for a scope which timer a coroutine waits for, so that another function can end the wait.
class wait_scope
{
public:
    /// @param place receives the timer, and null at the end of the scope; may be null.
    wait_scope(boost::asio::steady_timer** place, boost::asio::steady_timer& timer) : place_(place)
    {
        if (place_ != nullptr)
            *place_ = &timer;
    }
    ~wait_scope()
    {
        if (place_ != nullptr)
            *place_ = nullptr;
    }
    wait_scope(wait_scope const&) = delete;
    wait_scope& operator=(wait_scope const&) = delete;

private:
    boost::asio::steady_timer** place_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail
