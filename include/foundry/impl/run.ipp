// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <foundry/run.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>

namespace foundry::inline FOUNDRY_ABI {

FOUNDRY_DECL int run(boost::asio::awaitable<void> program)
{
    try {
        boost::asio::io_context context{1};
        boost::asio::co_spawn(context, std::move(program), rethrow);
        context.run();
        return 0;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "%s\n", e.what());
    } catch (...) {
        std::fputs("the program has thrown something that is no std::exception\n", stderr);
    }
    return 1;
}

} // namespace foundry::inline FOUNDRY_ABI
