// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>

/// Many requests, some of them at a time, which knows no operation.
namespace foundry::inline FOUNDRY_ABI::detail {

/// One request, or some that were made of it, and what comes of it.
class bulk_part
{
public:
    virtual ~bulk_part() = default;

    /// An exception ends the run, after what came of this part and of those before it.
    virtual boost::asio::awaitable<void> ask() = 0;
};

/// What a run asks for.
class bulk_input
{
public:
    virtual ~bulk_input() = default;

    /// Null at the end.
    virtual boost::asio::awaitable<std::unique_ptr<bulk_part>> read() = 0;
};

struct bulk_state;

/// The parts of an input. They are read and asked for on one executor from the first next() on, also between its calls, as long as the
/// window has room for them.
class bulk_run
{
public:
    /// @param in_flight how many parts are asked for at a time; the window has room for twice as many.
    /// @param in_order whether next() returns the parts in the order of the input; otherwise as they end.
    /// @param on_end is told each part that has ended well.
    bulk_run(boost::asio::any_io_executor executor, std::unique_ptr<bulk_input> input, std::size_t in_flight,
             bool in_order, std::function<void(bulk_part const&)> on_end);
    /// Cancels the requests. The input is destroyed at once, or, if it waits, as soon as that has ended.
    ~bulk_run();
    bulk_run(bulk_run const&) = delete;
    bulk_run& operator=(bulk_run const&) = delete;

    /// Waits for the next part that has ended; it is valid until the next call. Null if there are no more. If a part or the input throws,
    /// it throws the same after what was before.
    ///
    /// Cancellation: cancels the requests and the input, and waits until all have ended.
    boost::asio::awaitable<bulk_part*> next();

private:
    std::shared_ptr<bulk_state> state_;
};

} // namespace foundry::inline FOUNDRY_ABI::detail

#ifdef FOUNDRY_HEADER_ONLY
#include <foundry/detail/operations/impl/bulk_run.ipp>
#endif
