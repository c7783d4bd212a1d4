// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/call/send_with_retries.hpp>
#include <foundry/detail/call/stream_sink.hpp>
#include <foundry/detail/operations/download.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> download(std::shared_ptr<pending_request> request,
                                                                std::unique_ptr<http::byte_sink> into)
{
    request->limit = &size_limits::download;
    stream_sink body(*into);
    open_response response;
    co_await send_with_retries(*request, &body, response);
}

FOUNDRY_DECL FOUNDRY_CORO boost::asio::awaitable<void> download(std::shared_ptr<pending_request> request,
                                                                std::filesystem::path into)
{
    if (request->validation_error)
        std::rethrow_exception(request->validation_error);
    file_sink file(std::move(into));
    std::unique_ptr<http::byte_sink> sink = std::make_unique<borrowed_sink<file_sink>>(file);
    co_await download(std::move(request), std::move(sink));
    file.finish();
}

} // namespace foundry::inline FOUNDRY_ABI::detail
