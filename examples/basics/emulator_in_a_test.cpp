// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A test of a function that calls a model: no network, no key, no cost, and it decides what the service answers.

#include <foundry.hpp>
#include <foundry/testing/emulator.hpp>

#include <iostream>
#include <stdexcept>

namespace asio = boost::asio;
using foundry::testing::answer;

/// The function under test. Since it takes a client, it does not know where that leads.
asio::awaitable<std::string> summary(foundry::client<> client, std::string text)
{
    foundry::chat_request request{"gpt-4o-mini"};
    request.system("Summarise in one line.").user(std::move(text));
    foundry::chat_completion reply = co_await client.complete(request);
    co_return std::string{reply.text()};
}

void require(bool holds, char const* what)
{
    if (!holds)
        throw std::runtime_error(what);
}

asio::awaitable<void> test()
{
    foundry::testing::emulator service;
    foundry::endpoint endpoint{
        "https://contoso.services.ai.azure.com/models"}; // the real URL, its certificate check included
    endpoint.connect_to("127.0.0.1", service.tls_port());
    foundry::options options;
    options.tls.ca_certificates = service.ca_certificate();
    foundry::client client{co_await asio::this_coro::executor, endpoint, foundry::api_key{service.api_key()}, options};

    service.queue(answer::json(429, R"({"error":{"code":"429","message":"Too many requests."}})"));
    service.queue(answer::chat("Miles are long."));
    std::string const line = co_await summary(client, "A mile has 5,280 feet.");
    require(line == "Miles are long.", "the summary is the model's");
    require(service.requests() == 2, "a 429 is retried");
    std::string const sent = service.journal().back().body;
    require(foundry::chat_request::from_json(sent).messages.size() == 2, "the text follows the instruction");
    std::cout << "passed\n";
}

int main() { return foundry::run(test()); }
