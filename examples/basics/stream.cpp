// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// An answer that is printed while the model writes it, and kept for the next question.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

#include "../configuration.hpp"

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> chat()
{
    configuration const my;
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.services.ai.azure.com/models"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options

    foundry::chat_request request{my.model()};
    request.user("Tell me a story.");
    request.stream_options.emplace().include_usage = true;

    foundry::chat_stream chunks = co_await client.stream(request); // an error status has been thrown by now
    foundry::chat_accumulator all;
    while (auto const* chunk = co_await chunks.read()) { // valid until the next call; next() gives a copy
        std::cout << chunk->text() << std::flush;
        all.add(*chunk);
    }
    std::cout << '\n';
    if (auto const& usage = all.completion().usage)
        std::cout << usage->completion_tokens << " tokens\n";

    request.add(all.message()).user("How many feet are in a mile?");
    foundry::chat_stream second = co_await client.stream(request);
    foundry::chat_completion whole = co_await second.collect(); // a stream without a loop
    std::cout << whole.text() << '\n';
}

int main() { return foundry::run(chat()); }
