// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The Responses API: an answer that the service keeps, a second question that goes on from it, and a stream.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key. The Foundry Models API has no responses.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/responses.hpp>

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> talk()
{
    configuration const my("https://contoso.openai.azure.com/openai/v1");
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.openai.azure.com/openai/v1"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options
    foundry::responses const responses{client};

    foundry::response_request question{my.model(), "How many feet are in a mile?"};
    question.instructions = "Answer in one sentence.";
    foundry::response const first = co_await responses.create(question);
    std::cout << printable(first.text()) << '\n';

    foundry::response_request next{my.model(), "And what is the capital of France?"};
    next.previous_response_id = first.id; // the service has the conversation
    foundry::response_stream events = co_await responses.stream(next);
    while (auto const* event = co_await events.read()) {
        std::cout << printable(event->text()) << std::flush;
        if (event->response && event->response->usage)
            std::cout << "\n[" << event->response->usage->total_tokens << " tokens]\n";
    }
    co_await responses.remove(first.id);
}

int main() { return foundry::run(talk()); }
