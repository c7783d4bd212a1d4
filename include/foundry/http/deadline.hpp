// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

using clock = std::chrono::steady_clock;

/// The time limits of one exchange, watched by one timer that is armed once: a limit only moves a variable, and the timer
/// looks at it when it fires.
///
/// All of it runs on the executor it is made with, which must be serial.
class deadline : public std::enable_shared_from_this<deadline>
{
public:
    class listener
    {
    public:
        /// A limit has passed. Called at most once, and not after stop().
        virtual void on_deadline() = 0;

    protected:
        ~listener() = default;
    };

    deadline(boost::asio::any_io_executor executor, listener& whom)
        : executor_(std::move(executor)),
          timer_(executor_),
          listener_(&whom)
    {}

    /// The limit of the whole; nothing for none.
    void set_total(std::optional<clock::time_point> at);
    clock::time_point total() const noexcept { return total_; }
    /// A limit for what is awaited now.
    void set_step(clock::time_point at, errc code);
    /// What was awaited has come.
    void clear_step() noexcept { step_ = clock::time_point::max(); }
    /// Nothing is watched any more.
    void stop() noexcept;

    /// The limit that has passed, if one has.
    std::optional<errc> const& expired() const noexcept { return expired_; }

    boost::asio::any_io_executor const& executor() const noexcept { return executor_; }

private:
    void arm();
    void on_timer();

    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer timer_;
    listener* listener_; // null once it has been told, or must not be any more
    clock::time_point total_ = clock::time_point::max();
    clock::time_point step_ = clock::time_point::max();
    clock::time_point armed_ = clock::time_point::max(); // when the timer fires
    errc step_code_ = errc::total_timeout;
    std::optional<errc> expired_;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/http/impl/deadline.ipp>
#endif
