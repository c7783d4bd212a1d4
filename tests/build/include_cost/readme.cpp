// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The program of README.md: one answer, the same streamed, three vectors. naive.cpp is its twin.

#include <foundry.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

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

    foundry::chat_stream chunks = co_await client.stream(request);
    while (auto chunk = co_await chunks.next())
        std::cout << chunk->text() << std::flush;

    std::vector<std::string> lines{"a mile", "a foot", "a song"};
    foundry::embeddings vectors = co_await client.embed({"text-embedding-3-small", lines});
    std::cout << '\n' << vectors.size() << " vectors\n";
}

int main()
{
    asio::io_context context;
    asio::co_spawn(context, chat(), asio::detached);
    context.run();
}
