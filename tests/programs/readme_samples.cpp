// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The pieces of code that the README shows besides the first program, word for word.

#include <foundry.hpp>
#include <foundry/call.hpp>
#include <foundry/entra/default_azure_credential.hpp>
#include <foundry/media.hpp>

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> goes_on_talking(foundry::chat_stream chunks, foundry::chat_request request);

asio::awaitable<void> goes_on_talking(foundry::chat_stream chunks, foundry::chat_request request)
{
    // clang-format off
foundry::chat_accumulator all;
while (auto const* chunk = co_await chunks.read()) {
    std::cout << chunk->text() << std::flush;
    all.add(*chunk);
}
request.add(all.message()).user("And in metres?");
    // clang-format on
}

asio::awaitable<void> asks_without_a_key();

asio::awaitable<void> asks_without_a_key()
{
    // clang-format off
foundry::client client{co_await asio::this_coro::executor,
                       foundry::endpoint{"https://contoso.services.ai.azure.com/models"},
                       foundry::entra::default_azure_credential{}};
    // clang-format on
    co_await client.complete("Mistral-Large-2411", "Hello.");
}

asio::awaitable<void> looks_at_a_picture(foundry::client<> client);

asio::awaitable<void> looks_at_a_picture(foundry::client<> client)
{
    // clang-format off
std::vector<foundry::content_part> parts;
parts.push_back(foundry::content_part::from_text("What is in this picture?"));
parts.push_back(foundry::image::load_file("cat.png").part());
foundry::chat_completion reply = co_await client.complete(foundry::chat_request{"gpt-4o"}.user(parts));
    // clang-format on
}

// clang-format off
struct transcript : foundry::answer
{
    std::string text;
    boost::json::object extra; // whatever else the service says
};
BOOST_DESCRIBE_STRUCT(transcript, (), (text, extra))
// clang-format on

asio::awaitable<void> asks_any_route(foundry::client<> client, boost::json::object request);

asio::awaitable<void> asks_any_route(foundry::client<> client, boost::json::object request)
{
    // clang-format off
foundry::multipart form;
form.add("model", "whisper").load_file("file", "talk.mp3", "audio/mpeg");
transcript said = co_await client.call<transcript>(
    foundry::route{"POST", "audio/transcriptions"}.deployment("whisper"), form);

foundry::event_stream events = co_await client.call<foundry::event_stream>(foundry::route{"POST", "responses"}, request);
while (auto const* event = co_await events.read())
    std::cout << event->event << ": " << event->data << '\n';
    // clang-format on
}
