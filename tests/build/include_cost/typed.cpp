// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The same with a class of ten members as a function's argument and as an answer.

#include <foundry/tools.hpp>

struct ten
{
    std::string name;
    int count = 0;
    double size = 0;
    bool is_open = false;
    std::vector<std::string> words;
    std::optional<int> limit;
    std::string place;
    long number = 0;
    std::vector<int> numbers;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(ten, (), (name, count, size, is_open, words, limit, place, number, numbers, note))

boost::asio::awaitable<void> ask(foundry::client<> client, foundry::chat_request request, foundry::toolbox tools)
{
    tools.add("count", "Counts", [](ten t) { return t.count; });
    foundry::tool_run const run = co_await client.complete(request, tools);
    foundry::structured<ten> const answer = co_await client.complete<ten>(request);
}
