// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/noted_scope.hpp>
#include <foundry/detail/base/scoped_wipe.hpp>
#include <foundry/detail/call/auth_headers.hpp>
#include <foundry/detail/call/send_once.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/http/request_head.hpp>
#include <foundry/detail/http/tunnel.hpp>
#include <foundry/detail/http/websocket_handshake.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstdint>

namespace foundry::inline FOUNDRY_ABI::detail {

class error_body_sink final : public http::body_sink
{
public:
    static constexpr std::size_t max_size = 1024 * 1024;

    void on_body(std::string_view bytes) override { text.append(bytes); }
    std::string text;
};

inline bool is_success(unsigned status) { return (status >= 200 && status <= 299) || status == 101; }

/// The next attempt has an exchange and a head of its own.
inline void start_attempt(pending_request const& request, boost::asio::any_io_executor const& executor,
                          http::clock::time_point end, open_response& response)
{
    client_state const& client = *request.state;
    response.exchange.reset(
        new http::exchange(client.target.connections, executor, request.timeouts, client.settings.limits.head));
    response.call.exchange = response.exchange.get();
    if (request.is_sent_once)
        response.exchange->forbid_repetition();
    if (request.is_upgrade)
        response.exchange->expect_upgrade();
    response.exchange->limits().set_total(end, request.timeouts.total);
    if (response.is_stream)
        response.exchange->limits().expect_stream();
    response.info = response_info();
}

inline void note_head(pending_request const& request, open_response& response)
{
    http::response_head& head = response.exchange->head();
    response.info = response_info(head.status, std::move(head.headers), request.client_request_id);
    if (response.observer)
        response.observer->on_response(response.info, response.exchange->times());
}

/// Waits until the limits of the deployment have room for a request of bulk work.
inline FOUNDRY_CORO boost::asio::awaitable<void> wait_for_room(rate_ticket& ticket, http::clock::time_point end,
                                                               running_call& call)
{
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;
    while (ticket.must_wait(executor, end)) {
        if (http::clock::now() >= end) {
            throw error(errc::total_timeout,
                        "the rate limit of the deployment had no room for this request; send fewer at "
                        "a time, or set a longer timeouts.total");
        }
        noted_scope const waits(&call.wait, ticket.timer());
        co_await ticket.timer().async_wait(boost::asio::as_tuple(boost::asio::deferred));
        call.check(); // the end of the client ends the wait, too
        boost::asio::cancellation_state const state = co_await boost::asio::this_coro::cancellation_state;
        if (state.cancelled() != boost::asio::cancellation_type::none)
            throw boost::system::system_error(
                boost::asio::error::make_error_code(boost::asio::error::operation_aborted));
    }
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> send_once(pending_request const& request,
                                                                 http::clock::time_point end, open_response& response)
{
    if (request.validation_error)
        std::rethrow_exception(request.validation_error);
    client_state& client = *request.state;
    boost::asio::any_io_executor const executor = co_await boost::asio::this_coro::executor;

    bool const is_held_back = request.bulk_tokens && !request.has_alternative;
    auto const tokens = static_cast<std::int64_t>(request.body.size() / 4);
    rate_ticket ticket(client.target.gates, request.deployment, request.bulk_tokens.value_or(tokens), is_held_back);
    if (is_held_back)
        co_await wait_for_room(ticket, end, response.call);

    std::string claims;
    for (bool is_after_challenge = false;; is_after_challenge = true) {
        response.call.check();
        start_attempt(request, executor, end, response);

        auth_headers auth;
        scoped_wipe const wipe_auth(auth.fields);
        if (!client.target.credential->write_fields(client.target.endpoint, auth.fields)) {
            http::deadline& limits = response.exchange->limits();
            limits.set_step(http::clock::now(), request.timeouts.token, errc::token_timeout);
            token_query query = make_token_query(client, std::move(claims), limits, auth);
            query.wait = &response.call.wait;
            co_await client.target.credential->find_token(std::move(query), auth.token);
            limits.clear_step();
            append_token(auth);
        }
        append_proxy_authorization(client, auth);
        if (request.is_upgrade) {
            response.websocket_key = http::make_websocket_key();
            http::append_field(auth.fields, "Sec-WebSocket-Key", response.websocket_key);
        }
        if (response.observer)
            response.observer->on_attempt();
        // One write for both, unless the body is too large to be copied.
        static constexpr std::size_t max_copied = 64 * 1024;
        std::string_view const body = request.body;
        bool const is_copied = body.size() <= max_copied;
        std::string message = http::assemble(request.head, auth.fields, is_copied ? body : std::string_view());
        scoped_wipe const wipe_message(message);
        co_await response.exchange->send(message, body.substr(is_copied ? body.size() : 0), request.source.get());

        note_head(request, response);
        if (is_success(response.info.status())) {
            ticket.succeed(response.info);
            break;
        }
        error_body_sink error_body;
        try {
            response.exchange->deliver_to(error_body, error_body_sink::max_size, http::exchange::progress::on_signal);
            for (bool more = true; more;)
                more = co_await response.exchange->read_more();
            response.exchange->finish();
        } catch (error const&) { // a body that breaks off still says something
            response.exchange->close();
            response.call.check();
        }
        if (apply_auth_challenge(client, auth, response.info, error_body.text, claims) && !is_after_challenge &&
            request.rewind())
            continue;
        if (response.info.status() == 407)
            http::refuse_if_of_proxy(client.target.connections->to(), response.info.headers());
        error_context what = request.context();
        what.scope = auth.scope;
        error const failed = make_service_error(what, response.info, std::move(error_body.text));
        ticket.fail(failed, request.retry.max_server_wait);
        throw failed;
    }
}

} // namespace foundry::inline FOUNDRY_ABI::detail
