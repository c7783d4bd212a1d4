// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// How often, and how long, a call may try: for all calls of a client, and for one of them.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

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

    foundry::chat_completion reply = co_await client.complete(my.model(), "How many feet are in a mile?");
    std::cout << reply.text() << '\n';

    foundry::call_options impatient; // for one call; what is not set stays as the client has it
    impatient.timeouts.stream_total = 500ms;
    impatient.retry.max_retries = 0;
    try {
        foundry::chat_request const request = foundry::chat_request{my.model()}.user("Tell me a story.");
        foundry::chat_stream chunks = co_await client.stream(request, impatient);
        while (auto const* chunk = co_await chunks.read())
            std::cout << chunk->text() << std::flush;
    } catch (foundry::error const& e) {
        if (e.code() != foundry::errc::total_timeout)
            throw;
        std::cout << "\n[" << e.what() << "]\n"; // each step has its own code; `total` and `stream_total` share one
    }
}

int main() { return foundry::run(hurry()); }
