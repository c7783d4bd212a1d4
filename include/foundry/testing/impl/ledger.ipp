// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/emulator.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// What `emulator::reply_when` was given.
class rule
{
public:
    std::function<bool(received const&)> predicate;
    answer reply;
};

/// What the test and the server thread share: queued answers, the journal and the counts.
class ledger
{
public:
    explicit ledger(std::size_t journal_limit) : journal_limit_(journal_limit) {}

    std::size_t connected();                                       ///< Counts a new connection; returns its number.
    void disconnected();                                           ///< Counts its end.
    void journal(received const& request);                         ///< Also counts it.
    std::optional<answer> rule_for(received const& request) const; ///< The answer of a predicate that holds, if any.
    std::optional<answer> next_queued();                           ///< Takes it from the queue.
    void replied();                                                ///< Counts a reply that was sent.

    void queue(answer next);
    std::size_t queued() const;
    void reply_when(std::function<bool(received const&)> predicate, answer reply);
    std::size_t requests() const;
    std::vector<received> journal() const;
    void clear_journal();
    std::size_t connections() const;
    std::size_t open_connections() const;
    bool wait_for_requests(std::size_t count, std::chrono::milliseconds most) const;
    bool wait_for_replies(std::size_t count, std::chrono::milliseconds most) const;
    bool wait_for_open_at_most(std::size_t count, std::chrono::milliseconds most) const;

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::deque<answer> answers_;
    std::vector<std::shared_ptr<rule const>> rules_;
    std::size_t journal_limit_;
    std::deque<received> journal_;
    std::size_t requests_ = 0;
    std::size_t replies_ = 0;
    std::size_t accepted_ = 0;
    std::size_t open_ = 0;
};

/// Counts a connection as open for as long as it lives.
class open_mark
{
public:
    explicit open_mark(ledger& counts) : ledger_(counts), number_(counts.connected()) {}
    ~open_mark() { ledger_.disconnected(); }
    open_mark(open_mark const&) = delete;
    open_mark& operator=(open_mark const&) = delete;

    std::size_t number() const { return number_; }

private:
    ledger& ledger_;
    std::size_t number_;
};

FOUNDRY_DECL std::size_t ledger::connected()
{
    std::lock_guard const lock(mutex_);
    ++open_;
    return ++accepted_;
}

FOUNDRY_DECL void ledger::disconnected()
{
    {
        std::lock_guard const lock(mutex_);
        --open_;
    }
    changed_.notify_all();
}

FOUNDRY_DECL void ledger::journal(received const& request)
{
    {
        std::lock_guard const lock(mutex_);
        ++requests_;
        journal_.push_back(request);
        if (journal_.size() > journal_limit_)
            journal_.pop_front();
    }
    changed_.notify_all();
}

/// Predicates are called without the lock: they may use the emulator.
FOUNDRY_DECL std::optional<answer> ledger::rule_for(received const& request) const
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

FOUNDRY_DECL std::optional<answer> ledger::next_queued()
{
    std::lock_guard const lock(mutex_);
    if (answers_.empty())
        return std::nullopt;
    std::optional<answer> next(std::move(answers_.front()));
    answers_.pop_front();
    return next;
}

FOUNDRY_DECL void ledger::replied()
{
    {
        std::lock_guard const lock(mutex_);
        ++replies_;
    }
    changed_.notify_all();
}

FOUNDRY_DECL void ledger::queue(answer next)
{
    std::lock_guard const lock(mutex_);
    answers_.push_back(std::move(next));
}

FOUNDRY_DECL std::size_t ledger::queued() const
{
    std::lock_guard const lock(mutex_);
    return answers_.size();
}

FOUNDRY_DECL void ledger::reply_when(std::function<bool(received const&)> predicate, answer reply)
{
    auto made = std::make_shared<rule const>(rule{std::move(predicate), std::move(reply)});
    std::lock_guard const lock(mutex_);
    rules_.push_back(std::move(made));
}

FOUNDRY_DECL std::vector<received> ledger::journal() const
{
    std::lock_guard const lock(mutex_);
    return std::vector<received>(journal_.begin(), journal_.end());
}

FOUNDRY_DECL std::size_t ledger::requests() const
{
    std::lock_guard const lock(mutex_);
    return requests_;
}

FOUNDRY_DECL void ledger::clear_journal()
{
    std::lock_guard const lock(mutex_);
    journal_.clear();
    requests_ = 0;
}

FOUNDRY_DECL std::size_t ledger::connections() const
{
    std::lock_guard const lock(mutex_);
    return accepted_;
}

FOUNDRY_DECL std::size_t ledger::open_connections() const
{
    std::lock_guard const lock(mutex_);
    return open_;
}

FOUNDRY_DECL bool ledger::wait_for_requests(std::size_t count, std::chrono::milliseconds most) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return requests_ >= count; });
}

FOUNDRY_DECL bool ledger::wait_for_replies(std::size_t count, std::chrono::milliseconds most) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return replies_ >= count; });
}

FOUNDRY_DECL bool ledger::wait_for_open_at_most(std::size_t count, std::chrono::milliseconds most) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return open_ <= count; });
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
