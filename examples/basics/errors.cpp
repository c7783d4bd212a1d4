// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What a failed call says, as an exception and as a value. The program asks for a deployment that does not exist.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

#include "../configuration.hpp"

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> fail()
{
    configuration const my;
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.services.ai.azure.com/models"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options

    try {
        foundry::chat_completion reply = co_await client.complete("no-such-model", "Hello.");
        std::cout << reply.text() << '\n';
    } catch (foundry::error const& e) {
        std::cout << e.what() << "\n\n"; // one line for a log, without secrets
        std::cout << "status   " << e.status() << "\nservice  " << e.service_code() << ": " << e.message()
                  << "\nadvice   " << e.advice() << "\nrequest  " << e.request_id() << "\n\n";
    }

    // A catch block cannot contain co_await. A value can be followed by another call.
    auto reply = co_await foundry::as_result(client.complete("no-such-model", "Hello."));
    if (!reply && reply.error().code() == foundry::errc::model_not_found)
        reply = co_await foundry::as_result(client.complete(my.model(), "Hello."));
    if (reply)
        std::cout << "The second model says: " << reply->text() << '\n';
    else
        std::cout << reply.error().what() << '\n';
}

int main() { return foundry::run(fail()); }
