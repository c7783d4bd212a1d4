// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/http/websocket_parser.hpp>
#include <foundry/error.hpp>

#include <algorithm>
#include <utility>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

FOUNDRY_DECL bool websocket_parser::next(std::string_view& bytes, websocket_item& out)
{
    if (failure_ != nullptr)
        throw_failure();
    if (is_closed_ && !bytes.empty())
        fail(close_code::protocol_error, "the server sends more after its close frame");
    while (take_head(bytes)) {
        std::string_view const piece =
            bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), payload_left_)));
        bytes.remove_prefix(piece.size());
        payload_left_ -= piece.size();
        in_payload_ = payload_left_ != 0;
        if (is_control() ? take_control(piece, out) : take_data(piece, out))
            return true;
    }
    return false;
}

/// Returns false if it needs more bytes, of the head or of a payload.
FOUNDRY_DECL bool websocket_parser::take_head(std::string_view& bytes)
{
    if (in_payload_)
        return !bytes.empty();
    while (head_size_ < 2 || head_size_ < head_length()) {
        if (bytes.empty())
            return false;
        head_[head_size_++] = bytes.front();
        bytes.remove_prefix(1);
        if (head_size_ == 2)
            check_start();
    }
    head_size_ = 0;
    on_head();
    return true;
}

/// Checks the first two bytes of a head.
FOUNDRY_DECL void websocket_parser::check_start()
{
    unsigned const type = head_byte(0) & 0x0f;
    bool const has_begun = message_type_ != websocket_opcode::continuation;
    char const* const wrong = (head_byte(0) & 0x70) != 0                 ? "a frame has a reserved bit"
                              : (type & 0x07) > 2                        ? "a frame has a reserved opcode"
                              : (head_byte(1) & 0x80) != 0               ? "a frame of the server is masked"
                              : is_control() && !is_final()              ? "a control frame is fragmented"
                              : is_control() && head_byte(1) > 125       ? "a control frame is longer than 125 bytes"
                              : !is_control() && type == 0 && !has_begun ? "a continuation has no message"
                              : !is_control() && type != 0 && has_begun
                                  ? "a message begins before the end of the previous one"
                                  : nullptr;
    if (wrong != nullptr)
        fail(close_code::protocol_error, wrong);
}

FOUNDRY_DECL void websocket_parser::on_head()
{
    payload_left_ = read_length();
    if (is_control()) {
        control_.clear();
        return;
    }
    if (opcode() != websocket_opcode::continuation) {
        message_type_ = opcode();
        message_.clear();
        checked_ = 0;
    }
    if (payload_left_ > max_message_ - message_.size())
        fail(close_code::too_large, "a message is larger than the limit");
}

FOUNDRY_DECL std::uint64_t websocket_parser::read_length()
{
    std::size_t const size = head_length();
    if (size == 2)
        return head_byte(1);
    std::uint64_t length = 0;
    for (std::size_t i = 2; i != size; ++i)
        length = length << 8 | head_byte(i);
    if (length >> 63 != 0)
        fail(close_code::protocol_error, "the length of a frame has more than 63 bits");
    if (length < (size == 4 ? 126U : 65536U))
        fail(close_code::protocol_error, "the length of a frame is not in its shortest form");
    return length;
}

FOUNDRY_DECL bool websocket_parser::take_data(std::string_view piece, websocket_item& out)
{
    bool const is_complete = is_final() && !in_payload_;
    bool const is_lent = is_complete && message_.empty();
    std::string_view const payload = is_lent ? piece : std::string_view(message_.append(piece));
    if (message_type_ == websocket_opcode::text)
        check_text(payload, is_complete);
    if (!is_complete)
        return false;
    out.type = std::exchange(message_type_, websocket_opcode::continuation);
    out.payload = payload;
    out.close_code = close_code::none;
    return true;
}

FOUNDRY_DECL bool websocket_parser::take_control(std::string_view piece, websocket_item& out)
{
    bool const is_lent = !in_payload_ && control_.empty();
    std::string_view const payload = is_lent ? piece : std::string_view(control_.append(piece));
    if (in_payload_)
        return false;
    out.type = opcode();
    out.payload = payload;
    out.close_code = close_code::none;
    if (out.type == websocket_opcode::close)
        read_close(out);
    return true;
}

FOUNDRY_DECL void websocket_parser::read_close(websocket_item& out)
{
    is_closed_ = true;
    if (out.payload.empty())
        return;
    if (out.payload.size() == 1)
        fail(close_code::protocol_error, "a close frame has half a code");
    auto const high = static_cast<unsigned char>(out.payload[0]);
    auto const low = static_cast<unsigned char>(out.payload[1]);
    out.close_code = static_cast<std::uint16_t>(high << 8 | low);
    out.payload.remove_prefix(2);
    if (!valid_close_code(out.close_code))
        fail(close_code::protocol_error, "a close frame has an invalid code");
    if (!foundry::detail::valid_utf8(out.payload))
        fail(close_code::invalid_text, "the reason of a close frame is not UTF-8");
}

/// `text` is what has arrived of the message.
FOUNDRY_DECL void websocket_parser::check_text(std::string_view text, bool is_complete)
{
    checked_ += foundry::detail::valid_utf8_prefix(text.substr(checked_));
    if (checked_ != text.size() && (is_complete || !foundry::detail::is_cut_utf8(text.substr(checked_))))
        fail(close_code::invalid_text, "a text message is not UTF-8");
}

FOUNDRY_DECL void websocket_parser::fail(std::uint16_t code, char const* why)
{
    failure_code_ = code;
    failure_ = why;
    throw_failure();
}

FOUNDRY_DECL void websocket_parser::throw_failure() const
{
    failure f;
    f.service_message = failure_;
    throw error(make_error_code(failure_code_ == close_code::too_large ? errc::limit_exceeded : errc::unexpected_reply),
                std::move(f));
}

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI
