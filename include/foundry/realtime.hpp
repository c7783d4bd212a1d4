// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/client.hpp>
#include <foundry/realtime_event.hpp>
#include <foundry/realtime_options.hpp>
#include <foundry/toolbox.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {

namespace detail {
class realtime_state;
}

/// A conversation by text and speech on one WebSocket.
///
/// Executor: that of the coroutine that opened it, which must be serial. One coroutine reads, and another may send.
/// Cancellation: of next() and close(); what has arrived is not lost. A cancelled send may have been sent.
/// Object lifetimes: destroying it, or assigning to it, while next() waits is valid: next() then returns nothing. A session that is destroyed
/// is closed.
/// Memory: at most 8 MiB of events that were not read, and 1 MiB that was not sent, or one event that is larger.
class realtime_session
{
public:
    realtime_session() noexcept;
    explicit realtime_session(std::shared_ptr<detail::realtime_state> state) noexcept;
    realtime_session(realtime_session&&) noexcept;
    realtime_session& operator=(realtime_session&&) noexcept;
    ~realtime_session();

    /// Waits for the next event. Empty at the end: after close(), or when the service has ended the session in order (codes 1000 and 1001).
    ///
    /// An `error` of the session is an event, and the session goes on. So it does after an event that is not JSON or not of the expected
    /// shape: next() throws `unexpected_reply` for it, and then returns what follows. For what breaks the session, failure() is not null.
    ///
    /// @throws foundry::error with a code of `errc`: `stream_truncated` if the connection broke, `silence_timeout`, `write_timeout`,
    /// `unexpected_reply` and `limit_exceeded` for what breaks the protocol, `client_closed`; for another close code the code of its reason,
    /// else `service_error`. `std::bad_alloc` if there was no memory for an event.
    boost::asio::awaitable<std::optional<realtime_event>> next();

    /// @name What the program tells the session
    /// Each waits while 1 MiB is still to be sent, and else completes at once.
    ///
    /// @throws foundry::error with a code of `errc`: `invalid_argument` if the event cannot be sent, or the session has been closed;
    /// what ended the session.
    /// @{
    /// Any event.
    boost::asio::awaitable<void> send(realtime_command const& what);
    /// Any event as JSON, in the version that the service speaks; it is not checked. With realtime_event::raw() for a relay.
    boost::asio::awaitable<void> send_raw(std::string event);
    /// Changes the settings that are set.
    boost::asio::awaitable<void> update(realtime_settings const& what);

    /// Adds what the microphone has heard, in events of 100 ms.
    ///
    /// @param samples mono, 24,000 a second; at most 60 s. A session that hears another format than `audio/pcm` takes its bytes by send(), as
    /// `realtime_command::audio`.
    boost::asio::awaitable<void> append(std::span<std::int16_t const> samples);
    /// Ends the user's turn; only without turn detection.
    boost::asio::awaitable<void> commit();
    /// Forgets the audio that was not committed.
    boost::asio::awaitable<void> clear();

    /// Adds a message of the user. respond() asks for the answer.
    boost::asio::awaitable<void> say(std::string words);
    /// Adds any item.
    ///
    /// @param after id of the item before it; `root`: it becomes the first; empty: the last.
    boost::asio::awaitable<void> add(response_item const& item, std::string after = {});
    boost::asio::awaitable<void> retrieve(std::string item_id);
    boost::asio::awaitable<void> remove(std::string item_id);
    /// Tells how much of a spoken item the user has heard before the interruption.
    ///
    /// @param played of its audio.
    boost::asio::awaitable<void> truncate(std::string item_id, std::chrono::milliseconds played);

    boost::asio::awaitable<void> respond();
    boost::asio::awaitable<void> respond(realtime_response_options const& how);
    /// Ends the answer that is being made.
    boost::asio::awaitable<void> cancel_response();
    /// @}

