// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/time_limits.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Receives the completion of a wait. Counts its own references, because std::shared_ptr costs the compiler sixty functions for each type.
class wait_callback : public boost::intrusive_ref_counter<wait_callback>
{
public:
    virtual ~wait_callback() = default;
    virtual void on_wake(boost::system::error_code ec) = 0;
};

/// Completion handler of every wait outside a coroutine. One type for all of them, because each costs the compiler some forty functions of
/// Asio.
struct wait_handler
{
    boost::intrusive_ptr<wait_callback> whom;

    void operator()(boost::system::error_code ec) const { whom->on_wake(ec); }
};

/// The time limits of one exchange, with one timer that is armed once: a new limit only sets a variable, which the timer checks when it
/// fires. Arming the timer again would cost about 600 ns for each read.
///
/// Runs on the executor of the constructor, which must be serial.
class deadline final : public wait_callback
{
public:
    class listener
    {
    public:
        /// Called when a limit has passed; at most once, and not after stop().
        virtual void on_deadline() = 0;

    protected:
        ~listener() = default;
    };

    deadline(boost::asio::any_io_executor executor, listener& whom)
        : executor_(std::move(executor)),
          timer_(executor_),
          listener_(&whom)
    {}

    /// @name As `time_limits`, and arms the timer if the new limit passes earlier.
    /// @{
    void set_total(clock::time_point at, std::chrono::milliseconds span, bool of_stream = false);
    void set_step(clock::time_point now, std::chrono::milliseconds within, errc code);
    void set_stall(clock::time_point now, std::chrono::milliseconds left, std::chrono::milliseconds within);
    /// @}
    void expect_stream() noexcept { limits_.expect_stream(); }
    void clear_step() noexcept { limits_.clear_step(); }
    clock::time_point total() const noexcept { return limits_.total(); }
    limit const& next() const noexcept { return limits_.next(); }
    errc expired() const noexcept { return limits_.expired().code; }
    limit const& expired_limit() const noexcept { return limits_.expired(); }
    /// Whether a time limit has passed.
    bool has_passed() const noexcept { return expired() != errc() && expired() != errc::client_closed; }
    /// To be called after a wait: a limit may have passed after its end but before the coroutine resumed, when on_deadline() found neither a
    /// wait to end nor a socket to close.
    ///
    /// @throws boost::system::system_error (operation_aborted) if a limit has passed, or expire() was called.
    void check() const;
    /// As if a limit with this code had passed now.
    void expire(errc code);
    /// Ends all limits.
    void stop() noexcept;

    boost::asio::any_io_executor const& executor() const noexcept { return executor_; }

private:
    void arm();
    void on_wake(boost::system::error_code ec) override;

    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer timer_;
    listener* listener_;              // null after on_deadline() or stop()
    clock::time_point armed_ = never; // when the timer fires
    time_limits limits_;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/deadline.ipp>
#endif
