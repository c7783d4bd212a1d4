// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/testing/impl/realtime_conversation.ipp>
#include <foundry/testing/impl/realtime_input.ipp>
#include <foundry/testing/impl/realtime_responses.ipp>
#include <foundry/testing/impl/realtime_session.ipp>
#include <foundry/testing/impl/realtime_state.ipp>
#include <foundry/testing/impl/service_realtime.ipp>
#include <foundry/testing/impl/session_stream.ipp>
#include <foundry/testing/realtime.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace foundry::inline FOUNDRY_ABI::testing::detail {

namespace websocket = boost::beast::websocket;

/// The WebSocket of one session: passes the client's events to the session and sends the server's.
class realtime_connection : public std::enable_shared_from_this<realtime_connection>
{
public:
    realtime_connection(std::shared_ptr<wire> socket, realtime_opening opening, emulator_options const& emulator,
                        std::shared_ptr<realtime_state> state);
    ~realtime_connection();
    realtime_connection(realtime_connection const&) = delete;
    realtime_connection& operator=(realtime_connection const&) = delete;

    asio::awaitable<void> run();

private:
    using clock = std::chrono::steady_clock;

    void configure();
    asio::awaitable<bool> accept();
    asio::awaitable<void> read_events();
    asio::awaitable<void> write_events();
    asio::awaitable<bool> send_next();
    asio::awaitable<void> close(std::uint16_t code, std::string reason);
    asio::awaitable<void> sleep_until(clock::time_point time);
    asio::awaitable<void> wait_for_room();
    bool has_next() const;
    clock::time_point next_time() const;
    void wake();

    std::shared_ptr<wire> wire_;
    realtime_opening opening_;
    std::shared_ptr<realtime_state> state_;
    answer_reader faults_;
    std::uint64_t number_;
    realtime_session session_;
    websocket::stream<session_stream> socket_;
    asio::steady_timer signal_; ///< Of the coroutine that writes.
    asio::steady_timer room_;   ///< Of the coroutine that reads, while too many events are to be sent.
    clock::time_point end_;
    clock::time_point next_ping_;
    std::size_t sent_ = 0; ///< Number of events.
    bool reads_ = false;
    bool ended_ = false;
    std::uint16_t close_code_ = 0;
    std::string close_reason_;
};

FOUNDRY_DECL write_faults write_faults_of(answer_reader const& given)
{
    write_faults made;
    made.sizes = given.sizes();
    made.cut_after = given.cut_after();
    made.hangs = given.hangs();
    made.pace = given.pace();
    return made;
}

FOUNDRY_DECL realtime_connection::realtime_connection(std::shared_ptr<wire> socket, realtime_opening opening,
                                                      emulator_options const& emulator,
                                                      std::shared_ptr<realtime_state> state)
    : wire_(std::move(socket)),
      opening_(std::move(opening)),
      state_(std::move(state)),
      faults_(opening_.faults.value_or(answer::realtime())),
      number_(state_->began(opening_.request)),
      session_(opening_, emulator, state_->options, number_, [state = state_] { return state->next_queued(); }),
      socket_(wire_, write_faults_of(faults_)),
      signal_(wire_->socket().get_executor()),
      room_(wire_->socket().get_executor()),
      end_(clock::now() + state_->options.session_lifetime),
      next_ping_((clock::time_point::max)())
{
    if (state_->options.ping_interval.count() > 0)
        next_ping_ = clock::now() + state_->options.ping_interval;
}

FOUNDRY_DECL realtime_connection::~realtime_connection() { state_->ended(number_, close_code_, close_reason_); }

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void> realtime_connection::run()
{
    if (faults_.delay().count() > 0)
        co_await sleep_until(clock::now() + faults_.delay());
    bool const open = co_await accept();
    if (!open)
        co_return;
    auto const expires =
        std::chrono::system_clock::now() + std::chrono::duration_cast<std::chrono::seconds>(end_ - clock::now());
    session_.begin(std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count());
    reads_ = true;
    asio::co_spawn(wire_->socket().get_executor(), read_events(), asio::detached);

    co_await write_events();
    if (close_code_ != 0) { // without a close frame, the end of the stream was read
        if (faults_.hangs() && faults_.cut_after())
            co_await wire_->wait_until_closed();
        else
            co_await wire_->finish();
    }
    socket_.next_layer().abort();
    room_.cancel();
    while (reads_)
        co_await sleep_until((clock::time_point::max)());
}

