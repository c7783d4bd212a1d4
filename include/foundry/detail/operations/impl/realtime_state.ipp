// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/operations/realtime_preview.hpp>
#include <foundry/detail/operations/realtime_state.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <new>
#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

inline http::websocket_limits limits_of(pending_request const& request, realtime_options const& how)
{
    http::websocket_limits limits;
    limits.max_message = how.max_message;
    limits.ping = how.ping;
    limits.silence = how.silence;
    limits.write = request.timeouts.write;
    return limits;
}

FOUNDRY_DECL realtime_state::realtime_state(std::shared_ptr<pending_request> request, open_response opened,
                                            realtime_options const& how)
    : request_(std::move(request)),
      info_(std::move(opened.info)),
      call_(std::move(opened.call)),
      observer_(std::move(opened.observer)),
      socket_(new http::websocket(std::move(opened.exchange), limits_of(*request_, how))),
      expiry_notice_(how.expiry_notice),
      delivers_created_(how.delivers_created)
{
    socket_->start();
}

FOUNDRY_DECL bool realtime_state::finish(boost::system::error_code why) noexcept
{
    if (std::exchange(is_finished_, true))
        return false;
    if (observer_ && why)
        observer_->on_failure(why);
    else if (observer_)
        observer_->on_end();
    observer_.reset();
    call_.finish();
    return true;
}

FOUNDRY_DECL void realtime_state::close() noexcept
{
    socket_->abandon();
    finish();
}

FOUNDRY_DECL void realtime_state::note(realtime_event const& event)
{
    if (observer_ && event.type == realtime_event_type::response_done)
        observer_->note_json(event.raw());
    if (event.type != realtime_event_type::session_created && event.type != realtime_event_type::session_updated)
        return;
    if (!event.session)
        return;
    settings_ = *event.session;
    bool const is_noticed = expiry_notice_.count() > 0 && settings_.expires_at.value_or(0) > 0;
    if (event.type != realtime_event_type::session_created || !is_noticed)
        return;
    constexpr std::chrono::seconds longest = std::chrono::hours(24);
    std::chrono::seconds const now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    std::chrono::seconds const left((std::min<std::int64_t>)(*settings_.expires_at - now.count(), longest.count()));
    if (left.count() <= 0)
        return; // the clock of this machine is wrong
    expiry_at_ = http::clock::now() + left - (std::min)(expiry_notice_, left);
}

FOUNDRY_DECL realtime_event realtime_state::decode(std::string text)
{
    realtime_event event;
    bool const is_read = is_preview() ? reader_.read(event, from_preview(text)) : reader_.read(event, text);
    if (!is_read)
        throw error(errc::unexpected_reply,
                    "an event of the session is not of the expected shape: " + reader_.problem());
    event.type = common_type(event.type);
    event.raw_storage() = std::move(text);
    note(event);
    return event;
}

FOUNDRY_DECL realtime_event realtime_state::expiring() const
{
    realtime_event event;
    event.type = realtime_event_type::session_expiring;
    event.session = settings_;
    return event;
}

/// The reason of a close frame ends with a code of the service, as in "invalid_request_error.invalid_api_key".
FOUNDRY_DECL std::optional<error> realtime_state::closed_error() const
{
    std::uint16_t const code = socket_->close_code();
    static constexpr std::uint16_t orderly[] = {0, http::close_code::normal, http::close_code::going_away,
                                                http::close_code::none};
    if (std::find(std::begin(orderly), std::end(orderly), code) != std::end(orderly))
        return std::nullopt;
    std::string const& reason = socket_->close_reason();
    std::string const number = std::to_string(code);
    std::string const message =
        "the service has closed the session with code " + number + (reason.empty() ? "" : ": " + reason);
    boost::json::object const failed{{"code", reason.substr(reason.rfind('.') + 1)}, {"message", message}};
    return make_service_error(request_->context(), info_,
                              boost::json::serialize(boost::json::object{{"error", failed}}));
}

FOUNDRY_DECL std::exception_ptr realtime_state::failure() const
{
    if (socket_->failure())
        return socket_->failure();
    std::optional<error> const failed = closed_error();
    return failed ? std::make_exception_ptr(*failed) : nullptr;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<realtime_event>>
realtime_state::next(std::shared_ptr<realtime_state> self, http::clock::time_point until)
{
    std::optional<realtime_event> event;
    if (!self->early_.empty()) {
        event = std::move(self->early_.front());
        self->early_.pop_front();
        co_return event;
    }
    for (;;) {
        if (http::clock::now() >= self->expiry_at_) {
            self->expiry_at_ = http::never;
            event = self->expiring();
            co_return event;
        }
        std::optional<std::string> text;
        try {
            text = co_await self->socket_->next((std::min)(until, self->expiry_at_));
        } catch (error const& e) {
            self->finish(e.code());
            throw;
        } catch (std::bad_alloc const&) {
            if (self->socket_->failure())
                self->finish(make_error_code(boost::system::errc::not_enough_memory));
            throw;
        }
        if (text) {
            event = self->decode(std::move(*text));
            co_return event;
        }
        if (self->socket_->is_over())
            break;
        if (http::clock::now() >= until)
            co_return event;
    }
    if (std::optional<error> const failed = self->closed_error(); !failed)
        self->finish();
    else if (self->finish(failed->code()))
        throw *failed;
    co_return event;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> realtime_state::confirm(std::shared_ptr<realtime_state> self,
                                                                               http::limit last)
{
    for (std::deque<realtime_event> before;;) {
        std::optional<realtime_event> event = co_await next(self, last.at);
        if (!event && !self->socket_->is_over()) {
            std::string const& host = self->request_->state->target.endpoint.host();
            throw http::limit_error(last, host);
        }
        if (!event)
            throw error(errc::unexpected_reply, "the service closed the session before it began; open another");
        if (event->type == realtime_event_type::error)
            throw_service_error_in(event->raw(), self->request_->context(), self->info_, "error");
        bool const is_created = event->type == realtime_event_type::session_created;
        if (!is_created || self->delivers_created_)
            before.push_back(std::move(*event));
        if (is_created) {
            self->early_ = std::move(before);
            co_return;
        }
        constexpr std::size_t most_before = 16;
        if (before.size() > most_before)
            throw error(errc::unexpected_reply, "the service does not begin the session with session.created");
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail
