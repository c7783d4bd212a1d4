// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/base64.hpp>
#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/request_builder.hpp>
#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/call/service_error.hpp>
#include <foundry/detail/core/field.hpp>
#include <foundry/detail/core/url.hpp>
#include <foundry/detail/http/request_head.hpp>
#include <foundry/detail/http/websocket_handshake.hpp>
#include <foundry/detail/json/writer.hpp>
#include <foundry/detail/operations/realtime_preview.hpp>
#include <foundry/detail/operations/realtime_state.hpp>
#include <foundry/detail/operations/response_conversation.hpp>
#include <foundry/detail/operations/tool_loop.hpp>
#include <foundry/realtime.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {

// Opening

inline std::string session_query(client_state const& state, std::string_view deployment, realtime_options const& how)
{
    if (!how.call_id.empty())
        return "call_id=" + http::percent_encode_query(how.call_id);
    if (how.transcribes)
        return "intent=transcription";
    std::string_view const named = deployment.empty() ? state.target.endpoint.deployment() : deployment;
    if (named.empty())
        throw error(errc::invalid_argument, "the deployment is empty; name one of a realtime model");
    std::string_view const name = state.target.endpoint.form() == api_form::dated ? "deployment=" : "model=";
    return std::string(name) + http::percent_encode_query(named);
}

/// The request that asks for a WebSocket; an error found here is kept for the coroutine to throw.
inline std::shared_ptr<pending_request> prepare_session(std::shared_ptr<client_state> state,
                                                        std::string_view deployment, realtime_options const& how)
{
    std::shared_ptr<pending_request> request(
        new pending_request(std::move(state), operations::realtime, operations::realtime.path));
    try {
        std::string const query = session_query(*request->state, deployment, how);
        request_spec spec;
        spec.verb = "GET";
        spec.query = query;
        build_request(*request, std::move(spec), how.call);
        request->deployment = deployment;
        request->is_upgrade = true;
        std::string& head = request->head;
        http::append_field(head, "Connection", "Upgrade");
        http::append_field(head, "Upgrade", "websocket");
        http::append_field(head, "Sec-WebSocket-Version", "13");
        if (request->state->target.endpoint.form() == api_form::dated)
            http::append_field(head, "OpenAI-Beta", "realtime=v1");
    } catch (...) {
        request->validation_error = std::current_exception();
    }
    return request;
}

