// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

using clock = std::chrono::steady_clock;
inline constexpr clock::time_point never = clock::time_point::max();

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

/// A time limit.
struct limit
{
    clock::time_point at = never;      ///< When it passes.
    errc code = errc::total_timeout;   ///< Code of the error.
    std::chrono::milliseconds span{0}; ///< Length, for the message of the error.
    bool of_stream = false;            ///< Whether the answer is a stream.
};

/// The error for a limit that has passed. Its message names the limit, the host and the option to set.
FOUNDRY_DECL error limit_error(limit const& passed, std::string_view host);

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

    /// Sets the limit of the whole call; `never` for none.
    void set_total(clock::time_point at, std::chrono::milliseconds span, bool of_stream = false);
    /// Makes the following limits ones of a stream.
    void expect_stream() noexcept { is_stream_ = true; }
    clock::time_point total() const noexcept { return total_.at; }
    /// Sets the limit of the current step; zero for none.
    void set_step(clock::time_point now, std::chrono::milliseconds within, errc code);
    /// Sets the limit for progress without content: `within` in total, of which `left` remains; zero for none.
    void set_stall(clock::time_point now, std::chrono::milliseconds left, std::chrono::milliseconds within);
    /// Ends the limits of set_step() and set_stall().
    void clear_step() noexcept { step_.at = stall_.at = never; }
    /// Ends all limits.
    void stop() noexcept;

    /// Code of the limit that has passed; `errc()` if none has.
    errc expired() const noexcept { return expired_.code; }
    limit const& expired_limit() const noexcept { return expired_; }
    /// The limit that passes first.
    limit const& next() const noexcept;

    boost::asio::any_io_executor const& executor() const noexcept { return executor_; }

private:
    void arm();
    void on_wake(boost::system::error_code ec) override;

    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer timer_;
    listener* listener_; // null after on_deadline() or stop()
    limit total_;
    limit step_;
    limit stall_;
    clock::time_point armed_ = never; // when the timer fires
    limit expired_{never, errc(), {}, false};
    bool is_stream_ = false;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/deadline.ipp>
#endif
