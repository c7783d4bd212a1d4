// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Microsoft Entra ID instead of a key: no secret to keep, and nothing blocks while a token is fetched.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

#include "../configuration.hpp"

#include <foundry/entra/default_azure_credential.hpp>

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> chat()
{
    configuration const my;
    foundry::endpoint endpoint = my.endpoint(); // yours: endpoint{"https://contoso.services.ai.azure.com/models"}
    // Yours: foundry::entra::default_azure_credential{}, or for Azure's own machines managed_identity_credential{}. The identity
    // needs the role "Cognitive Services User". If the program uses the emulator, this is a client secret that it knows.
    foundry::any_credential identity = my.token_credential();
    foundry::client client{co_await asio::this_coro::executor, endpoint, identity,
                           my.options()}; // yours: without options

    foundry::chat_completion reply = co_await client.complete(my.model(), "How many feet are in a mile?");
    std::cout << reply.text() << '\n';

    // The token is kept, shared by the copies of the client, and renewed before it expires.
    reply = co_await client.complete(my.model(), "What is the capital of France?");
    std::cout << reply.text() << '\n';
}

int main() { return foundry::run(chat()); }
