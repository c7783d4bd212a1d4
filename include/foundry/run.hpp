// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/awaitable.hpp>

#include <exception>

namespace foundry::inline FOUNDRY_ABI {

/// Runs a coroutine to its end, on a new context and in the calling thread. For `main`:
///
///     int main() { return foundry::run(ask()); }
///
/// If the coroutine throws, run() writes `what()` of the exception to the standard error stream. It throws nothing itself.
///
/// @return 0, or 1 if the coroutine has thrown.
FOUNDRY_DECL int run(boost::asio::awaitable<void> program);

/// Type of `rethrow`.
struct rethrow_handler
{
    void operator()(std::exception_ptr thrown) const
    {
        if (thrown)
            std::rethrow_exception(thrown);
    }
    template <class T>
    void operator()(std::exception_ptr thrown, T const&) const
    {
        (*this)(thrown);
    }
};

/// Completion handler that rethrows the exception of the coroutine out of `run()` of the context, so that no error is lost:
///
///     asio::co_spawn(context, ask(), foundry::rethrow);
///
/// It ignores the value of an `awaitable<T>`.
inline constexpr rethrow_handler rethrow{};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/run.ipp>
#endif
