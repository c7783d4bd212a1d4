// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Functions of the program that the model calls before it answers: one is a coroutine and takes a class, the other takes nothing.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

#include "../configuration.hpp"

#include <foundry/tools.hpp>

#include <ctime>
#include <iostream>
#include <string>

namespace asio = boost::asio;

struct place
{
    std::string city;
};
BOOST_DESCRIBE_STRUCT(place, (), (city)) // its JSON Schema is what the model reads

asio::awaitable<void> ask()
{
    configuration const my;
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.services.ai.azure.com/models"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options

    foundry::chat_request request{my.model()}; // the name of your deployment
    request.user("What is the weather in Paris and in Rome, and what is the time?");

    foundry::toolbox tools;
    tools.add("get_weather", "The weather now", [](place p) -> asio::awaitable<std::string> {
        co_return "18 degrees and sunny in " + p.city; // yours: ask a weather service
    });
    tools.add("get_time", "Seconds since 1 January 1970, UTC", [] { return std::time(nullptr); });
    foundry::tool_run run = co_await client.complete(request, tools); // asks, calls, and asks again, until it answers
    std::cout << run.reply.text() << '\n';

    std::cout << run.rounds << " rounds, " << run.usage.total_tokens << " tokens\n";
    for (foundry::chat_message const& message : run.messages) { // the whole conversation, for the next question
        for (foundry::tool_call const& call : message.tool_calls)
            std::cout << "called " << call.function.name << ' ' << call.function.arguments << '\n';
    }
}

int main() { return foundry::run(ask()); }