    /// Runs the functions that a response calls, sends their results, and asks for the next answer. Does nothing for an event that is not
    /// `response_done`, and for a response without calls. Events go on arriving meanwhile.
    ///
    /// @param tools list them in `realtime_settings::tools`, as by `functions_of()`.
    /// @param how `before_call`, `parallel`, `max_result` and `report_exceptions` hold.
    /// @return the number of calls.
    /// @throws foundry::error as send(); what a function throws.
    boost::asio::awaitable<std::size_t> answer_calls(realtime_event const& event, toolbox const& tools,
                                                     tool_options const& how);
    boost::asio::awaitable<std::size_t> answer_calls(realtime_event const& event, toolbox const& tools);

    /// Closes the session: tells the service, and waits for its close frame, at most 5 s.
    boost::asio::awaitable<void> close();

    /// The settings, as the service has confirmed them in the last `session_created` or `session_updated` that next() has read.
    realtime_settings const& settings() const noexcept;
    /// The head of the response by which the service opened the session.
    response_info const& info() const noexcept;
    /// By which code and for which reason the service has closed the session (RFC 6455, 7.4); 0: it has not.
    std::uint16_t close_code() const noexcept;
    std::string const& close_reason() const noexcept;
    /// What broke the session, as next() throws it after the events before it; null: nothing did. For programs in which what next() throws
    /// is lost, as beside a timer with `||`.
    std::exception_ptr failure() const;

private:
    std::shared_ptr<detail::realtime_state> state_;
};

/// A key for one session, for programs that cannot keep a secret, such as games. Wire format: `RealtimeCreateClientSecretResponse`.
struct realtime_secret
{
    realtime_secret() = default;

    std::string value;           ///< The key; a credential such as `bearer_token{value}` or `api_key{value}`.
    std::int64_t expires_at = 0; ///< Seconds since 1970: until then a session may be opened.
    std::optional<realtime_settings> session;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(realtime_secret, (), (value, expires_at, session, extra))

/// Speech and text both ways: `GET realtime`, on the v1 and the dated form of Azure OpenAI, and on servers that have it.
///
///     foundry::realtime realtime{client};
///     foundry::realtime_session session = co_await realtime.connect("gpt-realtime");
///     co_await session.say("How many feet are in a mile?");
///     co_await session.respond();
///     while (auto event = co_await session.next()) {
///         std::cout << event->text() << std::flush;
///         if (event->type == foundry::realtime_event_type::response_done)
///             break;
///     }
///
/// A cheap handle made from a client; executor, cancellation, object lifetimes and thread safety are the client's. A session takes one of
/// the client's connections as long as it lasts.
class realtime
{
public:
    explicit realtime(basic_client const& client) noexcept : state_(detail::state_of(client)) {}

    /// Opens a session, and waits until the service has confirmed it.
    ///
    /// @param deployment of a realtime model; empty: that of the endpoint. With `realtime_options::transcribes`, that of the transcription
    /// model; with `call_id` it is ignored.
    /// @throws foundry::error with a code of `errc`, as other calls; `unexpected_reply` if the server speaks no WebSocket.
    boost::asio::awaitable<realtime_session> connect(std::string_view deployment) const;
    boost::asio::awaitable<realtime_session> connect(std::string_view deployment, realtime_options const& how) const;

    /// Makes a key for a session: `POST realtime/client_secrets`, on the v1 form.
    ///
    /// @param settings its model, and what the session is to be.
    /// @param lifetime 10 s to 2 hours.
    boost::asio::awaitable<realtime_secret> make_secret(realtime_settings settings,
                                                        std::chrono::seconds lifetime = std::chrono::minutes(10)) const;

private:
    std::shared_ptr<detail::client_state> state_;
};

/// The functions of a toolbox as `realtime_settings::tools` lists them.
FOUNDRY_DECL std::vector<boost::json::value> functions_of(toolbox const& tools);

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/realtime.ipp>
#endif
