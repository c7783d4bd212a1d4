// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/awaitable.hpp>

#include <exception>

namespace foundry::inline FOUNDRY_ABI {

/// Runs a coroutine to its end, on a context and in the thread of the caller: what `main` needs.
///
///     int main() { return foundry::run(ask()); }
///
/// If the coroutine throws, `what()` goes to the standard error stream.
///
/// @return 0, or 1 if it has thrown.
FOUNDRY_DECL int run(boost::asio::awaitable<void> program);

/// The type of `rethrow`.
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

/// A completion handler that throws out of the context's `run()` what the coroutine threw, so that no error passes unseen:
///
///     asio::co_spawn(context, ask(), foundry::rethrow);
///
/// The value of an `awaitable<T>` is dropped.
inline constexpr rethrow_handler rethrow{};

} // namespace foundry::inline FOUNDRY_ABI

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/impl/run.ipp>
#endif
