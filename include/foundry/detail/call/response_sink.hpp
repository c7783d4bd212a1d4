// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/pending_request.hpp>
#include <foundry/detail/http/exchange.hpp>
#include <foundry/response_info.hpp>

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace foundry::inline FOUNDRY_ABI::detail {

/// Takes the body of a response, once for each attempt.
class response_sink : public http::body_sink
{
public:
    /// A body begins; discards that of an earlier attempt.
    virtual void start(pending_request const& request, response_info const& info) = 0;
    /// Whether any byte resets the stall limit, or only got_content().
    virtual http::exchange::progress progress() const { return http::exchange::progress::on_signal; }
    /// Whether bytes are to be written on before more are read.
    virtual bool must_flush() const { return false; }
    virtual boost::asio::awaitable<void> flush() { return {}; }
    /// Goes back to the beginning, before another attempt; false if it cannot.
    virtual bool rewind() { return true; }
    /// The body is complete.
    ///
    /// @throws foundry::error if it is not the response that was asked for.
    virtual void finish(pending_request const& request, response_info const& info) = 0;
    /// The received text, for an error.
    virtual std::string_view text() const = 0;

protected:
    ~response_sink() = default;
};

} // namespace foundry::inline FOUNDRY_ABI::detail
