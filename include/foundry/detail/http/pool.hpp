// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/guarded_executor.hpp>
#include <foundry/detail/http/connection.hpp>
#include <foundry/detail/http/pool_queue.hpp>
#include <foundry/limits.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <exception>
#include <memory>
#include <mutex>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

class pool;

/// RAII lease of a connection: gives it back to the pool, closed unless release() was called.
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

    /// Whether it has carried a message before: the server may have closed it since.
    bool reused() const noexcept { return reused_; }
    /// Gives the connection back, open, for the next message.
    void release() noexcept;
    /// Gives the connection back, closed.
    void discard() noexcept;

private:
    boost::intrusive_ptr<pool> pool_;
    boost::intrusive_ptr<connection> connection_;
    bool reused_ = false;
};

/// The connections to one origin. A call beyond the limit waits for a free one, in the order of arrival.
///
///     pool::acquire_ticket ticket(all, executor, limits.next(), fresh);
///     if (ticket.must_wait())
///         ... co_await ticket.ready_timer().async_wait(deferred) ...
///     lease granted = ticket.take(interrupted);
///
/// Thread safety: all of it may be called from any executor and thread. The mutex is never held across a suspension, and a waiter is
/// resumed by a post to its own executor.
class pool : public boost::intrusive_ref_counter<pool>
{
public:
    pool(boost::asio::any_io_executor executor, origin to, pool_options options);
    ~pool();

    class acquire_ticket;

    origin const& to() const noexcept { return to_; }
    /// The TLS session that the server sent last.
    session_ptr session() const;
    boost::asio::any_io_executor const& executor() const noexcept { return executor_; }

private:
    friend class lease;
    struct waiter;

    static void close_all(boost::intrusive_ptr<connection> list) noexcept;
    boost::intrusive_ptr<connection> take_idle_or_new(bool fresh, boost::intrusive_ptr<connection>& dead);
    void release_or_close(boost::intrusive_ptr<connection> c, bool reusable) noexcept;
    bool is_usable(connection& c) const noexcept;

    boost::asio::any_io_executor executor_;
    origin to_;

    mutable std::mutex mutex_;
    session_ptr session_;
    pool_queue<connection, waiter> queue_;
};

/// A call that waits for a connection, with a waiting time of its own.
struct pool::waiter : boost::intrusive_ref_counter<waiter>
{
    waiter(boost::asio::any_io_executor const& executor, clock::time_point until)
        : wake_up(executor),
          ready_timer(executor, until)
    {}

    foundry::detail::guarded_executor wake_up;
    boost::asio::steady_timer ready_timer;
    boost::intrusive_ptr<connection> granted; // guarded by the pool's mutex, as is next
    boost::intrusive_ptr<waiter> next;
};

/// A pending acquisition: gets an idle connection or, if there is none, permission to open one, at once or when the limit allows it. It
/// is left by take() or by destruction.
class pool::acquire_ticket
{
public:
    /// @param last the limit of the wait.
    /// @param fresh accepts only a connection that is not open yet.
    acquire_ticket(boost::intrusive_ptr<pool> owner, boost::asio::any_io_executor const& executor, limit const& last,
                   bool fresh);
    acquire_ticket(acquire_ticket const&) = delete;
    acquire_ticket& operator=(acquire_ticket const&) = delete;
    ~acquire_ticket();

    bool must_wait() const noexcept { return waiter_ != nullptr; }
    /// Fires when the time is over, and is cancelled when a connection is granted.
    boost::asio::steady_timer& ready_timer() noexcept;

    /// The granted connection.
    ///
    /// @param interrupted the exception that ended the wait; null if none did.
    /// @throws that exception, or foundry::error with the limit's code, if no connection was granted.
    lease take(std::exception_ptr interrupted);

private:
    lease give_up();

    boost::intrusive_ptr<pool> pool_;
    boost::intrusive_ptr<connection> granted_; // without a wait
    boost::intrusive_ptr<waiter> waiter_;      // null if no wait is needed
    limit last_;
    bool fresh_;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/pool.ipp>
#endif
