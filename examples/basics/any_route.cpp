// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A route that has no function in the library: a described type and one line, with the same credential, errors and limits. The routes
// here are those of the v1 API.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

#include "../configuration.hpp"

#include <foundry/call.hpp>

#include <boost/json/parse.hpp>

#include <iostream>

namespace asio = boost::asio;

struct stored_response : foundry::answer
{
    std::string id;
    std::string status;
    boost::json::object extra; // all other members
};
BOOST_DESCRIBE_STRUCT(stored_response, (), (id, status, extra))

asio::awaitable<void> ask()
{
    configuration const my{"https://contoso.openai.azure.com/openai/v1"};
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.openai.azure.com/openai/v1"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options

    boost::json::object body;
    body["model"] = my.model();
    body["input"] = "How many feet are in a mile?";
    stored_response made = co_await client.call<stored_response>(foundry::route{"POST", "responses"}, body);
    std::cout << made.id << " is " << made.status << ", request " << made.info().request_id() << '\n';

    body["stream"] = true; // the type that is asked for says how the answer is read
    foundry::event_stream events =
        co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"}, body);
    while (auto const* event = co_await events.read()) {
        if (event->event == "response.output_text.delta")
            std::cout << boost::json::parse(event->data).at("delta").as_string().c_str() << std::flush;
        else if (event->event == "response.completed")
            std::cout << "\n[completed]\n";
    }
}

int main() { return foundry::run(ask()); }
