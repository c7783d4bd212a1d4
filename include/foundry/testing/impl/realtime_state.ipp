// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/realtime_backend.hpp>
#include <foundry/testing/impl/realtime_config.ipp>
#include <foundry/testing/realtime.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

/// Shared by the test and the server threads: the queued answers, and the records of the sessions.
class realtime_state : public realtime_backend, public std::enable_shared_from_this<realtime_state>
{
public:
    explicit realtime_state(realtime_options chosen) : options(std::move(chosen)) {}

    bool accepts_wrong_key() const override { return options.accept_wrong_key; }
    json::object configure(realtime_opening const& opening, json::object const& wanted,
                           std::string const& id) const override;
    asio::awaitable<void> serve(std::shared_ptr<wire> socket, realtime_opening opening,
                                emulator_options const& emulator) override;

    void queue(answer next);
    std::size_t queued() const;
    std::optional<answer> next_queued();

    std::uint64_t began(recorded_request const& request); ///< Returns the number of the session.
    void received(std::uint64_t session, std::string event);
    void ponged(std::uint64_t session);
    void ended(std::uint64_t session, std::uint16_t code, std::string reason);
    std::vector<recorded_session> sessions() const;
    bool wait_for_events(std::size_t count, std::chrono::milliseconds timeout) const;
    bool wait_for_open_at_most(std::size_t count, std::chrono::milliseconds timeout) const;

    realtime_options const options;

private:
    static constexpr std::size_t max_sessions = 1000;

    class record
    {
    public:
        recorded_session session;
        std::deque<std::string> events;
        std::size_t bytes = 0; ///< Of the events.
    };

    record* find(std::uint64_t session); ///< Null if it was dropped.

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::deque<answer> answers_;
    std::deque<record> records_; ///< The last one has the number `begun_`.
    std::uint64_t begun_ = 0;
    std::size_t open_ = 0;
    std::size_t events_ = 0;
};

FOUNDRY_DECL json::object realtime_state::configure(realtime_opening const& opening, json::object const& wanted,
                                                    std::string const& id) const
{
    realtime_config made(dialect_of(opening.kind), opening.only_transcribes, opening.deployment);
    if (!wanted.empty())
        made.update(wanted, path_to("session"));
    return made.session_object(id, 0);
}

FOUNDRY_DECL void realtime_state::queue(answer next)
{
    std::lock_guard const lock(mutex_);
    answers_.push_back(std::move(next));
}

FOUNDRY_DECL std::size_t realtime_state::queued() const
{
    std::lock_guard const lock(mutex_);
    return answers_.size();
}

FOUNDRY_DECL std::optional<answer> realtime_state::next_queued()
{
    std::lock_guard const lock(mutex_);
    if (answers_.empty())
        return std::nullopt;
    std::optional<answer> next(std::move(answers_.front()));
    answers_.pop_front();
    return next;
}

FOUNDRY_DECL realtime_state::record* realtime_state::find(std::uint64_t session)
{
    auto const first = begun_ - records_.size() + 1;
    return session < first ? nullptr : &records_[static_cast<std::size_t>(session - first)];
}

FOUNDRY_DECL std::uint64_t realtime_state::began(recorded_request const& request)
{
    std::lock_guard const lock(mutex_);
    record made;
    made.session.connection = request.connection;
    made.session.target = request.target;
    made.session.open = true;
    records_.push_back(std::move(made));
    if (records_.size() > max_sessions)
        records_.pop_front();
    ++open_;
    return ++begun_;
}

FOUNDRY_DECL void realtime_state::received(std::uint64_t session, std::string event)
{
    {
        std::lock_guard const lock(mutex_);
        ++events_;
        if (auto* const kept = find(session)) {
            kept->bytes += event.size();
            kept->events.push_back(std::move(event));
            while (kept->bytes > options.journal_limit) {
                kept->bytes -= kept->events.front().size();
                kept->events.pop_front();
            }
        }
    }
    changed_.notify_all();
}

FOUNDRY_DECL void realtime_state::ponged(std::uint64_t session)
{
    std::lock_guard const lock(mutex_);
    if (auto* const kept = find(session))
        ++kept->session.pongs;
}

FOUNDRY_DECL void realtime_state::ended(std::uint64_t session, std::uint16_t code, std::string reason)
{
    {
        std::lock_guard const lock(mutex_);
        --open_;
        if (auto* const kept = find(session)) {
            kept->session.open = false;
            kept->session.close_code = code;
            kept->session.close_reason = std::move(reason);
        }
    }
    changed_.notify_all();
}

FOUNDRY_DECL std::vector<recorded_session> realtime_state::sessions() const
{
    std::lock_guard const lock(mutex_);
    std::vector<recorded_session> made;
    for (auto const& one : records_) {
        made.push_back(one.session);
        made.back().events.assign(one.events.begin(), one.events.end());
    }
    return made;
}

FOUNDRY_DECL bool realtime_state::wait_for_events(std::size_t count, std::chrono::milliseconds timeout) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return events_ >= count; });
}

FOUNDRY_DECL bool realtime_state::wait_for_open_at_most(std::size_t count, std::chrono::milliseconds timeout) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return open_ <= count; });
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail

namespace foundry::inline FOUNDRY_ABI::testing {

FOUNDRY_DECL realtime_options::realtime_options()
    : speed(0),
      audio_delta(200),
      session_lifetime(std::chrono::minutes(60)),
      ping_interval(0),
      fragment_bytes(0),
      accept_wrong_key(false),
      message_with_calls(false),
      late_transcription(false),
      journal_limit(std::size_t{64} * 1024 * 1024)
{}

FOUNDRY_DECL recorded_session::recorded_session() : connection(0), pongs(0), open(false), close_code(0) {}

FOUNDRY_DECL realtime::realtime(realtime_options options)
    : state_(std::make_shared<detail::realtime_state>(std::move(options)))
{}

FOUNDRY_DECL void realtime::queue(answer next) { state_->queue(std::move(next)); }
FOUNDRY_DECL std::size_t realtime::queued() const { return state_->queued(); }
FOUNDRY_DECL std::vector<recorded_session> realtime::sessions() const { return state_->sessions(); }

FOUNDRY_DECL bool realtime::wait_for_events(std::size_t count, std::chrono::milliseconds timeout) const
{
    return state_->wait_for_events(count, timeout);
}

FOUNDRY_DECL bool realtime::wait_for_open_at_most(std::size_t count, std::chrono::milliseconds timeout) const
{
    return state_->wait_for_open_at_most(count, timeout);
}

FOUNDRY_DECL realtime::operator std::shared_ptr<detail::realtime_backend>() const { return state_; }

} // namespace foundry::inline FOUNDRY_ABI::testing
