// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Streams the answer to a question, then embeds five lines and tells which is nearest to the question.
//
//     ./examples/run.sh "How many feet are in a mile?"
//
// With AZURE_AI_ENDPOINT, AZURE_AI_API_KEY and AZURE_AI_MODEL set (and AZURE_AI_EMBEDDING_MODEL for the second part) it asks that
// service, without the key as who you are in Azure; with nothing set, one that it starts itself.

#include <foundry.hpp>
#include <foundry/entra/default_azure_credential.hpp>
#include <foundry/testing/emulator.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;

std::string setting(char const* name)
{
    char const* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

struct plan
{
    plan(foundry::endpoint to, foundry::any_credential as) : where(std::move(to)), who(std::move(as)) {}

    foundry::endpoint where;
    foundry::any_credential who;
    foundry::options options;
    std::string model;
    std::string embedding_model;
};

foundry::any_credential credential_for(foundry::endpoint const& where)
{
    if (std::string const key = setting("AZURE_AI_API_KEY"); !key.empty())
        return foundry::api_key{key};
    if (where.kind() == foundry::host_kind::other) // such as a server on this machine
        return foundry::no_credential();
    return foundry::entra::default_azure_credential();
}

plan from_environment(std::string const& url)
{
    foundry::endpoint where{url};
    foundry::any_credential who = credential_for(where);
    plan p{std::move(where), std::move(who)};
    p.model = setting("AZURE_AI_MODEL");
    p.embedding_model = setting("AZURE_AI_EMBEDDING_MODEL");
    return p;
}

plan embedded(foundry::testing::emulator const& service)
{
    foundry::endpoint where{"https://contoso.services.ai.azure.com/models"};
    where.connect_to("127.0.0.1", service.tls_port());
    plan p{std::move(where), foundry::api_key{service.api_key()}};
    p.options.tls.ca_certificates = service.ca_certificate();
    p.model = "Mistral-Large-2411";
    p.embedding_model = "text-embedding-3-small";
    return p;
}

asio::awaitable<void> chat(foundry::client<> client, std::string model, std::string question)
{
    foundry::chat_request request{model};
    request.system("You are a helpful assistant.").user(question);

    foundry::chat_stream chunks = co_await client.stream(request);
    while (auto chunk = co_await chunks.next())
        std::cout << chunk->text() << std::flush;
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

asio::awaitable<void> run(plan p, std::string question)
{
    auto const executor = co_await asio::this_coro::executor;
    foundry::client<> client{executor, p.where, p.who, p.options};
    co_await chat(client, p.model, question);
    if (!p.embedding_model.empty())
        co_await nearest(client, p.embedding_model, question);
}

int main(int argc, char** argv)
{
    std::string question;
    for (int i = 1; i < argc; ++i)
        question.append(i > 1 ? " " : "").append(argv[i]);
    if (question.empty())
        question = "How many feet are in a mile?";

    try {
        std::optional<foundry::testing::emulator> service;
        std::string const url = setting("AZURE_AI_ENDPOINT");
        if (url.empty()) {
            foundry::testing::emulator_options pace;
            pace.words_per_second = 30;
            service.emplace(pace);
            std::cerr << "No AZURE_AI_ENDPOINT is set: asking the embedded Foundry, a real TLS server on loopback.\n\n";
        }
        asio::io_context context;
        asio::co_spawn(context, run(service ? embedded(*service) : from_environment(url), question),
                       [](std::exception_ptr e) {
                           if (e)
                               std::rethrow_exception(e);
                       });
        context.run();
    } catch (std::exception const& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
