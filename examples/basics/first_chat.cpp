// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A question, its answer, and a second question about it.
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

    foundry::chat_request request{my.model()}; // the name of your deployment
    request.system("You are a helpful assistant.").user("How many feet are in a mile?");
    request.temperature = 0.2;

    foundry::chat_completion reply = co_await client.complete(request);
    std::cout << reply.text() << '\n';
    if (reply.usage)
        std::cout << reply.usage->prompt_tokens << " + " << reply.usage->completion_tokens << " tokens\n";

    request.add(reply.message()).user("What is the capital of France?"); // the request holds the conversation
    reply = co_await client.complete(request);
    std::cout << reply.text() << '\n';
}

int main() { return foundry::run(chat()); } // prints an error, and returns 1
