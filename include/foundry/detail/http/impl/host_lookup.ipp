// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/duration_text.hpp>
#include <foundry/detail/core/ip_address.hpp>
#include <foundry/detail/http/host_lookup.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <mutex>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

struct host_lookup::waiter : boost::intrusive_ref_counter<waiter>, foundry::detail::list_links<waiter>
{
    waiter(boost::asio::any_io_executor const& executor, clock::time_point until)
        : wake_up(executor),
          done(executor, until)
    {}

    foundry::detail::guarded_executor wake_up;
    boost::asio::steady_timer done;
};

/// A lookup in progress. The mutex of the state guards it.
struct host_lookup::flight : boost::intrusive_ref_counter<flight>
{
    flight(boost::asio::any_io_executor const& executor, void const* owner) : resolver(executor), context(owner) {}

    boost::asio::ip::tcp::resolver resolver;
    void const* context;
    foundry::detail::linked_list<waiter> waiters;
    bool has_ended = false;
    boost::system::error_code ec;
    address_list found;
};

/// Shared by the host_lookup and the flights, which may outlive it.
struct host_lookup::shared_state : boost::intrusive_ref_counter<shared_state>
{
    void put_preferred_first(address_list& list) const noexcept
    {
        auto const at = std::find(list.begin(), list.end(), preferred);
        if (at != list.end())
            std::rotate(list.begin(), at, at + 1);
    }

    std::mutex mutex;
    address_list found;
    clock::time_point found_at;
    boost::asio::ip::tcp::endpoint preferred; // could be reached
    std::vector<boost::intrusive_ptr<flight>> flights;
};

/// Completes a flight, also if its context is destroyed before the lookup has ended.
struct host_lookup::lookup_handler
{
    lookup_handler(boost::intrusive_ptr<shared_state> s, boost::intrusive_ptr<flight> f)
        : state(std::move(s)),
          lookup(std::move(f))
    {}
    lookup_handler(lookup_handler&&) = default;
    ~lookup_handler()
    {
        if (lookup)
            complete(boost::asio::error::operation_aborted, {});
    }

    void operator()(boost::system::error_code ec, boost::asio::ip::tcp::resolver::results_type const& results)
    {
        address_list found;
        for (auto const& entry : results)
            found.push_back(entry.endpoint());
        complete(ec, std::move(found));
    }

    void complete(boost::system::error_code ec, address_list found)
    {
        boost::intrusive_ptr<flight> const ended = std::move(lookup);
        std::lock_guard const lock(state->mutex);
        state->put_preferred_first(found);
        ended->has_ended = true;
        ended->ec = ec;
        ended->found = found;
        auto& all = state->flights;
        all.erase(std::remove(all.begin(), all.end(), ended), all.end());
        if (!found.empty()) {
            state->found = std::move(found);
            state->found_at = clock::now();
        }
        for (waiter* w = ended->waiters.front(); w != nullptr; w = w->after)
            w->wake_up.post([w = boost::intrusive_ptr<waiter>(w)] { w->done.cancel(); });
    }

    boost::intrusive_ptr<shared_state> state;
    boost::intrusive_ptr<flight> lookup;
};

FOUNDRY_DECL host_lookup::host_lookup(std::string const& host, std::uint16_t port)
    : host_(host),
      port_(port),
      state_(new shared_state)
{
    if (auto const address = foundry::detail::parse_ip(host)) {
        is_literal_ = true;
        state_->found.emplace_back(*address, port);
    }
}

FOUNDRY_DECL host_lookup::~host_lookup() = default;

FOUNDRY_DECL void host_lookup::forget() noexcept
{
    std::lock_guard const lock(state_->mutex);
    if (!is_literal_)
        state_->found.clear();
}

FOUNDRY_DECL void host_lookup::prefer(boost::asio::ip::tcp::endpoint const& reached) noexcept
{
    std::lock_guard const lock(state_->mutex);
    state_->preferred = reached;
    state_->put_preferred_first(state_->found);
}

FOUNDRY_DECL host_lookup::ticket::ticket(host_lookup& host, deadline const& limits)
    : host_(host.host_),
      last_(limits.next()),
      state_(host.state_)
{
    boost::asio::any_io_executor const& executor = limits.executor();
    std::unique_lock lock(state_->mutex);
    bool const is_fresh = host.is_literal_ || clock::now() - state_->found_at < kept_for;
    if (!state_->found.empty() && is_fresh) {
        found_ = state_->found;
        return;
    }
    void const* const context = &boost::asio::query(executor, boost::asio::execution::context);
    for (boost::intrusive_ptr<flight> const& f : state_->flights)
        if (f->context == context)
            flight_ = f;
    bool const starts = !flight_;
    if (starts) {
        flight_.reset(new flight(executor, context));
        state_->flights.push_back(flight_);
    }
    waiter_.reset(new waiter(executor, last_.at));
    flight_->waiters.push_back(waiter_);
    lock.unlock(); // a lookup that cannot start completes at once
    if (starts)
        flight_->resolver.async_resolve(host.host_, std::to_string(host.port_), lookup_handler(state_, flight_));
}

FOUNDRY_DECL host_lookup::ticket::~ticket()
{
    if (!waiter_)
        return;
    std::lock_guard const lock(state_->mutex);
    flight_->waiters.take(waiter_.get());
}

FOUNDRY_DECL boost::asio::steady_timer& host_lookup::ticket::done() noexcept { return waiter_->done; }

FOUNDRY_DECL address_list host_lookup::ticket::addresses(boost::system::error_code interrupted)
{
    if (!waiter_)
        return std::move(found_);
    std::lock_guard const lock(state_->mutex);
    if (!flight_->has_ended && interrupted)
        throw boost::system::system_error(interrupted);
    failure f;
    if (!flight_->has_ended) {
        f.service_message =
            "the address of " + host_ + " was not found within " + foundry::detail::in_words(last_.span);
        f.advice = "check this machine's name service";
        throw error(make_error_code(last_.code), std::move(f));
    }
    if (!flight_->found.empty())
        return flight_->found;
    f.service_message = host_ + ": " + (flight_->ec ? flight_->ec.message() : "no address");
    f.advice = "check the host name and this machine's name service";
    if (flight_->ec == boost::asio::error::host_not_found_try_again)
        f.should_retry = true;
    throw error(make_error_code(errc::resolve_failed), std::move(f));
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
