// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The pieces of code that the README shows besides the first program, word for word.

#include <foundry.hpp>

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> goes_on_talking(foundry::chat_stream chunks, foundry::chat_request request);

asio::awaitable<void> goes_on_talking(foundry::chat_stream chunks, foundry::chat_request request)
{
    // clang-format off
foundry::chat_accumulator all;
while (auto chunk = co_await chunks.next()) {
    std::cout << chunk->text() << std::flush;
    all.add(*chunk);
}
request.add(all.message()).user("And in metres?");
    // clang-format on
}
