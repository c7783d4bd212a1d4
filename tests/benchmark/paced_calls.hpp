// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>

namespace benchmark {

/// Runs the context until all calls have ended, of which `rate` begin in a second. A loop that is late begins the missing ones at once.
///
/// @param begin begins the call of a number.
inline void run_paced(boost::asio::io_context& context, std::size_t calls, std::size_t rate,
                      std::function<void(std::size_t)> begin)
{
    using clock = std::chrono::steady_clock;
    boost::asio::steady_timer timer(context);
    auto const start = clock::now();
    std::size_t begun = 0;
    std::function<void()> wait = [&] {
        std::chrono::duration<double> const passed = clock::now() - start;
        auto const due = std::min(calls, 1 + static_cast<std::size_t>(passed.count() * static_cast<double>(rate)));
        while (begun != due)
            begin(begun++);
        if (begun == calls)
            return;
        timer.expires_at(start + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(
                                     static_cast<double>(begun) / static_cast<double>(rate))));
        timer.async_wait([&](boost::system::error_code) { wait(); });
    };
    wait();
    context.run();
}

} // namespace benchmark
