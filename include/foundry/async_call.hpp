// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI {

/// A call for callers that are not coroutines, with any of Asio's completion tokens:
///
///     std::future<foundry::chat_completion> reply =
///         foundry::async_call(pool.get_executor(), client.complete(request), asio::use_future);
///
/// The call runs on a strand over `executor`, which may be run by any number of threads. Its completion has the signature
/// `void(std::exception_ptr, T)`, or `void(std::exception_ptr)` for an `awaitable<void>`, and runs on the executor of the handler, or
/// else on that strand. A cancellation slot of the handler cancels the call.
///
/// @return what the token makes of it: a future, an awaitable, nothing for a function.
template <class T, class CompletionToken>
auto async_call(boost::asio::any_io_executor const& executor, boost::asio::awaitable<T> call, CompletionToken&& token)
{
    return boost::asio::co_spawn(boost::asio::make_strand(executor), std::move(call),
                                 std::forward<CompletionToken>(token));
}

} // namespace foundry::inline FOUNDRY_ABI
