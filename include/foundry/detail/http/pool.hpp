// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/guarded_executor.hpp>
#include <foundry/detail/http/connection.hpp>
#include <foundry/detail/http/host_lookup.hpp>
#include <foundry/detail/http/pool_queue.hpp>
#include <foundry/limits.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

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
///     while (ticket.must_wait()) {
///         ... co_await ticket.woken().async_wait(as_tuple(deferred)) ...
///         ticket.try_again(ec);
///     }
///     lease granted = ticket.take();
///
/// Thread safety: all of it may be called from any executor and thread. The mutex is never held across a suspension or a system call, and
/// a waiter is resumed by a post to its own executor.
class pool : public boost::intrusive_ref_counter<pool>
{
public:
    pool(boost::asio::any_io_executor executor, origin to, pool_options options);
    ~pool();

    class acquire_ticket;

    origin const& to() const noexcept { return to_; }
    /// The addresses of the origin.
    host_lookup& addresses() noexcept { return addresses_; }
    /// The TLS session that the server sent last.
    session_ptr session() const;
    boost::asio::any_io_executor const& executor() const noexcept { return executor_; }

    /// Closes the idle connections.
    void close_idle() noexcept;
    /// Closes the idle connections, and each other one when it is given back.
    void close() noexcept;
    connection_counts counts() const;

private:
    friend class lease;
    struct waiter;
    using queue = pool_queue<connection, waiter>;

    static void close_all(queue::connection_list list) noexcept;
    void offer(clock::time_point now);
    bool is_usable(connection& c) const noexcept;
    lease make_lease(queue::grant granted, bool fresh);
    void release_or_close(boost::intrusive_ptr<connection> c, bool reusable) noexcept;

    boost::asio::any_io_executor executor_;
    origin to_;
    host_lookup addresses_;

    mutable std::mutex mutex_; // guards what follows
    session_ptr session_;
    queue queue_;
    bool is_closed_ = false;
};

/// A call that waits for a connection.
struct pool::waiter : boost::intrusive_ref_counter<waiter>, queued_call<waiter>
{
    explicit waiter(boost::asio::any_io_executor const& executor) : wake_up(executor), timer(executor) {}

    foundry::detail::guarded_executor wake_up;
    boost::asio::steady_timer timer;
    bool is_woken = false; // used on the call's executor alone
};

/// A pending acquisition: gets an idle connection or, if there is none, permission to open one, at once or when the limit allows it. It
/// leaves the queue when it is destroyed.
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
    /// Fires when it is time to try again, and is cancelled when a connection becomes free.
    boost::asio::steady_timer& woken() noexcept;

    /// @param interrupted how the wait has ended.
    /// @throws boost::system::system_error (`interrupted`) if no free connection has ended the wait; foundry::error with the limit's code
    /// if the time is over.
    void try_again(boost::system::error_code interrupted);

    /// The connection, once must_wait() is false.
    lease take() noexcept { return std::move(granted_); }

private:
    void leave() noexcept;
    [[noreturn]] void throw_late() const;

    boost::intrusive_ptr<pool> pool_;
    lease granted_;
    boost::intrusive_ptr<waiter> waiter_; // null if no wait is needed
    limit last_;
    bool fresh_;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/pool.ipp>
#endif
