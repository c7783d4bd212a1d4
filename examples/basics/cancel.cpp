// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Three ways to stop an answer: leave the loop, race a timer, and emit a signal. Each closes the connection, which stops the model.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

#include "../configuration.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <iostream>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

asio::awaitable<void> tell(foundry::client<> client, std::string model, std::size_t max_size)
{
    try {
        foundry::chat_stream chunks = co_await client.stream(model, "Tell me a story.");
        std::size_t size = 0;
        while (auto const* chunk = co_await chunks.read()) {
            std::cout << chunk->text() << std::flush;
            size += chunk->text().size();
            if (size > max_size)
                break; // `chunks` goes out of scope, which closes the connection
        }
    } catch (foundry::error const& e) { // not a cancellation, which is a system_error but no foundry::error
        std::cout << e.what();
    }
}

asio::awaitable<void> stop()
{
    configuration const my;
    auto const executor = co_await asio::this_coro::executor;
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.services.ai.azure.com/models"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{executor, endpoint, key, my.options()}; // yours: without options

    co_await tell(client, my.model(), 40);
    std::cout << " ... [stopped after 40 characters]\n";

    asio::steady_timer timer{executor, 1s};
    co_await (tell(client, my.model(), 4000) || timer.async_wait(asio::use_awaitable));
    std::cout << " ... [stopped after a second]\n";

    asio::cancellation_signal signal; // such as a button's
    timer.expires_after(1s);
    timer.async_wait([&signal](boost::system::error_code) { signal.emit(asio::cancellation_type::terminal); });
    try {
        co_await asio::co_spawn(executor, tell(client, my.model(), 4000),
                                asio::bind_cancellation_slot(signal.slot(), asio::use_awaitable));
    } catch (boost::system::system_error const& e) { // a catch of foundry::error, which is derived from it, comes first
        std::cout << " ... [stopped by a signal: " << e.code().message() << "]\n";
    }
}

int main() { return foundry::run(stop()); }
