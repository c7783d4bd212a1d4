// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/http/exchange.hpp>
#include <foundry/detail/http/turn.hpp>
#include <foundry/detail/http/websocket_parser.hpp>
#include <foundry/detail/http/websocket_writer.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// Limits of a WebSocket; a time of 0 is none.
struct websocket_limits
{
    std::size_t max_message = 32 * 1024 * 1024;
    std::size_t max_unread = 8 * 1024 * 1024; ///< Messages that wait to be read; one larger may wait alone.
    std::size_t max_unsent = 1024 * 1024;     ///< Bytes that wait to be sent; one larger message may wait alone.
    std::chrono::milliseconds ping{0};        ///< Time between pings.
    std::chrono::milliseconds silence{0};     ///< Time without a byte, while it reads.
    std::chrono::milliseconds write{0};       ///< Time in which the peer takes no byte.
    std::chrono::milliseconds close{5000};    ///< Time from the close frame to the peer's.
};

/// Messages both ways over a connection that has switched to the WebSocket protocol. It reads by itself, also if no call waits for a
/// message: pings are answered, and the end is noticed. It stops while its queue is full.
///
/// All functions run on the executor of the exchange, which must be serial. One coroutine at a time calls next().
class websocket : public boost::intrusive_ref_counter<websocket>
{
public:
    /// @param opened an exchange whose response has status 101.
    websocket(boost::intrusive_ptr<exchange> opened, websocket_limits const& within);
    websocket(websocket const&) = delete;
    websocket& operator=(websocket const&) = delete;

    /// Begins to read. To be called once.
    void start();

    /// Waits for the next message. Empty at the end, after the messages that came before it, and if the time has passed.
    ///
    /// @throws foundry::error what broke the connection or the protocol, after the messages that came before it.
    boost::asio::awaitable<std::optional<std::string>> next(clock::time_point until = never);
    /// Sends a text. Waits while too much is unsent.
    ///
    /// @throws foundry::error (`errc::invalid_argument`) after close() and after the end; what broke the connection.
    boost::asio::awaitable<void> send(std::string message);

    /// Sends a close frame, and waits for the peer's. Messages that arrive meanwhile are dropped.
    boost::asio::awaitable<void> close();
    /// Sends a close frame, if that needs no wait, and closes the connection.
    void abandon() noexcept;

    /// The peer's; 0: it has sent none.
    std::uint16_t close_code() const noexcept { return close_code_; }
    std::string const& close_reason() const noexcept { return close_reason_; }
    bool is_over() const noexcept { return is_over_; }
    /// What broke it; null: nothing did.
    std::exception_ptr const& failure() const noexcept { return failure_; }

private:
    friend boost::asio::awaitable<void> read_websocket(boost::intrusive_ptr<websocket> socket);
    friend boost::asio::awaitable<void> write_websocket(boost::intrusive_ptr<websocket> socket);
    friend boost::asio::awaitable<void> watch_websocket(boost::intrusive_ptr<websocket> socket);

    connection::step read_some(std::size_t& count);
    bool has_room() const noexcept { return messages_.empty() || unread_ < limits_.max_unread || has_sent_close_; }
    void take(std::string_view bytes);
    void take(websocket_item const& item);
    /// Writes what the socket takes now.
    void flush();
    void append(websocket_opcode type, std::string_view payload);
    void begin_close(std::uint16_t code);
    void end(std::exception_ptr why);
    void wake_all() noexcept;
    std::size_t unsent() const noexcept { return outgoing_.size() - written_; }
    /// Whether a message of this size must wait.
    bool is_full(std::size_t size) const noexcept { return unsent() != 0 && unsent() + size > limits_.max_unsent; }
    void check_sendable() const;
    /// The time of the next limit.
    clock::time_point next_limit() const noexcept;
    void check_limits(clock::time_point now);
    void watch_from_now();

    boost::intrusive_ptr<exchange> exchange_;
    connection& connection_;
    websocket_limits limits_;
    websocket_parser parser_;

    std::deque<std::string> messages_;
    std::size_t unread_ = 0; // bytes of them, about
    turn turn_;              // of next()
    std::string outgoing_;
    std::size_t written_ = 0;         // bytes of it
    std::optional<std::string> pong_; // the answer to the last ping, which is not in `outgoing_` yet

    boost::asio::steady_timer arrived_; // cancelled when next() has something to return
    boost::asio::steady_timer room_;    // cancelled when there is room for messages
    boost::asio::steady_timer output_;  // cancelled when there is something to write
    boost::asio::steady_timer sent_;    // cancelled when something was written
    boost::asio::steady_timer over_;    // cancelled at the end
    boost::asio::steady_timer watch_;   // fires at the next limit
    clock::time_point watched_until_ = never;
    std::size_t senders_ = 0; // that wait

    clock::time_point ping_at_ = never;
    clock::time_point silent_at_ = never;
    clock::time_point late_at_ = never; // of a write
    clock::time_point close_at_ = never;

    std::uint16_t close_code_ = 0;
    std::string close_reason_;
    std::exception_ptr failure_;                  // thrown by next() once, and by send()
    boost::asio::steady_timer* reader_ = nullptr; // of next(), as long as it waits
    bool is_failure_told_ = false;
    bool has_sent_close_ = false;
    bool is_write_broken_ = false;
    bool is_over_ = false;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/websocket.ipp>
#endif
