// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/connection.hpp>
#include <foundry/options.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <exception>
#include <memory>
#include <mutex>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

class pool;

/// The right to use a connection. Goes back to the pool when dropped: closed, unless it was said to be reusable.
class lease
{
public:
    lease() = default;
    lease(boost::intrusive_ptr<pool> owner, boost::intrusive_ptr<connection> c, bool reused) noexcept;
    lease(lease&&) noexcept;
    lease& operator=(lease&& other) noexcept;
    ~lease();

    explicit operator bool() const noexcept { return connection_ != nullptr; }
    connection& operator*() const noexcept { return *connection_; }
    connection* operator->() const noexcept { return connection_.get(); }

    /// Whether it has carried a message before, so that the server may have closed it meanwhile.
    bool reused() const noexcept { return reused_; }
    /// Gives it back for the next message.
    void release() noexcept;
    /// Closes it.
    void discard() noexcept;

private:
    boost::intrusive_ptr<pool> pool_;
    boost::intrusive_ptr<connection> connection_;
    bool reused_ = false;
};

/// The connections to one origin. A call beyond the limit waits its turn; turns come in order.
///
///     pool::place mine(all, executor, limits.next(), fresh);
///     if (mine.must_wait())
///         ... co_await mine.turn().async_wait(deferred) ...
///     lease granted = mine.leave(interrupted);
///
/// Thread safety: all of it may be called from any executor and thread. The mutex is never held across a suspension, and who
/// waits is woken by a post to its own executor.
class pool : public boost::intrusive_ref_counter<pool>
{
public:
    pool(boost::asio::any_io_executor executor, origin to, pool_options options);
    ~pool();

    class acquire_ticket;

    origin const& to() const noexcept { return to_; }
    /// The TLS session that the server gave last.
    session_ptr session() const;
    boost::asio::any_io_executor const& executor() const noexcept { return executor_; }

private:
    friend class lease;
    struct waiter;

    static void close_all(boost::intrusive_ptr<connection> list) noexcept;
    void sweep(boost::intrusive_ptr<connection>& dead);
    boost::intrusive_ptr<connection> take_idle_or_new(bool fresh, boost::intrusive_ptr<connection>& dead);
    void release_or_close(boost::intrusive_ptr<connection> c, bool reusable) noexcept;
    bool stale(connection& c) const noexcept;

    boost::asio::any_io_executor executor_;
    origin to_;
    pool_options options_;

    mutable std::mutex mutex_;
    session_ptr session_;
    std::size_t open_ = 0; // leased and idle
    clock::time_point sweep_at_;
    // Lists through their own elements: nothing is allocated to give a connection back, and they cost the compiler little.
    boost::intrusive_ptr<connection> idle_; // the one used last in front
    boost::intrusive_ptr<waiter> waiters_;  // the first in front
};

/// A connection, or a place in the queue for one: an idle connection or, where there is none, one that is not open yet, unless the
/// limit is reached. Left when the coroutine goes on, is cancelled, or is destroyed where it waits.
class pool::acquire_ticket
{
public:
    /// @param last when to wait no longer.
    /// @param fresh only a connection that is not open yet.
    acquire_ticket(boost::intrusive_ptr<pool> owner, boost::asio::any_io_executor const& executor, limit const& last,
                   bool fresh);
    acquire_ticket(acquire_ticket const&) = delete;
    acquire_ticket& operator=(acquire_ticket const&) = delete;
    ~acquire_ticket();

    bool must_wait() const noexcept { return waiter_ != nullptr; }
    /// Fires when the time is over, and is cancelled when the turn has come.
    boost::asio::steady_timer& ready_timer() noexcept;

    /// What was granted.
    ///
    /// @param interrupted what the wait has thrown, if anything.
    /// @throws that, or foundry::error with the limit's code, where the turn has not come.
    lease take(std::exception_ptr interrupted);

private:
    lease give_up();

    boost::intrusive_ptr<pool> pool_;
    boost::intrusive_ptr<connection> granted_; // at once
    boost::intrusive_ptr<waiter> waiter_;      // null where nothing has to be waited for
    limit last_;
    bool fresh_;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/pool.ipp>
#endif
