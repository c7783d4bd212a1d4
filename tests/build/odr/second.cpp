// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry.hpp>

#include <boost/asio/io_context.hpp>

/// The parts that need no network.
bool second()
{
    boost::asio::io_context context;
    foundry::client const client{context, foundry::endpoint{"http://127.0.0.1:1/v1"}, foundry::api_key{"key"}};

    foundry::chat_request request{"Mistral-Large-2411"};
    request.user("How many feet are in a mile?");
    foundry::embedding_request texts{"text-embedding-3-small", "a mile"};
    texts.add("a foot");

    bool refused = false;
    try {
        foundry::endpoint{"not a URL"};
    } catch (foundry::error const& e) {
        refused = e.code() == foundry::errc::invalid_argument;
    }
    return refused && client.endpoint().host() == "127.0.0.1" && request.messages.size() == 1 && texts.size() == 2;
}