FOUNDRY_DECL void realtime_connection::configure()
{
    websocket::stream_base::timeout limits;
    limits.handshake_timeout = std::chrono::seconds(10);
    limits.idle_timeout = websocket::stream_base::none();
    limits.keep_alive_pings = false;
    socket_.set_option(limits);
    socket_.read_message_max(std::size_t{32} * 1024 * 1024);
    socket_.auto_fragment(state_->options.fragment_bytes > 0);
    if (state_->options.fragment_bytes > 0)
        socket_.write_buffer_bytes(std::max<std::size_t>(state_->options.fragment_bytes, 8));
    socket_.control_callback([this](websocket::frame_type kind, boost::beast::string_view) {
        if (kind == websocket::frame_type::pong)
            state_->ponged(number_);
    });
    auto headers = opening_.headers;
    headers.insert(headers.end(), faults_.headers().begin(), faults_.headers().end());
    auto const protocols =
        tokens_of(opening_.request.header("sec-websocket-protocol").value_or(std::string_view()), false);
    if (contains(protocols, "realtime"))
        headers.emplace_back("sec-websocket-protocol", "realtime");
    socket_.set_option(websocket::stream_base::decorator([headers](websocket::response_type& response) {
        response.erase(boost::beast::http::field::server);
        for (auto const& [name, value] : headers)
            response.insert(name, value);
    }));
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<bool> realtime_connection::accept()
{
    configure();
    boost::beast::http::request<boost::beast::http::empty_body> request(boost::beast::http::verb::get,
                                                                        opening_.request.target, 11);
    for (auto const& [name, value] : opening_.request.headers)
        request.insert(name, value);
    boost::system::error_code failed;
    co_await socket_.async_accept(request, asio::redirect_error(asio::use_awaitable, failed));
    co_return !failed;
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void> realtime_connection::read_events()
{
    auto const self = shared_from_this();
    boost::system::error_code failed;
    boost::beast::flat_buffer buffer;
    while (!failed) {
        co_await wait_for_room();
        buffer.clear();
        co_await socket_.async_read(buffer, asio::redirect_error(asio::use_awaitable, failed));
        if (failed)
            break;
        std::string event(static_cast<char const*>(buffer.data().data()), buffer.size());
        if (socket_.got_text())
            session_.receive(event, clock::now());
        else
            session_.refuse_binary();
        state_->received(number_, std::move(event));
        wake();
    }
    if (failed == websocket::error::closed && !ended_) {
        close_code_ = static_cast<std::uint16_t>(socket_.reason().code);
        close_reason_.assign(socket_.reason().reason.data(), socket_.reason().reason.size());
        if (close_code_ == 0)
            close_code_ = 1005;
    }
    ended_ = true;
    reads_ = false;
    wake();
}

/// Holds up the client while too many events are to be sent.
FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void> realtime_connection::wait_for_room()
{
    constexpr std::size_t max_events = 1000;
    while (session_.outbox().size() > max_events && !ended_) {
        boost::system::error_code woken;
        room_.expires_at((clock::time_point::max)());
        co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

FOUNDRY_DECL void realtime_connection::wake() { signal_.cancel(); }

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void> realtime_connection::sleep_until(clock::time_point time)
{
    boost::system::error_code woken;
    signal_.expires_at(time);
    co_await signal_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

/// Whether an event may be sent now.
FOUNDRY_DECL bool realtime_connection::has_next() const
{
    auto const stops = faults_.cut_after_event();
    bool const hangs = faults_.hangs() && !faults_.cut_after() && sent_ >= stops.value_or(0);
    return !hangs && session_.has_events();
}

FOUNDRY_DECL realtime_connection::clock::time_point realtime_connection::next_time() const
{
    auto const step = session_.next_step().value_or((clock::time_point::max)());
    return (std::min)((std::min)(end_, next_ping_), step);
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void> realtime_connection::write_events()
{
    while (!ended_) {
        if (faults_.close_after_event() && sent_ >= *faults_.close_after_event()) {
            co_await close(faults_.close_code(), faults_.close_reason());
            break;
        }
        if (faults_.cut_after_event() && sent_ >= *faults_.cut_after_event() && !faults_.hangs())
            break;
        if (has_next()) {
            bool const sent = co_await send_next();
            if (!sent)
                break;
            continue;
        }
        if (opening_.wrong_key) {
            co_await close(3000, "invalid_request_error.invalid_api_key");
            break;
        }
        auto const now = clock::now();
        if (now >= end_) {
            co_await close(1001, "Your session hit the maximum duration of 60 minutes.");
            break;
        }
        if (now >= next_ping_) {
            boost::system::error_code failed;
            websocket::ping_data const nothing;
            co_await socket_.async_ping(nothing, asio::redirect_error(asio::use_awaitable, failed));
            next_ping_ = now + state_->options.ping_interval;
        }
        session_.run(now);
        if (!session_.has_events() || !has_next())
            co_await sleep_until(next_time());
    }
    ended_ = true;
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<bool> realtime_connection::send_next()
{
    boost::system::error_code failed;
    auto const event = std::move(session_.outbox().front());
    session_.outbox().pop_front();
    room_.cancel();
    socket_.text(true);
    co_await socket_.async_write(asio::buffer(event), asio::redirect_error(asio::use_awaitable, failed));
    ++sent_;
    co_return !failed;
}

/// Closes the session and waits for the client's close frame.
FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void> realtime_connection::close(std::uint16_t code, std::string reason)
{
    ended_ = true; // what the client closes with now is an echo
    boost::system::error_code failed;
    websocket::close_reason why;
    why.code = code;
    reason.resize((std::min)(reason.size(), why.reason.max_size()));
    why.reason.assign(reason.data(), reason.size());
    co_await socket_.async_close(why, asio::redirect_error(asio::use_awaitable, failed));
    co_await wire_->finish();
}

FOUNDRY_DECL FOUNDRY_CORO asio::awaitable<void>
realtime_state::serve(std::shared_ptr<wire> socket, realtime_opening opening, emulator_options const& emulator)
{
    auto const one =
        std::make_shared<realtime_connection>(std::move(socket), std::move(opening), emulator, shared_from_this());
    co_await one->run();
}

} // namespace foundry::inline FOUNDRY_ABI::testing::detail
