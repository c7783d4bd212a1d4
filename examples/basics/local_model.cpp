// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A model on this machine: llama.cpp, vLLM, Ollama, Foundry Local and other servers with OpenAI's API.
//
//     local_model [URL MODEL]
//
// Without arguments it uses the emulator, which then behaves like llama.cpp.

#include <foundry.hpp>
#include <foundry/testing/emulator.hpp>

#include <iostream>
#include <optional>

namespace asio = boost::asio;

asio::awaitable<void> chat(std::string url, std::string model)
{
    std::optional<foundry::testing::emulator> emulator;
    foundry::endpoint endpoint{url.empty() ? "http://localhost:8080/v1" : url}; // Ollama: http://localhost:11434/v1
    if (url.empty()) {
        foundry::testing::emulator_options like;
        like.local = foundry::testing::local_server::llama_cpp();
        emulator.emplace(like);
        endpoint.connect_to("127.0.0.1", emulator->plain_port());
    }
    foundry::client client{co_await asio::this_coro::executor, endpoint, foundry::no_credential{}};

    foundry::chat_request request{model};
    request.user("How many feet are in a mile?");
    request.extra["top_k"] = 40; // a parameter that only this server has
    foundry::chat_stream chunks = co_await client.stream(request);
    while (auto const* chunk = co_await chunks.read())
        std::cout << chunk->text() << std::flush;
    std::cout << '\n';
}

int main(int argc, char** argv)
{
    return foundry::run(chat(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "gpt-4o-mini"));
}
