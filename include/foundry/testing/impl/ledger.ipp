// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/emulator.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// What the test and the server thread share: queued answers, the journal and the counts.
class ledger
{
public:
    std::size_t connected();                         ///< Counts a new connection; returns its number.
    void disconnected();                             ///< Counts its end.
    std::optional<answer> arrived(received request); ///< Journals a request; returns the queued answer to it, if any.
    void replied();                                  ///< Counts a reply that was sent.

    void queue(answer next);
    std::size_t queued() const;
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
    std::vector<received> journal_;
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

FOUNDRY_DECL std::optional<answer> ledger::arrived(received request)
{
    std::optional<answer> next;
    {
        std::lock_guard const lock(mutex_);
        journal_.push_back(std::move(request));
        if (!answers_.empty()) {
            next = std::move(answers_.front());
            answers_.pop_front();
        }
    }
    changed_.notify_all();
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

FOUNDRY_DECL std::vector<received> ledger::journal() const
{
    std::lock_guard const lock(mutex_);
    return journal_;
}

FOUNDRY_DECL void ledger::clear_journal()
{
    std::lock_guard const lock(mutex_);
    journal_.clear();
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
    return changed_.wait_for(lock, most, [&] { return journal_.size() >= count; });
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
