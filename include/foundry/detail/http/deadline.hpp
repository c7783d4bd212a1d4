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

/// What goes on when a wait is over. Counted by itself: std::shared_ptr costs the compiler sixty functions for each type.
class wait_callback : public boost::intrusive_ref_counter<wait_callback>
{
public:
    virtual ~wait_callback() = default;
    virtual void on_wake(boost::system::error_code ec) = 0;
};

/// The completion handler of every wait that is not a coroutine's. One type for all of them, because each costs the compiler some
/// forty functions of Asio's.
struct wait_handler
{
    boost::intrusive_ptr<wait_callback> whom;

    void operator()(boost::system::error_code ec) const { whom->on_wake(ec); }
};

/// A time limit: when it passes, what it is called then, and for the error's text how long it was.
struct limit
{
    clock::time_point at = never;
    errc code = errc::total_timeout;
    std::chrono::milliseconds span{0};
    bool of_stream = false; ///< Whether the answer is a stream.
};

/// The error for a limit that has passed: it names the limit, the host, and which option to set.
FOUNDRY_DECL error limit_error(limit const& passed, std::string_view host);

/// The time limits of one exchange, watched by one timer that is armed once: a limit only moves a variable, and the timer
/// looks at it when it fires.
///
/// All of it runs on the executor it is made with, which must be serial.
class deadline final : public wait_callback
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

    /// The limit of the whole; `never` for none.
    void set_total(clock::time_point at, std::chrono::milliseconds span, bool of_stream = false);
    /// The answer is a stream.
    void expect_stream() noexcept { is_stream_ = true; }
    clock::time_point total() const noexcept { return total_.at; }
    /// A limit for what is awaited now; zero for none.
    void set_step(clock::time_point now, std::chrono::milliseconds within, errc code);
    /// How long to go on without content, of which `left` is left; zero for no limit.
    void set_stall(clock::time_point now, std::chrono::milliseconds left, std::chrono::milliseconds within);
    /// What was awaited has come.
    void clear_step() noexcept { step_.at = stall_.at = never; }
    /// Nothing is watched any more.
    void stop() noexcept;

    /// The limit that has passed; `errc()` where none has.
    errc expired() const noexcept { return expired_.code; }
    limit const& expired_limit() const noexcept { return expired_; }
    /// The first limit to pass.
    limit const& next() const noexcept;

    boost::asio::any_io_executor const& executor() const noexcept { return executor_; }

private:
    void arm();
    void on_wake(boost::system::error_code ec) override;

    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer timer_;
    listener* listener_; // null once it has been told, or must not be any more
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
