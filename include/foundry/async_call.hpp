// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>

#include <utility>

namespace foundry::inline FOUNDRY_ABI {

/// Starts a call from code that is not a coroutine, with any completion token of Asio:
///
///     std::future<foundry::chat_completion> reply =
///         foundry::async_call(pool.get_executor(), client.complete(request), asio::use_future);
///
/// The call runs on a strand over `executor`, which any number of threads may run. The completion signature is
/// `void(std::exception_ptr, T)`, or `void(std::exception_ptr)` for an `awaitable<void>`; the exception is the one that the call throws.
/// The handler runs on its associated executor; without one, on that strand.
///
/// Cancellation: the handler's cancellation slot cancels the call, which then completes with `boost::asio::error::operation_aborted`.
/// Thread safety: may be called from any thread.
///
/// @return the result of the token: a future, an awaitable, or nothing for a function.
template <class T, class CompletionToken>
auto async_call(boost::asio::any_io_executor const& executor, boost::asio::awaitable<T> call, CompletionToken&& token)
{
    return boost::asio::co_spawn(boost::asio::make_strand(executor), std::move(call),
                                 std::forward<CompletionToken>(token));
}

} // namespace foundry::inline FOUNDRY_ABI
