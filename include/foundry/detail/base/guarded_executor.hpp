// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <mutex>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The executor of a coroutine that waits for events on other threads. A post must not overlap with the destruction of the executor's
/// context: Asio destroys queued functions without locking the queue's mutex.
///
/// Thread safety: post() may be called from any thread under a mutex that the waiting coroutine also locks before it ends.
class guarded_executor
{
public:
    explicit guarded_executor(boost::asio::any_io_executor const& executor);

    /// Never calls the function directly, so that a post before the wait begins still ends that wait. Does nothing, and returns false, if the
    /// context is being destroyed or memory runs out: the wait has a time limit, too.
    template <class Function>
    bool post(Function&& function) const noexcept
    {
        std::lock_guard const lock(gate_->mutex);
        if (gate_->is_closed)
            return false;
        try {
            executor_.execute(std::forward<Function>(function));
            return true;
        } catch (...) {
            return false;
        }
    }

private:
    /// One per context.
    struct gate : boost::asio::execution_context::service
    {
        using key_type = gate;
        static inline boost::asio::execution_context::id id;

        explicit gate(boost::asio::execution_context& context) : service(context) {}
        /// Called before the context destroys its queue: the newest service shuts down first.
        void shutdown() override;

        std::mutex mutex;
        bool is_closed = false;
    };

    boost::asio::any_io_executor executor_;
    gate* gate_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/base/impl/guarded_executor.ipp>
#endif
