// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Notes for a scope what a coroutine waits for, such as a timer, so that another function can end the wait.
template <class T>
class noted_scope
{
public:
    /// @param place receives the object, and null at the end of the scope; may be null.
    noted_scope(T** place, T& object) : place_(place)
    {
        if (place_ != nullptr)
            *place_ = &object;
    }
    ~noted_scope()
    {
        if (place_ != nullptr)
            *place_ = nullptr;
    }
    noted_scope(noted_scope const&) = delete;
    noted_scope& operator=(noted_scope const&) = delete;

private:
    T** place_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail
