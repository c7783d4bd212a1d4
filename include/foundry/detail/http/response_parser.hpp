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

/// Head of a response.
struct response_head
{
    response_head() = default;

    unsigned status = 0;
    response_headers headers;
};

/// Receives the body without its transfer coding. The bytes are valid only during the call.
class body_sink
{
public:
    virtual void on_body(std::string_view bytes) = 0;

protected:
    ~body_sink() = default;
};

/// Parses one HTTP/1.1 response (RFC 9112), in pieces of any size. Has no socket.
///
/// Skips interim responses (1xx), at most eight; a 101 is final after expect_upgrade(), and else an error. Rejects content codings, because
/// the client requests none (an error response with one keeps its status, its body is dropped), transfer codings other than `chunked`,
/// statuses outside 200 to 599, more than 256 fields, lines that do not end with CRLF, and several lengths. Joins folded lines of the head
/// with a blank (RFC 9112, 5.2). Drops trailers, which count as part of the head for its size limit.
///
/// @throws foundry::error from feed() and end(): `errc::unexpected_reply` if the bytes are not such a response, `errc::limit_exceeded` if
/// it is larger than the limits, `errc::stream_truncated` if it ends too early.
class response_parser
{
public:
    explicit response_parser(std::size_t head_limit) : head_limit_(head_limit), head_left_(head_limit) {}

    /// Parses bytes and returns how many it has consumed; pass the others again, followed by more. Stops after the head and at the end of
    /// the message.
    std::size_t feed(std::string_view bytes);

    /// Prepares for a new message.
    void restart();
    /// The message asks for another protocol: a response with status 101 has no body, and what follows is not HTTP.
    void expect_upgrade() noexcept { may_upgrade_ = true; }

    /// To call at the clean end of the connection.
    void end();

    bool has_head() const noexcept { return at_ > place::field; }
    response_head& head() noexcept { return head_; }
    /// Sets the receiver of the following bytes of the body, and how many may follow. Without a sink they are dropped.
    void deliver_to(body_sink* sink, std::size_t body_limit);

    bool done() const noexcept { return at_ == place::end; }
    /// Whether the body marks its own end, by chunked coding or Content-Length; if not, it ends with the connection.
    bool has_framing() const noexcept { return chunked_ || length_.has_value(); }
    /// Whether the server keeps the connection for another message.
    bool keep_alive() const noexcept { return keep_alive_; }

private:
    /// Element that the next byte belongs to.
    enum class place
    {
        status_line,
        field,
        sized_body,
        until_eof, // body without framing: ends with the connection
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
    std::size_t body_left_ = 0;   // body bytes until the limit of the caller
    std::uint64_t part_left_ = 0; // bytes until the end of the body or the chunk
    std::size_t scan_pos_ = 0;    // position in an incomplete line
    std::optional<std::uint64_t> length_;
    body_sink* sink_ = nullptr;
    int interim_ = 0;
    place at_ = place::status_line;
    bool chunked_ = false;
    bool closing_ = false;
    bool keep_alive_ = false;
    bool is_encoded_ = false;
    bool may_upgrade_ = false;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/http/impl/response_parser.ipp>
#endif
