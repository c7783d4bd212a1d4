// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/ascii.hpp>
#include <foundry/detail/http/connect_race.hpp>

#include <algorithm>
#include <optional>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

FOUNDRY_DECL address_list interleave_families(address_list const& found)
{
    address_list families[2]; // that of the first address, and the other
    for (boost::asio::ip::tcp::endpoint const& e : found)
        families[e.protocol() == found.front().protocol() ? 0 : 1].push_back(e);
    address_list ordered;
    ordered.reserve(found.size());
    for (std::size_t i = 0; ordered.size() != found.size(); ++i)
        for (address_list const& family : families)
            if (i < family.size())
                ordered.push_back(family[i]);
    return ordered;
}

struct connect_race::attempt final : wait_callback
{
    attempt(state& s, boost::asio::ip::tcp::endpoint const& e);
    void on_wake(boost::system::error_code ec) override;

    state* race; // null once the race has ended
    boost::asio::ip::tcp::endpoint to;
    boost::asio::ip::tcp::socket socket;
    std::optional<boost::system::error_code> failed;
};

struct connect_race::state final : wait_callback
{
    state(address_list ordered, boost::asio::any_io_executor const& executor, clock::time_point until)
        : addresses(std::move(ordered)),
          next_start(executor),
          ended(executor, until),
          winner(executor)
    {}

    void start_next()
    {
        if (attempts.size() == addresses.size())
            return;
        boost::intrusive_ptr<attempt> const a(new attempt(*this, addresses[attempts.size()]));
        attempts.push_back(a);
        a->socket.async_connect(a->to, wait_handler{a});
        if (attempts.size() == addresses.size())
            return;
        next_start.expires_after(head_start); // ends the wait before it
        next_start.async_wait(wait_handler{this});
    }

    /// The next attempt has waited long enough.
    void on_wake(boost::system::error_code ec) override
    {
        if (!ec && !has_ended)
            start_next_or_end();
    }

    void start_next_or_end() noexcept
    {
        try {
            start_next();
        } catch (...) { // out of memory
            end();
        }
    }

    void on_result(attempt& a, boost::system::error_code ec)
    {
        if (!ec) {
            winner = std::move(a.socket);
            return end();
        }
        a.failed = ec;
        boost::system::error_code ignored;
        a.socket.close(ignored);
        bool const all_started = attempts.size() == addresses.size();
        auto const has_failed = [](boost::intrusive_ptr<attempt> const& each) { return each->failed.has_value(); };
        if (!all_started)
            start_next_or_end();
        else if (std::all_of(attempts.begin(), attempts.end(), has_failed))
            end();
    }

    void end()
    {
        close_attempts();
        ended.cancel();
    }

    void close_attempts() noexcept
    {
        has_ended = true;
        for (boost::intrusive_ptr<attempt> const& a : attempts) {
            a->race = nullptr;
            boost::system::error_code ignored;
            a->socket.close(ignored);
        }
        try {
            next_start.cancel();
        } catch (...) { // the handler runs later and does nothing
        }
    }

    /// What each address of a host has answered, for the message of an error.
    std::string report(std::string const& host) const
    {
        static constexpr std::size_t most_named = 8;
        std::string text;
        for (std::size_t i = 0; i != (std::min)(attempts.size(), most_named); ++i) {
            std::string const address = attempts[i]->to.address().to_string();
            text.append(i == 0 ? "" : "; ").append(address == host ? "" : address + ": ");
            text += attempts[i]->failed ? attempts[i]->failed->message() : "no answer";
        }
        if (addresses.size() > most_named)
            text += "; and " + std::to_string(addresses.size() - most_named) + " other addresses";
        return text;
    }

    address_list addresses;
    std::vector<boost::intrusive_ptr<attempt>> attempts;
    boost::asio::steady_timer next_start;
    boost::asio::steady_timer ended;
    boost::asio::ip::tcp::socket winner;
    bool has_ended = false;
};

inline connect_race::attempt::attempt(state& s, boost::asio::ip::tcp::endpoint const& e)
    : race(&s),
      to(e),
      socket(s.winner.get_executor())
{}

inline void connect_race::attempt::on_wake(boost::system::error_code ec)
{
    if (race != nullptr)
        race->on_result(*this, ec);
}

FOUNDRY_DECL connect_race::connect_race(address_list const& addresses, deadline const& limits)
    : last_(limits.next()),
      state_(new state(interleave_families(addresses), limits.executor(), last_.at))
{
    try {
        state_->start_next();
    } catch (...) {
        state_->close_attempts();
        throw;
    }
}

FOUNDRY_DECL connect_race::~connect_race() { state_->close_attempts(); }

FOUNDRY_DECL boost::asio::steady_timer& connect_race::ended() noexcept { return state_->ended; }

FOUNDRY_DECL boost::asio::ip::tcp::socket connect_race::winner(std::string const& host,
                                                               boost::system::error_code interrupted)
{
    if (state_->winner.is_open())
        return std::move(state_->winner);
    if (!state_->has_ended && interrupted)
        throw boost::system::system_error(interrupted);
    failure f;
    if (state_->has_ended) {
        std::string const port = std::to_string(state_->addresses.front().port());
        f.service_message = foundry::detail::concat({host, " port ", port, ": ", state_->report(host)});
        f.advice = "check the endpoint's host and port, and whether a firewall or proxy stands between";
    } else {
        f = limit_error(last_, host).details();
        f.service_message.append(" (").append(state_->report(host)).append(")");
    }
    throw error(make_error_code(state_->has_ended ? errc::connect_failed : last_.code), std::move(f));
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
