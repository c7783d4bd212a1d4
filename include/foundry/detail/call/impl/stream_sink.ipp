// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/error_body.hpp>
#include <foundry/detail/call/json_sink.hpp>
#include <foundry/detail/call/stream_sink.hpp>
#include <foundry/detail/http/byte_source.hpp>

#include <algorithm>
#include <exception>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL void stream_sink::start(pending_request const& request, response_info const& info)
{
    is_document_ = request.is_media && has_json(info);
    pending_.clear();
    begin_.clear();
}

FOUNDRY_DECL void stream_sink::on_body(std::string_view bytes)
{
    if (!is_document_)
        pending_.append(bytes);
    begin_.append(bytes.substr(0, max_kept_body - (std::min)(begin_.size(), max_kept_body)));
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> stream_sink::flush()
{
    is_begun_ = true;
    try {
        co_await target_.write(pending_);
    } catch (...) {
        throw http::body_failure{std::current_exception(), errc::sink_failed};
    }
    pending_.clear();
}

FOUNDRY_DECL bool stream_sink::rewind() { return !is_begun_ || target_.rewind(); }

FOUNDRY_DECL void stream_sink::finish(pending_request const& request, response_info const& info)
{
    throw_error_in_bytes(request, info, begin_);
}

} // namespace foundry::inline FOUNDRY_ABI::detail
