// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Streams the answer to a question, then embeds five lines and prints the one nearest to the question.
//
//     ./examples/run.sh "How many feet are in a mile?"
//
// configuration.hpp says which service it uses.

#include "../configuration.hpp"
#include "../printable.hpp"

#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;

asio::awaitable<void> chat(foundry::client<> client, std::string model, std::string question)
{
    foundry::chat_request request{model};
    request.system("You are a helpful assistant.").user(question);

    foundry::chat_stream chunks = co_await client.stream(request);
    while (auto const* chunk = co_await chunks.read())
        std::cout << printable(chunk->text()) << std::flush;
    std::cout << "\n\n";
}

asio::awaitable<void> nearest(foundry::client<> client, std::string model, std::string question)
{
    std::vector<std::string> lines{
        "A mile is a unit of length, 5,280 feet or about 1,609 metres.",
        "Coroutines are functions that can suspend and resume; C++ has had them since 2020.",
        "The weather tomorrow will be sunny, with a light breeze from the sea.",
        "To bake bread you need flour, water, salt, yeast and patience.",
        "A song has a melody, a rhythm and often words.",
    };
    foundry::embedding_request request{model, lines};
    request.add(question);
    foundry::embeddings vectors = co_await client.embed(request);

    std::size_t best = 0;
    double best_similarity = -1;
    for (std::size_t i = 0; i != lines.size(); ++i) {
        double const similarity = foundry::cosine_similarity(vectors[i], vectors[lines.size()]);
        if (similarity > best_similarity) {
            best_similarity = similarity;
            best = i;
        }
    }
    std::cout << "Of five lines, the nearest to the question is:\n  " << lines[best] << '\n';
}

asio::awaitable<void> run(std::string question)
{
    configuration const my;
    foundry::client client{co_await asio::this_coro::executor, my.endpoint(), my.credential(), my.options()};
    co_await chat(client, my.model(), question);
    if (!my.embedding_model().empty())
        co_await nearest(client, my.embedding_model(), question);
}

int main(int argc, char** argv)
{
    std::string question;
    for (int i = 1; i < argc; ++i)
        question.append(i > 1 ? " " : "").append(argv[i]);
    if (question.empty())
        question = "How many feet are in a mile?";
    return foundry::run(run(question));
}
