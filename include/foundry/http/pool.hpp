// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/http/connection.hpp>
#include <foundry/options.hpp>

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
    lease(std::shared_ptr<pool> owner, std::unique_ptr<connection> c, bool reused)
        : pool_(std::move(owner)),
          connection_(std::move(c)),
          reused_(reused)
    {}
    lease(lease&&) noexcept = default;
    lease& operator=(lease&& other) noexcept;
    ~lease() { drop(); }

    explicit operator bool() const noexcept { return connection_ != nullptr; }
    connection& operator*() const noexcept { return *connection_; }
    connection* operator->() const noexcept { return connection_.get(); }

    /// Whether it has carried a message before, so that the server may have closed it meanwhile.
    bool reused() const noexcept { return reused_; }
    /// Gives it back for the next message.
    void give_back() noexcept;
    /// Closes it.
    void drop() noexcept;

private:
    std::shared_ptr<pool> pool_;
    std::unique_ptr<connection> connection_;
    bool reused_ = false;
};

/// The connections to one origin. A call beyond the limit waits its turn; turns come in order.
///
/// Thread safety: all of it may be called from any executor and thread. The mutex is never held across a suspension, and who
/// waits is woken by a post to its own executor.
class pool : public std::enable_shared_from_this<pool>
{
public:
    pool(boost::asio::any_io_executor executor, origin to, pool_options options)
        : executor_(std::move(executor)),
          to_(std::move(to)),
          options_(options)
    {}

    /// An idle connection or, where there is none, one that is not open yet.
    ///
    /// @param fresh only one that is not open yet.
    /// @throws foundry::error with the code of the limit that has passed.
    boost::asio::awaitable<void> acquire(std::shared_ptr<deadline> limits, bool fresh, lease& granted);

    origin const& to() const noexcept { return to_; }
    /// The TLS session of the connection that was given back last.
    std::shared_ptr<SSL_SESSION> session() const;
    boost::asio::any_io_executor const& executor() const noexcept { return executor_; }

private:
    friend class lease;
    struct waiter;
    class place;

    lease try_acquire(bool fresh, std::unique_ptr<connection>& dead);
    void release(std::unique_ptr<connection> c, bool reusable) noexcept;
    bool stale(connection& c) const noexcept;

    boost::asio::any_io_executor executor_;
    origin to_;
    pool_options options_;

    mutable std::mutex mutex_;
    std::shared_ptr<SSL_SESSION> session_;
    std::size_t open_ = 0; // leased and idle
    // Lists through their own elements: nothing is allocated to give a connection back, and they cost the compiler little.
    std::unique_ptr<connection> idle_; // the one used last in front
    std::shared_ptr<waiter> waiters_;  // the first in front
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/http/impl/pool.ipp>
#endif