/// Until when the service must confirm the session: `first_byte` from now, or the total of the call.
inline http::limit limit_of_confirmation(timeouts const& within, http::clock::time_point begun)
{
    http::limit first;
    first.code = errc::first_byte_timeout;
    first.span = within.first_byte;
    if (within.first_byte.count() > 0)
        first.at = http::clock::now() + within.first_byte;
    http::limit all;
    all.span = within.total;
    if (within.total.count() > 0)
        all.at = begun + within.total;
    return all.at < first.at ? all : first;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<realtime_session>
open_session(std::shared_ptr<pending_request> request, realtime_options how, std::string deployment)
{
    http::clock::time_point const begun = http::clock::now();
    open_response response;
    co_await send_with_retries(*request, nullptr, response);
    try {
        http::check_websocket_response(response.info.status(), response.info.headers(), response.websocket_key, {});
    } catch (error const& e) {
        if (response.observer)
            response.observer->on_failure(e.code());
        throw in_answer(e, response.info, {});
    }
    http::limit const last = limit_of_confirmation(request->timeouts, begun);
    std::shared_ptr<realtime_state> const state(new realtime_state(std::move(request), std::move(response), how));
    realtime_session session(state);
    if (how.call_id.empty()) {
        try {
            co_await realtime_state::confirm(state, last);
        } catch (error const& e) {
            state->finish(e.code());
            throw;
        }
    }
    if (how.transcribes && !deployment.empty()) {
        realtime_settings settings;
        settings.type = "transcription";
        settings.transcribe_with(std::move(deployment));
        co_await session.update(settings);
    }
    co_return session;
}

// Sending

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> send_text(std::shared_ptr<realtime_state> state,
                                                                 std::string command, std::exception_ptr failure)
{
    if (failure)
        std::rethrow_exception(failure);
    if (!state)
        throw error(errc::invalid_argument, "this session was never opened, or was moved; use realtime::connect()");
    co_await state->socket().send(std::move(command));
}

/// An error found here is kept for the coroutine to throw.
inline boost::asio::awaitable<void> send_command(std::shared_ptr<realtime_state> state, realtime_command const& what)
{
    std::string text;
    std::exception_ptr failure;
    try {
        text = json::to_text(what);
        if (state && state->is_preview())
            text = to_preview(text);
    } catch (...) {
        failure = std::current_exception();
    }
    return send_text(std::move(state), std::move(text), std::move(failure));
}

/// The format of the audio that the session hears, as far as the service has told.
inline std::string_view heard_format(realtime_settings const& settings)
{
    bool const is_told = settings.audio && settings.audio->input && settings.audio->input->format &&
                         !settings.audio->input->format->type.empty();
    return is_told ? std::string_view(settings.audio->input->format->type) : "audio/pcm";
}

/// The samples as an event. Its base64 needs no quoting.
inline std::string append_command(std::span<std::int16_t const> samples)
{
    std::string bytes;
    bytes.reserve(2 * samples.size());
    for (std::int16_t const sample : samples) {
        auto const value = static_cast<std::uint16_t>(sample);
        bytes.push_back(static_cast<char>(value & 0xff));
        bytes.push_back(static_cast<char>(value >> 8));
    }
    return R"({"type":"input_audio_buffer.append","audio":")" + to_base64(bytes) + "\"}";
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void>
send_samples(std::shared_ptr<realtime_state> state, std::vector<std::string> commands, std::exception_ptr failure)
{
    for (std::string& command : commands)
        co_await send_text(state, std::move(command), nullptr);
    if (failure)
        std::rethrow_exception(failure);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::size_t>
run_calls(std::shared_ptr<realtime_state> state, std::vector<tool_call> calls, toolbox tools, tool_options how)
{
    if (calls.empty())
        co_return 0;
    tool_calls running(co_await boost::asio::this_coro::executor, tools, how, std::move(calls));
    std::optional<std::size_t> ended = co_await running.next();
    while (ended) {
        realtime_command result("conversation.item.create");
        result.item = function_call_output(running.calls()[*ended].id, running.results()[*ended].value_or(""));
        co_await send_command(state, result);
        ended = co_await running.next();
    }
    realtime_command const go_on("response.create");
    co_await send_command(state, go_on);
    co_return running.calls().size();
}

inline std::vector<tool_call> tool_calls_of(realtime_event const& event)
{
    std::vector<tool_call> calls;
    if (event.type != realtime_event_type::response_done || !event.response)
        return calls;
    for (function_call& from : event.response->tool_calls()) {
        if (from.status != "incomplete")
            calls.push_back(to_tool_call(std::move(from)));
    }
    return calls;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<std::optional<realtime_event>>
next_event(std::shared_ptr<realtime_state> state)
{
    std::optional<realtime_event> event;
    if (state)
        event = co_await realtime_state::next(std::move(state));
    co_return event;
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> close_session(std::shared_ptr<realtime_state> state)
{
    if (!state)
        co_return;
    co_await state->socket().close();
    state->close();
}

// Secrets

struct secret_expiry
{
    secret_expiry() = default;

    std::string anchor = "created_at";
    std::int64_t seconds = 0;
};
BOOST_DESCRIBE_STRUCT(secret_expiry, (), (anchor, seconds))

struct secret_request
{
    secret_request() = default;

    realtime_settings session;
    secret_expiry expires_after;
};
BOOST_DESCRIBE_STRUCT(secret_request, (), (session, expires_after))

class secret_sink final : public json_sink
{
public:
    explicit secret_sink(realtime_secret& reply)
        : json_sink({&reply, &json::type_of<realtime_secret>::value}, nullptr),
          reply_(reply)
    {}

private:
    std::string missing() const override { return reply_.value.empty() ? "the answer has no key" : ""; }

    realtime_secret const& reply_;
};

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<realtime_secret> fetch_secret(std::shared_ptr<pending_request> request)
{
    realtime_secret reply;
    secret_sink body(reply);
    open_response head;
    co_await send_with_retries(*request, &body, head);
    co_return reply;
}

} // namespace detail

FOUNDRY_DECL boost::asio::awaitable<realtime_session> realtime::connect(std::string_view deployment,
                                                                        realtime_options const& how) const
{
    std::shared_ptr<detail::pending_request> request = detail::prepare_session(state_, deployment, how);
    return detail::open_session(std::move(request), how, std::string(deployment));
}
FOUNDRY_DECL boost::asio::awaitable<realtime_session> realtime::connect(std::string_view deployment) const
{
    return connect(deployment, realtime_options());
}

FOUNDRY_DECL boost::asio::awaitable<realtime_secret> realtime::make_secret(realtime_settings settings,
                                                                           std::chrono::seconds lifetime) const
{
    std::shared_ptr<detail::pending_request> const request(
        new detail::pending_request(state_, detail::operations::realtime, "realtime/client_secrets"));
    try {
        detail::secret_request body;
        body.session = std::move(settings);
        if (!body.session.type)
            body.session.type = "realtime";
        body.expires_after.seconds = lifetime.count();
        detail::request_spec spec;
        spec.json = {&body, &json::type_of<detail::secret_request>::value};
        detail::build_request(*request, std::move(spec), call_options());
    } catch (...) {
        request->validation_error = std::current_exception();
    }
    return detail::fetch_secret(request);
}

FOUNDRY_DECL realtime_session::realtime_session() noexcept = default;
FOUNDRY_DECL realtime_session::realtime_session(std::shared_ptr<detail::realtime_state> state) noexcept
    : state_(std::move(state))
{}
FOUNDRY_DECL realtime_session::realtime_session(realtime_session&&) noexcept = default;
FOUNDRY_DECL realtime_session& realtime_session::operator=(realtime_session&& other) noexcept
{
    realtime_session const before(std::exchange(state_, std::move(other.state_)));
    return *this;
}
FOUNDRY_DECL realtime_session::~realtime_session()
{
    if (state_)
        state_->close();
}

FOUNDRY_DECL boost::asio::awaitable<std::optional<realtime_event>> realtime_session::next()
{
    return detail::next_event(state_);
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::send(realtime_command const& what)
{
    return detail::send_command(state_, what);
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::send_raw(std::string event)
{
    return detail::send_text(state_, std::move(event), nullptr);
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::update(realtime_settings const& what)
{
    realtime_command command("session.update");
    command.session = what;
    if (!what.type && state_)
        command.session->type = state_->settings().type.value_or("realtime");
    return send(command);
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::append(std::span<std::int16_t const> samples)
{
    constexpr std::size_t in_event = 2400; // 100 ms
    constexpr std::size_t most = 60 * 24000;
    std::vector<std::string> commands;
    std::exception_ptr failure;
    if (samples.size() > most) {
        failure = std::make_exception_ptr(
            error(errc::invalid_argument, "append() takes at most 60 s of samples; call it more often"));
        samples = {};
    }
    if (std::string_view const heard = detail::heard_format(settings()); heard != "audio/pcm") {
        failure = std::make_exception_ptr(
            error(errc::invalid_argument, "append() takes samples, and this session hears " + std::string(heard) +
                                              "; send its bytes as `audio` of a realtime_command"));
        samples = {};
    }
    for (; !samples.empty(); samples = samples.subspan((std::min)(samples.size(), in_event)))
        commands.push_back(detail::append_command(samples.first((std::min)(samples.size(), in_event))));
    return detail::send_samples(state_, std::move(commands), std::move(failure));
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::commit()
{
    return send(realtime_command("input_audio_buffer.commit"));
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::clear()
{
    return send(realtime_command("input_audio_buffer.clear"));
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::say(std::string words)
{
    return add(realtime_message(chat_role::user, std::move(words)));
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::add(response_item const& item, std::string after)
{
    realtime_command command("conversation.item.create");
    command.item = item;
    if (!after.empty())
        command.previous_item_id = std::move(after);
    return send(command);
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::retrieve(std::string item_id)
{
    realtime_command command("conversation.item.retrieve");
    command.item_id = std::move(item_id);
    return send(command);
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::remove(std::string item_id)
{
    realtime_command command("conversation.item.delete");
    command.item_id = std::move(item_id);
    return send(command);
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::truncate(std::string item_id,
                                                                     std::chrono::milliseconds played)
{
    realtime_command command("conversation.item.truncate");
    command.item_id = std::move(item_id);
    command.content_index = 0;
    command.audio_end_ms = played.count();
    return send(command);
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::respond()
{
    return send(realtime_command("response.create"));
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::respond(realtime_response_options const& how)
{
    realtime_command command("response.create");
    command.response = how;
    return send(command);
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::cancel_response()
{
    return send(realtime_command("response.cancel"));
}

FOUNDRY_DECL boost::asio::awaitable<std::size_t>
realtime_session::answer_calls(realtime_event const& event, toolbox const& tools, tool_options const& how)
{
    return detail::run_calls(state_, detail::tool_calls_of(event), tools, how);
}
FOUNDRY_DECL boost::asio::awaitable<std::size_t> realtime_session::answer_calls(realtime_event const& event,
                                                                                toolbox const& tools)
{
    return answer_calls(event, tools, tool_options());
}

FOUNDRY_DECL boost::asio::awaitable<void> realtime_session::close() { return detail::close_session(state_); }

FOUNDRY_DECL realtime_settings const& realtime_session::settings() const noexcept
{
    static realtime_settings const none;
    return state_ ? state_->settings() : none;
}
FOUNDRY_DECL response_info const& realtime_session::info() const noexcept
{
    static response_info const none;
    return state_ ? state_->info() : none;
}
FOUNDRY_DECL std::uint16_t realtime_session::close_code() const noexcept
{
    return state_ ? state_->socket().close_code() : std::uint16_t(0);
}
FOUNDRY_DECL std::string const& realtime_session::close_reason() const noexcept
{
    static std::string const none;
    return state_ ? state_->socket().close_reason() : none;
}
FOUNDRY_DECL std::exception_ptr realtime_session::failure() const { return state_ ? state_->failure() : nullptr; }

FOUNDRY_DECL std::vector<boost::json::value> functions_of(toolbox const& tools)
{
    response_request list;
    for (tool_definition const& each : tools.definitions(false))
        list.add_function(each.function);
    for (boost::json::value& each : list.tools)
        each.as_object().erase("strict"); // realtime sessions have no such member
    return std::move(list.tools);
}

} // namespace foundry::inline FOUNDRY_ABI
