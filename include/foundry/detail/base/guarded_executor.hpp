// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <mutex>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The executor of a coroutine that waits for what happens on other threads. A post from there must not meet the destruction of the
/// executor's context: Asio destroys what is queued without the queue's mutex.
///
/// Thread safety: post() may be called from any thread under a mutex that the waiting coroutine, too, takes before it goes.
class guarded_executor
{
public:
    explicit guarded_executor(boost::asio::any_io_executor const& executor);

    /// Never calls the function itself, so that who posts before the coroutine waits ends that wait. Does nothing if the context is
    /// being destroyed, or if there is no memory for it: the wait has a limit, too.
    template <class Function>
    void post(Function&& function) const noexcept
    {
        std::lock_guard const lock(gate_->mutex);
        if (gate_->is_closed)
            return;
        try {
            executor_.execute(std::forward<Function>(function));
        } catch (...) {
        }
    }

private:
    /// One for each context.
    struct gate : boost::asio::execution_context::service
    {
        using key_type = gate;
        static inline boost::asio::execution_context::id id;

        explicit gate(boost::asio::execution_context& context) : service(context) {}
        /// Called before the context destroys its queue, which was there first.
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
