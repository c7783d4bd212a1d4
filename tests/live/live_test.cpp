// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Asks a service each documented operation once, on each of its endpoints, and prints a line for each: form, operation, outcome,
// request id.
//
//     AZURE_AI_ENDPOINT                one URL or several, with blanks in between
//     AZURE_AI_API_KEY                 not set: Microsoft Entra ID
//     AZURE_AI_MODEL                   the deployment for chat
//     AZURE_AI_EMBEDDING_MODEL, AZURE_AI_IMAGE_EMBEDDING_MODEL, AZURE_AI_IMAGE_MODEL
//                                      the operations of those that are not set are left out
//
// Ends with 77 if nothing is set, and with 1 if an operation has failed. With --emulator it asks the emulator instead.

#include <foundry.hpp>
#include <foundry/call.hpp>
#include <foundry/entra/default_azure_credential.hpp>
#include <foundry/image_embedding.hpp>
#include <foundry/images.hpp>
#include <foundry/models.hpp>
#include <foundry/testing/emulator.hpp>

#include <boost/asio/this_coro.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace asio = boost::asio;

namespace {

constexpr int skipped = 77;
constexpr char const* pixel =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg==";

std::string setting(char const* name)
{
    char const* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

struct target
{
    std::vector<foundry::endpoint> endpoints;
    foundry::any_credential credential = foundry::no_credential();
    foundry::options options;
    std::string model = setting("AZURE_AI_MODEL");
    std::string embedding_model = setting("AZURE_AI_EMBEDDING_MODEL");
    std::string image_embedding_model = setting("AZURE_AI_IMAGE_EMBEDDING_MODEL");
    std::string image_model = setting("AZURE_AI_IMAGE_MODEL");
};

target target_of_environment()
{
    target t;
    std::istringstream urls(setting("AZURE_AI_ENDPOINT"));
    for (std::string url; urls >> url;)
        t.endpoints.emplace_back(url);
    if (std::string const key = setting("AZURE_AI_API_KEY"); !key.empty())
        t.credential = foundry::api_key{key};
    else
        t.credential = foundry::entra::default_azure_credential();
    return t;
}

target target_of_emulator(foundry::testing::emulator const& service)
{
    target t;
    for (char const* const url : {"https://contoso.services.ai.azure.com/models",
                                  "https://contoso.openai.azure.com/openai/v1", "https://contoso.openai.azure.com"})
        t.endpoints.emplace_back(url).connect_to("127.0.0.1", service.tls_port());
    t.endpoints.emplace_back("http://localhost:8080/v1").connect_to("127.0.0.1", service.plain_port());
    t.credential = foundry::api_key{service.api_key()};
    t.options.tls.ca_certificates = service.ca_certificate();
    t.model = "gpt-4o-mini";
    t.embedding_model = t.image_embedding_model = "text-embedding-3-small";
    t.image_model = "gpt-image-1";
    return t;
}

struct reply : foundry::answer
{
    reply() = default;
    boost::json::object extra;
};
BOOST_DESCRIBE_STRUCT(reply, (), (extra))

/// The client of one endpoint, and what its operations need.
struct subject
{
    foundry::client<> client;
    target const& of;
};

foundry::chat_request question(subject const& s)
{
    foundry::chat_request request{s.of.model};
    request.user("Answer with the one word yes.");
    return request;
}

std::string require(bool good, char const* what, foundry::response_info const& info)
{
    if (!good)
        throw std::runtime_error(what);
    return std::string(info.request_id().empty() ? info.apim_request_id() : info.request_id());
}

// Each gives the request id, or throws.

asio::awaitable<std::string> complete(subject const& s)
{
    foundry::chat_request const request = question(s);
    foundry::chat_completion const answer = co_await s.client.complete(request);
    co_return require(!answer.text().empty(), "the answer has no text", answer.info());
}

asio::awaitable<std::string> stream(subject const& s)
{
    foundry::chat_request const request = question(s);
    foundry::chat_stream chunks = co_await s.client.stream(request);
    std::string text;
    while (auto chunk = co_await chunks.next())
        text += chunk->text();
    co_return require(!text.empty(), "the stream has no text", chunks.info());
}

asio::awaitable<std::string> embed(subject const& s)
{
    foundry::embedding_request request{s.of.embedding_model};
    request.add("a mile").add("a foot");
    foundry::embeddings const vectors = co_await s.client.embed(request);
    co_return require(vectors.size() == 2 && !vectors[0].empty(), "not two vectors", vectors.info());
}

asio::awaitable<std::string> embed_image(subject const& s)
{
    foundry::image_embedding_request request{s.of.image_embedding_model};
    request.add(pixel);
    foundry::embeddings const vectors = co_await s.client.embed(request);
    co_return require(vectors.size() == 1 && !vectors[0].empty(), "not one vector", vectors.info());
}

asio::awaitable<std::string> generate_image(subject const& s)
{
    foundry::image_request request{s.of.image_model, "a lighthouse"};
    request.n = 1;
    request.size = "1024x1024";
    foundry::generated_images const images = co_await foundry::images(s.client).generate(request);
    co_return require(images.data.size() == 1, "not one picture", images.info());
}

asio::awaitable<std::string> model_info(subject const& s)
{
    foundry::model_info const info = co_await foundry::models(s.client).info(s.of.model);
    co_return require(!info.model_name.empty(), "the model has no name", info.info());
}

asio::awaitable<std::string> list_files(subject const& s)
{
    foundry::route const files{"GET", "files"};
    reply const list = co_await s.client.call<reply>(files);
    co_return require(list.extra.contains("data"), "no list of files", list.info());
}

asio::awaitable<std::string> respond(subject const& s)
{
    boost::json::object request;
    request["model"] = s.of.model;
    request["input"] = "Answer with the one word yes.";
    request["store"] = false;
    foundry::route const responses{"POST", "responses"};
    reply const answer = co_await s.client.call<reply>(responses, request);
    co_return require(answer.extra.contains("output"), "no output", answer.info());
}

struct operation
{
    char const* name;
    asio::awaitable<std::string> (*run)(subject const&);
    std::string target::*model; ///< Which it needs; null: none.
    bool models;                ///< Whether the Foundry Models API has it, and so on.
    bool openai;
    bool dated;
    bool compatible;
};

constexpr operation operations[] = {
    {"complete", complete, &target::model, true, true, true, true},
    {"stream", stream, &target::model, true, true, true, true},
    {"embed", embed, &target::embedding_model, true, true, true, true},
    {"embed, image", embed_image, &target::image_embedding_model, true, false, false, false},
    {"generate_images", generate_image, &target::image_model, true, true, true, false},
    {"model_info", model_info, &target::model, true, false, false, false},
    {"call, files", list_files, nullptr, false, true, true, false},
    {"call, responses", respond, &target::model, false, true, false, false}, // dated: in some versions only
};

bool has(foundry::api_form form, operation const& what)
{
    switch (form) {
    case foundry::api_form::models:
        return what.models;
    case foundry::api_form::openai_v1:
        return what.openai;
    case foundry::api_form::dated:
        return what.dated;
    case foundry::api_form::compatible:
        return what.compatible;
    }
    return false;
}

/// The Foundry Models API draws in one version only.
foundry::endpoint endpoint_for(foundry::endpoint where, operation const& what)
{
    if (where.form() == foundry::api_form::models && what.run == &generate_image)
        where.set_api_version("2025-05-15-preview");
    return where;
}

char const* name_of(foundry::api_form form)
{
    switch (form) {
    case foundry::api_form::models:
        return "models";
    case foundry::api_form::openai_v1:
        return "openai_v1";
    case foundry::api_form::dated:
        return "dated";
    case foundry::api_form::compatible:
        return "compatible";
    }
    return "";
}

struct count
{
    int good = 0;
    int failed = 0;
};

/// False if there is no credential at all.
asio::awaitable<bool> ask(subject const& s, operation const& what, count& outcome)
{
    char const* const form = name_of(s.client.endpoint().form());
    std::string id;
    std::string failed;
    bool has_credential = true;
    try {
        id = co_await what.run(s);
    } catch (foundry::error const& e) {
        failed = e.what();
        has_credential = e.code() != foundry::errc::credential_unavailable;
    } catch (std::exception const& e) {
        failed = e.what();
    }
    if (!has_credential) {
        std::printf("Skipped: AZURE_AI_API_KEY is not set, and there is no login. %s\n", failed.c_str());
        co_return false;
    }
    ++(failed.empty() ? outcome.good : outcome.failed);
    std::printf("%-11s %-16s %-6s %s\n", form, what.name, failed.empty() ? "ok" : "FAILED",
                failed.empty() ? id.c_str() : failed.c_str());
    std::fflush(stdout);
    co_return true;
}

asio::awaitable<void> ask_all(target const& of, int& status)
{
    auto const executor = co_await asio::this_coro::executor;
    count outcome;
    for (foundry::endpoint const& endpoint : of.endpoints) {
        for (operation const& what : operations) {
            if (!has(endpoint.form(), what))
                continue;
            if (what.model != nullptr && (of.*what.model).empty()) {
                std::printf("%-11s %-16s left out: its model is not set\n", name_of(endpoint.form()), what.name);
                continue;
            }
            foundry::client<> const client(executor, endpoint_for(endpoint, what), of.credential, of.options);
            subject const s{client, of};
            bool const asked = co_await ask(s, what, outcome);
            if (!asked) {
                status = skipped;
                co_return;
            }
        }
    }
    std::printf("%d operations worked, %d failed\n", outcome.good, outcome.failed);
    status = outcome.failed == 0 && outcome.good != 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    int status = 1;
    try {
        bool const emulated = argc > 1 && std::string_view(argv[1]) == "--emulator";
        std::optional<foundry::testing::emulator> service;
        if (!emulated && setting("AZURE_AI_ENDPOINT").empty()) {
            std::puts("Skipped: AZURE_AI_ENDPOINT is not set");
            return skipped;
        }
        target const of = emulated ? target_of_emulator(service.emplace()) : target_of_environment();
        if (foundry::run(ask_all(of, status)) != 0)
            return 1;
    } catch (std::exception const& e) { // such as a URL that is none
        std::fprintf(stderr, "%s\n", e.what());
    }
    return status;
}
