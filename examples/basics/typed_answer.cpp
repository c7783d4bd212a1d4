// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// An answer that is a class of the program: all at once, and while it arrives.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

#include "../configuration.hpp"

#include <foundry/structured.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;

struct recipe
{
    std::string title;
    std::vector<std::string> steps;
    int minutes = 0;
};
BOOST_DESCRIBE_STRUCT(recipe, (), (title, steps, minutes))

asio::awaitable<void> ask()
{
    configuration const my;
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.services.ai.azure.com/models"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options

    foundry::chat_request request{my.model()}; // the name of your deployment
    request.user("A recipe for bread that takes 90 minutes.");

    foundry::structured<recipe> answer = co_await client.complete<recipe>(request);
    std::cout << answer.value.title << ", " << answer.value.minutes << " minutes\n";
    for (std::string const& step : answer.value.steps)
        std::cout << "* " << step << '\n';

    foundry::structured_stream<recipe> chunks = co_await client.stream<recipe>(request);
    std::size_t shown = 0;
    while (co_await chunks.read()) { // fills the value with what has arrived
        recipe const& so_far = chunks.partial();
        if (so_far.steps.empty())
            continue;
        std::cout << so_far.steps.front().substr(shown) << std::flush; // the first step, while the model writes it
        shown = so_far.steps.front().size();
    }
    std::cout << "\nready after " << chunks.partial().minutes << " minutes\n";
}

int main() { return foundry::run(ask()); }
