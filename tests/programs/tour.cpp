// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// One answer, the same streamed, and three vectors, as a user writes it. The tests run it once for each form of the API, and nothing
// but its URL changes.

#include <foundry.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;

asio::awaitable<void> chat()
{
    foundry::client client{co_await asio::this_coro::executor,
                           foundry::endpoint{"https://contoso.services.ai.azure.com/models"}, foundry::api_key{"..."}};

    foundry::chat_request request{"Mistral-Large-2411"};
    request.system("You are a helpful assistant.").user("How many feet are in a mile?");
    request.temperature = 0.2;

    foundry::chat_completion reply = co_await client.complete(request);
    std::cout << reply.text() << '\n';

    foundry::chat_stream chunks = co_await client.stream(request); // head received; 4xx/5xx already thrown
    while (auto const* chunk = co_await chunks.read())             // lends its chunk until the next call; next() copies
        std::cout << chunk->text() << std::flush;

    std::vector<std::string> lines{"a mile", "a foot", "a song"};
    foundry::embeddings vectors = co_await client.embed({"text-embedding-3-small", lines});
}

int main() { return foundry::run(chat()); }
