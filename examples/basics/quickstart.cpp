#include <foundry.hpp>
#include <iostream>

boost::asio::awaitable<void> chat()
{
    foundry::client client{co_await boost::asio::this_coro::executor,
                           foundry::endpoint{"https://contoso.services.ai.azure.com/models"}, foundry::api_key{"..."}};
    foundry::chat_request request{"Mistral-Large-2411"};
    request.system("You are a helpful assistant.").user("How many feet are in a mile?");
    foundry::chat_stream answer = co_await client.stream(request);
    while (auto const* chunk = co_await answer.read())
        std::cout << chunk->text() << std::flush;
}

int main() { return foundry::run(chat()); }
