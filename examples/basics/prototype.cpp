// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// One question, with one header and nothing to link but OpenSSL:
//
//     prototype URL KEY MODEL "How many feet are in a mile?"

#define FOUNDRY_IMPLEMENTATION
#include "foundry.hpp"

#include <iostream>

boost::asio::awaitable<void> ask(std::string url, std::string key, std::string model, std::string question)
{
    foundry::client client{co_await boost::asio::this_coro::executor, url, key};
    foundry::chat_stream answer = co_await client.stream(model, question);
    while (auto const* chunk = co_await answer.read())
        std::cout << chunk->text() << std::flush;
    std::cout << '\n';
}

int main(int count, char** words)
{
    if (count != 5) {
        std::cerr << "Usage: prototype URL KEY MODEL QUESTION\n";
        return 2;
    }
    return foundry::run(ask(words[1], words[2], words[3], words[4]));
}
