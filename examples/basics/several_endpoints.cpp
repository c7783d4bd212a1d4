// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Two resources for one client: if the first one has no capacity left, the second one answers.
//
// Two emulators in this process are the resources, so that the first can be made to fail; replace them by your own endpoints and keys.

#include <foundry.hpp>
#include <foundry/endpoints.hpp>
#include <foundry/testing/emulator.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <iostream>

namespace asio = boost::asio;
using foundry::testing::answer;
using foundry::testing::emulator;

foundry::endpoint at(emulator const& service, std::string const& url)
{
    foundry::endpoint where{url};
    where.connect_to("127.0.0.1", service.tls_port()); // yours: without
    return where;
}

/// Says where each attempt goes.
class where_it_goes final : public foundry::observer
{
    void on_event(foundry::call_event const& e) noexcept override
    {
        if (e.what == foundry::call_event::kind::attempt)
            std::cout << "[" << e.server_address << ", " << e.model << "] ";
    }
};

asio::awaitable<void> ask()
{
    emulator provisioned;
    emulator standard;
    foundry::endpoints all;
    all.add(at(provisioned, "https://provisioned.openai.azure.com/openai/v1"), foundry::api_key{provisioned.api_key()},
            "gpt-4o");
    all.add(at(standard, "https://standard.openai.azure.com/openai/v1"), foundry::api_key{standard.api_key()},
            "gpt-4o-mini");

    foundry::options how;
    how.tls.ca_certificates = provisioned.ca_certificate() + standard.ca_certificate(); // yours: without
    how.observer = std::make_shared<where_it_goes>();
    foundry::client client{co_await asio::this_coro::executor, all, how};

    provisioned.queue(
        answer::json(429, R"({"error":{"code":"429","message":"no capacity"}})").header("Retry-After", "1"));
    for (int i = 0; i != 3; ++i) {
        foundry::chat_completion reply = co_await client.complete("chat", "How many feet are in a mile?");
        std::cout << reply.text() << '\n';
    }
    asio::steady_timer pause{co_await asio::this_coro::executor, std::chrono::milliseconds{1100}};
    co_await pause.async_wait(asio::use_awaitable);
    foundry::chat_completion reply = co_await client.complete("chat", "How many feet are in a mile?");
    std::cout << reply.text() << '\n';
}

int main() { return foundry::run(ask()); }
