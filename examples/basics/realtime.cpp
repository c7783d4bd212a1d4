// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// A conversation on one connection: events both ways, in text here; speech goes the same way.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <foundry/realtime.hpp>
#include <foundry/realtime_accumulator.hpp>

#include <iostream>
#include <stdexcept>

namespace asio = boost::asio;

asio::awaitable<void> talk()
{
    configuration const my("https://contoso.openai.azure.com/openai/v1");
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.openai.azure.com/openai/v1"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options

    foundry::realtime const realtime{client};
    foundry::realtime_session session = co_await realtime.connect("gpt-realtime");
    foundry::realtime_settings settings;
    settings.instructions = "You are a ferryman of few words.";
    settings.answer_in("text");
    co_await session.update(settings);

    foundry::realtime_accumulator items;
    for (char const* question : {"How many feet are in a mile?", "And how many in two?"}) {
        std::cout << "you: " << question << "\nmodel: ";
        co_await session.say(question);
        co_await session.respond();
        for (bool is_answered = false; !is_answered;) {
            std::optional<foundry::realtime_event> event = co_await session.next();
            if (!event)
                co_return; // the service has closed the session
            if (event->type == foundry::realtime_event_type::error)
                throw std::runtime_error(printable(event->error->message));
            std::cout << printable(event->text()) << std::flush;
            (void)items.add(*event);
            is_answered = event->type == foundry::realtime_event_type::response_done;
        }
        std::cout << '\n';
    }
    co_await session.close();
    std::cout << items.items().size() << " items in the conversation\n";
}

int main() { return foundry::run(talk()); }
