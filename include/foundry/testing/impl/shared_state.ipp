// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/emulator.hpp>
#include <foundry/testing/impl/rate_limiter.ipp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// The arguments of `emulator::reply_when`.
class rule
{
public:
    std::function<bool(recorded_request const&)> predicate;
    answer reply;
};

FOUNDRY_DECL rate_limits limits_of(emulator_options const& options)
{
    rate_limits made;
    made.requests = options.requests_per_minute;
    made.tokens = options.tokens_per_minute;
    made.window = options.rate_window;
    return made;
}

/// Shared by the test and the server thread: queued answers, the outage, the journal and the counts.
class shared_state
{
public:
    shared_state(std::size_t journal_limit, rate_limits const& limits) : journal_limit_(journal_limit), limiter_(limits)
    {}

    std::size_t connected();                                               ///< Counts a connection; returns its number.
    void disconnected(std::size_t connection);                             ///< Counts the end of a connection.
    void journal(recorded_request const& request);                         ///< Also counts the request.
    std::optional<answer> rule_for(recorded_request const& request) const; ///< The answer of a matching rule, if any.
    std::optional<answer> next_queued();                                   ///< Takes an answer from the queue.
    void replied();                                                        ///< Counts a sent response.
    std::optional<outage> current_outage() const;

    /// Calls a function when the outage ends: at once if there is none, never if the connection ends first.
    void at_recovery(std::size_t connection, std::function<void()> call);

    /// Counts a request towards the limits of its deployment.
    rate_decision admit(std::string const& deployment, std::uint64_t tokens, rate_limiter::time_point now);

    void queue(answer next);
    std::size_t queued() const;
    void reply_when(std::function<bool(recorded_request const&)> predicate, answer reply);
    void fail_with(outage failure);
    void recover();
    std::size_t requests() const;
    std::vector<recorded_request> journal() const;
    void clear_journal();
    std::size_t connections() const;
    std::size_t open_connections() const;
    bool wait_for_requests(std::size_t count, std::chrono::milliseconds timeout) const;
    bool wait_for_replies(std::size_t count, std::chrono::milliseconds timeout) const;
    bool wait_for_open_at_most(std::size_t count, std::chrono::milliseconds timeout) const;

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::deque<answer> answers_;
    std::vector<std::shared_ptr<rule const>> rules_;
    std::optional<outage> outage_;
    std::map<std::size_t, std::function<void()>> at_recovery_; ///< For each connection that waits for it.
    std::size_t journal_limit_;
    rate_limiter limiter_;
    std::deque<recorded_request> journal_;
    std::size_t requests_ = 0;
    std::size_t replies_ = 0;
    std::size_t accepted_ = 0;
    std::size_t open_ = 0;
};

/// Counts a connection as open during its own lifetime.
class open_mark
{
public:
    explicit open_mark(shared_state& counts) : state_(counts), number_(counts.connected()) {}
    ~open_mark() { state_.disconnected(number_); }
    open_mark(open_mark const&) = delete;
    open_mark& operator=(open_mark const&) = delete;

    std::size_t number() const { return number_; }

private:
    shared_state& state_;
    std::size_t number_;
};

FOUNDRY_DECL std::size_t shared_state::connected()
{
    std::lock_guard const lock(mutex_);
    ++open_;
    return ++accepted_;
}

FOUNDRY_DECL void shared_state::disconnected(std::size_t connection)
{
    {
        std::lock_guard const lock(mutex_);
        --open_;
        at_recovery_.erase(connection);
    }
    changed_.notify_all();
}

FOUNDRY_DECL void shared_state::journal(recorded_request const& request)
{
    {
        std::lock_guard const lock(mutex_);
        ++requests_;
        if (journal_.size() >= journal_limit_ && !journal_.empty())
            journal_.pop_front();
        if (journal_limit_ > 0) // a body may be large, so it is not copied to be dropped
            journal_.push_back(request);
    }
    changed_.notify_all();
}

