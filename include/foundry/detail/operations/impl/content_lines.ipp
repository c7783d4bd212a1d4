// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/bounded.hpp>
#include <foundry/detail/base/noted_scope.hpp>
#include <foundry/detail/base/random_fraction.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/core/retry_budget.hpp>
#include <foundry/detail/operations/call_route.hpp>
#include <foundry/detail/operations/content_lines.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL content_lines::content_lines(std::shared_ptr<client_state> state, std::string id, call_options with)
    : state_(std::move(state)),
      id_(std::move(id)),
      with_(std::move(with))
{}

FOUNDRY_DECL void content_lines::on_body(std::string_view bytes)
{
    auto const old = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, bytes.size()));
    to_skip_ -= old;
    bytes.remove_prefix(old);
    if (bytes.empty())
        return;
    failures_ = 0;
    received_ += bytes.size();
    buffer_.append(bytes);
}

FOUNDRY_DECL bool content_lines::take_line(std::string& line)
{
    std::size_t const end = buffer_.find('\n', scanned_);
    if (end == buffer_.npos) {
        scanned_ = buffer_.size();
        if (scanned_ > state_->settings.limits.event_line)
            throw error(errc::limit_exceeded, "a line of the file is longer than options::limits.event_line");
        return false;
    }
    line.assign(buffer_, 0, end);
    buffer_.erase(0, end + 1);
    scanned_ = 0;
    return true;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> content_lines::open()
{
    route const content = route{"GET", "files"}.segment(id_).segment("content");
    std::shared_ptr<pending_request> const request = prepare_stored(state_, id_, content, with_, response_form::bytes);
    retry_ = request->retry;
    response_.emplace();
    co_await send_with_retries(*request, nullptr, *response_);
    to_skip_ = received_;
    response_->exchange->deliver_to(*this, state_->settings.limits.download);
}

/// Waits before the file is asked for again; throws the error if it is not.
FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> content_lines::wait_after(error failed)
{
    attempt last = attempt_of(failed, {}, {});
    last.is_safe = true;
    std::optional<std::chrono::milliseconds> const wait =
        retry_.policy ? retry_.policy->decide(last, failures_, random_fraction())
                      : default_retry_policy(retry_).decide(last, failures_, random_fraction());
    if (!wait)
        throw failed;
    failures_ += 1;
    boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor, bounded(*wait));
    {
        noted_scope const waits(&response_->call.wait, pause);
        try {
            co_await pause.async_wait(boost::asio::deferred);
        } catch (boost::system::system_error const&) {
            response_->call.check(); // the end of the client has ended the wait
            throw;
        }
    }
    response_.reset();
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<std::string>> content_lines::next()
{
    std::string line;
    for (;;) {
        if (take_line(line))
            co_return line;
        if (is_complete_ && buffer_.empty())
            co_return std::nullopt;
        if (is_complete_)
            co_return std::exchange(buffer_, {}); // the last line has no end
        if (!response_)
            co_await open();
        std::optional<error> failed;
        try {
            if (!co_await response_->exchange->read_more()) {
                response_->exchange->finish();
                if (response_->observer)
                    response_->observer->on_end();
                response_.reset();
                is_complete_ = true;
            }
        } catch (error const& e) {
            failed = e;
        }
        if (failed) {
            response_->exchange->close();
            if (response_->observer)
                response_->observer->on_failure(failed->code());
            co_await wait_after(*failed);
        }
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail
