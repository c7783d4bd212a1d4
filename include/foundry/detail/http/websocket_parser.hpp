// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>
#include <foundry/detail/http/websocket_frame.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// A whole message or a control frame from a server.
struct websocket_item
{
    websocket_item() = default;
    websocket_opcode type = websocket_opcode::text; ///< Never `continuation`.
    std::string_view payload;                       ///< Of a close frame: the reason. Valid UTF-8 if text or a reason.
    std::uint16_t close_code = close_code::none;    ///< Of a close frame.
};

/// Parses what a WebSocket server sends after the handshake (RFC 6455, without extensions), in pieces of any size. Has no socket.
///
/// ```
/// std::string_view rest = bytes;
/// while (parser.next(rest, item))
///     ...
/// ```
///
/// Fragments are joined. Text is checked as it arrives, so that an invalid byte is found before the end of the message. Memory grows with
/// the bytes that arrive, never by a length that a frame declares, to at most twice the limit; a frame that lies within the given bytes
/// and is a whole message is not copied.
///
/// Thread safety: as a value.
class websocket_parser
{
public:
    /// @param max_message maximum size of a message in bytes.
    explicit websocket_parser(std::size_t max_message) : max_message_(max_message) {}

    /// The next message or control frame. Removes what it has read from the front of `bytes`; pass the rest to the next call.
    ///
    /// The payload is a view of `bytes` or of the parser: valid until the next call, and while the memory of `bytes` is unchanged.
    ///
    /// @returns false if it has read all bytes and needs more.
    /// @throws foundry::error if the server breaks the protocol (`errc::unexpected_reply`) or a message exceeds the limit
    /// (`errc::limit_exceeded`), also in all further calls. failure_code() is then the code of the close frame to send.
    bool next(std::string_view& bytes, websocket_item& out);

    /// Whether the close frame has arrived. No byte may follow it.
    bool is_closed() const noexcept { return is_closed_; }
    /// After a failure of next(): protocol_error, invalid_text or too_large. Otherwise 0.
    std::uint16_t failure_code() const noexcept { return failure_code_; }

private:
    bool take_head(std::string_view& bytes);
    void check_start();
    void on_head();
    std::uint64_t read_length();
    bool take_data(std::string_view piece, websocket_item& out);
    bool take_control(std::string_view piece, websocket_item& out);
    void read_close(websocket_item& out);
    void check_text(std::string_view text, bool is_complete);
    [[noreturn]] void fail(std::uint16_t code, char const* why);
    [[noreturn]] void throw_failure() const;

    unsigned head_byte(std::size_t i) const { return static_cast<unsigned char>(head_[i]); }
    bool is_final() const { return (head_byte(0) & 0x80) != 0; }
    bool is_control() const { return (head_byte(0) & 0x08) != 0; }
    websocket_opcode opcode() const { return static_cast<websocket_opcode>(head_byte(0) & 0x0f); }
    std::size_t head_length() const { return head_byte(1) == 126 ? 4 : head_byte(1) == 127 ? 10 : 2; }

    std::size_t max_message_;
    char head_[10] = {}; // of the frame that arrives
    std::size_t head_size_ = 0;
    std::uint64_t payload_left_ = 0;
    bool in_payload_ = false; // the head is complete, the frame is not

    websocket_opcode message_type_ = websocket_opcode::continuation; // if so, no message has begun
    std::string message_;                                            // what has arrived of it, if it is not lent
    std::size_t checked_ = 0;                                        // bytes of it that are valid UTF-8
    std::string control_;                                            // what has arrived of a control frame's payload

    bool is_closed_ = false;
    std::uint16_t failure_code_ = 0;
    char const* failure_ = nullptr;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/websocket_parser.ipp>
#endif
