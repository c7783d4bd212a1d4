// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/send_once.hpp>
#include <foundry/detail/http/websocket.hpp>
#include <foundry/detail/json/reader.hpp>
#include <foundry/realtime_event.hpp>
#include <foundry/realtime_options.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace foundry::inline FOUNDRY_ABI::detail {

/// A realtime session: events over a WebSocket.
class realtime_state
{
public:
    /// @param opened its response has status 101.
    realtime_state(std::shared_ptr<pending_request> request, open_response opened, realtime_options const& how);
    realtime_state(realtime_state const&) = delete;
    realtime_state& operator=(realtime_state const&) = delete;

    realtime_settings const& settings() const noexcept { return settings_; }
    response_info const& info() const noexcept { return info_; }
    http::websocket& socket() const noexcept { return *socket_; }
    /// Whether the session speaks the preview version.
    bool is_preview() const noexcept { return request_->state->target.endpoint.form() == api_form::dated; }
    std::exception_ptr failure() const;
    /// Tells the observer how the session has ended. False if that was done before.
    bool finish(boost::system::error_code why = {}) noexcept;
    /// Closes the session without waiting.
    void close() noexcept;

    /// @throws foundry::error with the code of the limit if the service does not confirm the session in time; what it says instead.
    static boost::asio::awaitable<void> confirm(std::shared_ptr<realtime_state> self, http::limit last);
    static boost::asio::awaitable<std::optional<realtime_event>> next(std::shared_ptr<realtime_state> self,
                                                                      http::clock::time_point until = http::never);

private:
    realtime_event decode(std::string text);
    void note(realtime_event const& event);
    realtime_event expiring() const;
    /// If the service has closed the session because something was wrong.
    std::optional<error> closed_error() const;

    std::shared_ptr<pending_request> request_;
    response_info info_;
    running_call call_;
    boost::intrusive_ptr<call_observer> observer_;
    boost::intrusive_ptr<http::websocket> socket_;
    std::chrono::seconds expiry_notice_;
    bool delivers_created_;
    http::clock::time_point expiry_at_ = http::never; // of the notice
    json::reader reader_;
    realtime_settings settings_;
    std::deque<realtime_event> early_; // that came before the session was confirmed
    bool is_finished_ = false;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/realtime_state.ipp>
#endif
