// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <string>
#include <vector>

namespace asio = boost::asio;

/// Every operation, against a port where nobody listens.
asio::awaitable<void> fail_three_times(foundry::client<> client, int& failures)
{
    foundry::chat_request request{"Mistral-Large-2411"};
    request.system("You are a helpful assistant.").user("How many feet are in a mile?");
    try {
        foundry::chat_completion reply = co_await client.complete(request);
    } catch (foundry::error const&) {
        ++failures;
    }
    try {
        foundry::chat_stream chunks = co_await client.stream(request);
        co_await chunks.next();
    } catch (foundry::error const&) {
        ++failures;
    }
    try {
        std::vector<std::string> lines{"a mile", "a foot", "a song"};
        foundry::embeddings vectors = co_await client.embed({"text-embedding-3-small", lines});
    } catch (foundry::error const&) {
        ++failures;
    }
}

bool first()
{
    asio::io_context context;
    foundry::options settings;
    settings.timeouts.total = std::chrono::seconds{2};
    foundry::client<> const client{context, foundry::endpoint{"http://127.0.0.1:1/v1"}, foundry::no_credential(),
                                   settings};
    int failures = 0;
    asio::co_spawn(context, fail_three_times(client, failures), [](std::exception_ptr e) {
        if (e)
            std::rethrow_exception(e);
    });
    context.run();
    return failures == 3;
}
