// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/error.hpp>
#include <foundry/response_headers.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// The head of a response.
struct response_head
{
    response_head() = default;

    unsigned status = 0;
    response_headers headers;
};

/// Takes the body as it is decoded from its transfer coding. The bytes are valid during the call.
class body_sink
{
public:
    virtual void on_body(std::string_view bytes) = 0;

protected:
    ~body_sink() = default;
};

/// Reads one HTTP/1.1 response, whatever pieces it arrives in; knows no socket.
///
/// Interim responses (1xx) are skipped, at most eight. Refused: content codings (none was asked for; of an error only the body is
/// then of no use), transfer codings other than `chunked`, statuses outside 200 to 599, more than 256 fields, lines not ended by
/// CRLF, more than one length. Folded lines of the head are joined by a blank (RFC 9112, 5.2).
/// Trailers are dropped, and count as part of the head where its size is limited.
///
/// @throws foundry::error from feed() and end(): `errc::unexpected_reply` where it is not such a response,
/// `errc::limit_exceeded` where it is larger than the limits, `errc::stream_truncated` where it ends too early.
class response_parser
{
public:
    explicit response_parser(std::size_t head_limit) : head_limit_(head_limit), head_left_(head_limit) {}

    /// Takes bytes and says how many it has done with; the rest must come again, with more behind it.
    /// Stops behind the head, and at the end of the message.
    std::size_t feed(std::string_view bytes);

    /// Begins anew, with a message from its first byte on.
    void restart();

    /// The connection has ended, in good order.
    void end();

    bool has_head() const noexcept { return at_ > place::field; }
    response_head& head() noexcept { return head_; }
    /// How many bytes of body the response may have from here on, and where they go; without a sink they are dropped.
    void deliver_to(body_sink* sink, std::size_t body_limit);

    bool done() const noexcept { return at_ == place::end; }
    /// Whether the body says itself where it ends; else it ends with the connection.
    bool has_framing() const noexcept { return chunked_ || length_.has_value(); }
    /// Whether the connection may carry another message.
    bool keep_alive() const noexcept { return keep_alive_; }

private:
    /// What the next byte belongs to.
    enum class place
    {
        status_line,
        field,
        sized_body,
        until_eof, // until the connection ends
        chunk_size,
        chunk,
        chunk_end,
        trailer,
        end,
    };

    bool take_line(std::string_view& rest);
    void on_line(std::string_view line);
    void on_status_line(std::string_view line);
    void on_field(std::string_view line);
    std::string_view name_in(std::string_view field) const;
    void unfold(std::string_view line);
    void on_head();
    void on_chunk_size(std::string_view line);
    void take_body(std::string_view& rest);
    [[noreturn]] void fail(char const* why) const;
    [[noreturn]] void refuse_size(char const* what) const;
    [[noreturn]] void fail(errc code, char const* why, char const* advice) const;

    response_head head_;
    std::size_t head_limit_;
    std::size_t head_left_;
    std::size_t body_left_ = 0;   // of what the caller takes
    std::uint64_t part_left_ = 0; // of the body or of the chunk
    std::size_t scan_pos_ = 0;    // of a line that has not ended yet
    std::optional<std::uint64_t> length_;
    body_sink* sink_ = nullptr;
    int interim_ = 0;
    place at_ = place::status_line;
    bool chunked_ = false;
    bool closing_ = false;
    bool keep_alive_ = false;
    bool is_encoded_ = false;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/response_parser.ipp>
#endif
