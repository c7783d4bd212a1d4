// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A run with functions, shown while it happens. The conversation belongs to the program, and stays valid if the run is left.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

#include "../configuration.hpp"

#include <foundry/tools.hpp>

#include <iostream>
#include <string>

namespace asio = boost::asio;
using foundry::tool_event_type;

struct place
{
    std::string city;
};
BOOST_DESCRIBE_STRUCT(place, (), (city))

asio::awaitable<void> ask()
{
    configuration const my;
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.services.ai.azure.com/models"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options

    foundry::toolbox tools;
    tools.add("get_weather", "The weather now", [](place p) { return "18 degrees and sunny in " + p.city; });
    foundry::chat_request request{my.model()};
    request.user("What is the weather in Paris?");

    foundry::tool_run run{request}; // must outlive the events
    foundry::async_generator<foundry::tool_event> events = client.stream(run, tools);
    while (auto event = co_await events.next()) {
        if (event->type == tool_event_type::text)
            std::cout << event->text << std::flush;
        else if (event->type == tool_event_type::call_begins)
            std::cout << '[' << event->call.function.name << " ...]\n";
        else if (event->type == tool_event_type::result)
            std::cout << '[' << event->call.function.arguments << " -> " << event->text << "]\n";
    }

    run.messages.emplace_back(foundry::chat_role::user, "Tell me a story.");
    events = client.stream(run, tools);
    for (std::size_t pieces = 0; pieces != 5; ++pieces)
        co_await events.next();
    events = {}; // leaves the run; the text that has arrived is in the history
    std::cout << '\n' << run.messages.size() << " messages; the last: " << run.messages.back().text() << '\n';
}

int main() { return foundry::run(ask()); }
