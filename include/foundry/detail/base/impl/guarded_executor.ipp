// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/detail/base/guarded_executor.hpp>

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

namespace foundry::inline FOUNDRY_ABI::detail {

FOUNDRY_DECL guarded_executor::guarded_executor(boost::asio::any_io_executor const& executor)
    : executor_(boost::asio::require(executor, boost::asio::execution::blocking.never)),
      gate_(&boost::asio::use_service<gate>(boost::asio::query(executor, boost::asio::execution::context)))
{}

FOUNDRY_DECL void guarded_executor::gate::shutdown()
{
    std::lock_guard const lock(mutex);
    is_closed = true;
}

} // namespace foundry::inline FOUNDRY_ABI::detail
