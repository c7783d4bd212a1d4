// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A run with tools that are made elsewhere.

#include <foundry/tools.hpp>

boost::asio::awaitable<void> ask(foundry::client<> client, foundry::chat_request request, foundry::toolbox tools)
{
    foundry::tool_run const run = co_await client.complete(request, tools);
}
