// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/send_once.hpp>
#include <foundry/detail/http/response_parser.hpp>
#include <foundry/options.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// The lines of a file that the service keeps, as they arrive. If the connection breaks, the file is asked for again, and what has arrived
/// of it is skipped.
class content_lines final : http::body_sink
{
public:
    content_lines(std::shared_ptr<client_state> state, std::string id, call_options with);
    content_lines(content_lines const&) = delete;
    content_lines& operator=(content_lines const&) = delete;
    ~content_lines() = default;

    /// The next line, without its end; nothing after the last one.
    ///
    /// @throws foundry::error, `errc::limit_exceeded` for a line above `size_limits::event_line` or a file above `size_limits::download`.
    boost::asio::awaitable<std::optional<std::string>> next();

private:
    void on_body(std::string_view bytes) override;
    bool take_line(std::string& line);
    boost::asio::awaitable<void> open();
    boost::asio::awaitable<void> wait_after(error failed);

    std::shared_ptr<client_state> state_;
    std::string id_;
    call_options with_;
    retry_options retry_;                   // of the call
    std::optional<open_response> response_; // empty before the first and between two requests
    std::string buffer_;
    std::size_t scanned_ = 0;    // of the buffer: it has no end of a line
    std::uint64_t received_ = 0; // bytes of the file
    std::uint64_t to_skip_ = 0;  // bytes that have come before
    unsigned failures_ = 0;      // in a row
    bool is_complete_ = false;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/content_lines.ipp>
#endif
