// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include "support/plain_calls.hpp"

namespace foundry_test {

foundry::chat_request question(std::string text)
{
    foundry::chat_request request{"gpt-4o-mini"};
    request.user(std::move(text));
    return request;
}

foundry::options limited(emulator const& service)
{
    foundry::options with = trusting(service);
    with.timeouts.total = 60s;
    with.timeouts.stream_total = 60s;
    return with;
}

asio::awaitable<void> read_all(foundry::client<>& client, std::string& text)
{
    foundry::chat_request const request = question();
    foundry::chat_stream chunks = co_await client.stream(request);
    foundry::chat_chunk const* chunk = co_await chunks.read();
    while (chunk != nullptr) {
        text += chunk->text();
        chunk = co_await chunks.read();
    }
}

asio::awaitable<void> expect_text(foundry::client<>& client, std::string wanted)
{
    foundry::chat_request const request = question();
    foundry::chat_completion const reply = co_await client.complete(request);
    CHECK(reply.text() == wanted);
}

asio::awaitable<void> goes_on(emulator& service, foundry::client<>& client)
{
    CHECK(service.queued() == 0);
    queue(service, answer::json(200, completion_text("fine")));
    co_await expect_text(client, "fine");
}

} // namespace foundry_test