/// Calls predicates without the lock, because they may use the emulator.
FOUNDRY_DECL std::optional<answer> shared_state::rule_for(recorded_request const& request) const
{
    std::vector<std::shared_ptr<rule const>> rules;
    {
        std::lock_guard const lock(mutex_);
        rules = rules_;
    }
    for (auto one = rules.rbegin(); one != rules.rend(); ++one) {
        if ((*one)->predicate(request))
            return (*one)->reply;
    }
    return std::nullopt;
}

FOUNDRY_DECL std::optional<answer> shared_state::next_queued()
{
    std::lock_guard const lock(mutex_);
    if (answers_.empty())
        return std::nullopt;
    std::optional<answer> next(std::move(answers_.front()));
    answers_.pop_front();
    return next;
}

FOUNDRY_DECL void shared_state::replied()
{
    {
        std::lock_guard const lock(mutex_);
        ++replies_;
    }
    changed_.notify_all();
}

FOUNDRY_DECL void shared_state::queue(answer next)
{
    std::lock_guard const lock(mutex_);
    answers_.push_back(std::move(next));
}

FOUNDRY_DECL std::size_t shared_state::queued() const
{
    std::lock_guard const lock(mutex_);
    return answers_.size();
}

FOUNDRY_DECL void shared_state::reply_when(std::function<bool(recorded_request const&)> predicate, answer reply)
{
    auto made = std::make_shared<rule const>(rule{std::move(predicate), std::move(reply)});
    std::lock_guard const lock(mutex_);
    rules_.push_back(std::move(made));
}

FOUNDRY_DECL std::optional<outage> shared_state::current_outage() const
{
    std::lock_guard const lock(mutex_);
    return outage_;
}

FOUNDRY_DECL void shared_state::at_recovery(std::size_t connection, std::function<void()> call)
{
    {
        std::lock_guard const lock(mutex_);
        if (outage_) {
            at_recovery_[connection] = std::move(call);
            return;
        }
    }
    call();
}

FOUNDRY_DECL void shared_state::fail_with(outage failure)
{
    std::lock_guard const lock(mutex_);
    outage_ = failure;
}

FOUNDRY_DECL void shared_state::recover()
{
    std::map<std::size_t, std::function<void()>> calls;
    {
        std::lock_guard const lock(mutex_);
        outage_.reset();
        calls.swap(at_recovery_);
    }
    for (auto const& [connection, call] : calls)
        call();
}

FOUNDRY_DECL rate_decision shared_state::admit(std::string const& deployment, std::uint64_t tokens,
                                               rate_limiter::time_point now)
{
    std::lock_guard const lock(mutex_);
    return limiter_.admit(deployment, tokens, now);
}

FOUNDRY_DECL std::vector<recorded_request> shared_state::journal() const
{
    std::lock_guard const lock(mutex_);
    return std::vector<recorded_request>(journal_.begin(), journal_.end());
}

FOUNDRY_DECL std::size_t shared_state::requests() const
{
    std::lock_guard const lock(mutex_);
    return requests_;
}

FOUNDRY_DECL void shared_state::clear_journal()
{
    std::lock_guard const lock(mutex_);
    journal_.clear();
    requests_ = 0;
}

FOUNDRY_DECL std::size_t shared_state::connections() const
{
    std::lock_guard const lock(mutex_);
    return accepted_;
}

FOUNDRY_DECL std::size_t shared_state::open_connections() const
{
    std::lock_guard const lock(mutex_);
    return open_;
}

FOUNDRY_DECL bool shared_state::wait_for_requests(std::size_t count, std::chrono::milliseconds timeout) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return requests_ >= count; });
}

FOUNDRY_DECL bool shared_state::wait_for_replies(std::size_t count, std::chrono::milliseconds timeout) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return replies_ >= count; });
}

FOUNDRY_DECL bool shared_state::wait_for_open_at_most(std::size_t count, std::chrono::milliseconds timeout) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return open_ <= count; });
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
