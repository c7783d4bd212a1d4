// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/options.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI {
namespace http {

/// The head of a response.
struct response_head
{
    response_head() = default;

    unsigned status = 0;
    header_list headers;
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
/// Interim responses (1xx) are skipped, at most eight. Refused: content codings (none was asked for), transfer codings other
/// than `chunked`, statuses outside 200 to 599, more than 256 fields. Trailers are dropped.
///
/// @throws foundry::error from feed() and end(): `errc::unexpected_reply` where it is not such a response,
/// `errc::limit_exceeded` where it is larger than the limits, `errc::stream_truncated` where it ends too early.
class response_parser
{
public:
    explicit response_parser(std::size_t head_limit);
    response_parser(response_parser&&) noexcept;
    response_parser& operator=(response_parser&&) noexcept;
    ~response_parser();

    /// Takes bytes and says how many it has done with; the rest must come again, with more behind it.
    /// Stops behind the head, and at the end of the message.
    std::size_t feed(std::string_view bytes);

    /// The connection has ended, in good order.
    void end();

    bool has_head() const noexcept;
    response_head& head() noexcept;
    /// How many bytes of body the response may have from here on, and where they go; without a sink they are dropped.
    void deliver_to(body_sink* sink, std::size_t body_limit);

    bool done() const noexcept;
    /// Whether the connection may carry another message.
    bool keep_alive() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace http
} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/http/impl/response_parser.ipp>
#endif
