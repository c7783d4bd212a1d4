// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Vectors of texts, and which text is nearest to a question.
//
// `my` chooses the emulator or your service; replace it by your own endpoint and key.

#include "../configuration.hpp"

#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;

asio::awaitable<void> search()
{
    configuration const my;
    foundry::endpoint endpoint = my.endpoint();    // yours: endpoint{"https://contoso.services.ai.azure.com/models"}
    foundry::any_credential key = my.credential(); // yours: foundry::api_key{"..."}
    foundry::client client{co_await asio::this_coro::executor, endpoint, key, my.options()}; // yours: without options

    std::vector<std::string> const texts{"A mile is a unit of length, 5,280 feet.", "To bake bread you need flour.",
                                         "A song has a melody and a rhythm."};
    foundry::embedding_request request{my.embedding_model(), texts}; // the name of your deployment
    request.add("How many feet are in a mile?");
    foundry::embeddings vectors = co_await client.embed(request); // one vector for each text, in their order

    auto const question = vectors[texts.size()];
    std::cout << vectors.size() << " vectors of " << question.size() << " numbers\n";
    for (std::size_t i = 0; i != texts.size(); ++i)
        std::cout << foundry::cosine_similarity(vectors[i], question) << "  " << texts[i] << '\n';
}

int main() { return foundry::run(search()); }
