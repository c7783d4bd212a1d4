// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// How often, and how long, a call may try: for all calls of a client, and for one of them.

#include "../configuration.hpp"

#include <chrono>
#include <iostream>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> hurry()
{
    configuration const my;
    foundry::options options = my.options(); // yours: foundry::options options;
    options.retry.max_retries = 5;           // after 429, 503, a lost connection, ...; the default is 3
    options.retry.on_retry = [](foundry::attempt const& failed, std::chrono::milliseconds wait) {
        std::cout << failed.code.message() << ", again in " << wait.count() << " ms\n";
    };
    options.timeouts.total = 30s;         // a call with all its retries; no limit by default
    options.timeouts.stream_total = 5min; // a stream, from the call to its end

    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.services.ai.azure.com/models"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, options};

    foundry::call_options impatient; // what is not set stays as the client has it
    impatient.timeouts.total = 1ms;
    impatient.retry.max_retries = 0;
    auto reply = co_await foundry::as_result(client.complete(my.model(), "How many feet are in a mile?"));
    auto late = co_await foundry::as_result(client.stream(foundry::chat_request{my.model()}.user("Hello."), impatient));
    if (reply)
        std::cout << reply->text() << '\n';
    if (!late && late.error().code() == foundry::errc::total_timeout)
        std::cout << "No answer within a millisecond: " << late.error().what() << '\n';
}

int main() { return foundry::run(hurry()); }
