// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// What the emulator has besides chat, embeddings and responses, and the rules that hold for all of it.

#include "support/raw_client.hpp"
#include "support/recorded_shapes.hpp"

#include <doctest/doctest.h>

namespace foundry_test::testing_operations_test {

using foundry::testing::emulator_options;

std::string const old = "?api-version=2023-03-15-preview";
std::string const current = "?api-version=2024-10-21";

response get(raw_client& client, std::string const& target) { return client.call("GET", target, raw_client::key, ""); }

TEST_CASE("emulator: a wrong key and a wrong token are rejected each in its own words")
{
    emulator const service;
    raw_client client(service);
    auto const key = "api-key: wrong\r\n" + raw_client::type;
    auto const token = "Authorization: Bearer wrong\r\n" + raw_client::type;
    for (auto const& target : {models, v1, dated, std::string("/api/projects/p/openai/v1/chat/completions")}) {
        CAPTURE(target);
        auto const by_key = client.call("POST", target, key, ask("hello"));
        CHECK(by_key.status == 401);
        CHECK(by_key.parsed().as_object().size() == 1);
        CHECK(by_key.parsed().at_pointer("/error/code") == "401");
        CHECK(by_key.has("Access denied due to invalid subscription key or wrong API endpoint."));
        auto const by_token = client.call("POST", target, token, ask("hello"));
        CHECK(by_token.status == 401);
        CHECK(by_token.parsed().at("statusCode") == 401);
        CHECK(by_token.has("Access token is missing, invalid"));
    }
}

TEST_CASE("emulator: numbers are written as the service writes them, whole ones without a fraction or an exponent")
{
    emulator const service;
    raw_client client(service);
    auto const response = client.post("/openai/v1/responses", R"({"model":"gpt-4o-mini","input":"Hello","top_p":1})");
    CHECK(response.has("\"temperature\":1.0,"));
    CHECK(!response.has("E9"));
    CHECK(response.parsed().at("created_at").is_int64());
    auto const shaped = client.post(v1, ask("feet in a mile",
                                            R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n",)"
                                            R"("schema":{"type":"object","properties":{"feet":{"type":"number"}}}}})"));
    CHECK(content_of(shaped) == R"({"feet":5280})");
    CHECK(client.post(v1, ask("a", R"(,"temperature":3)")).has("expected a value >= 0 and <= 2."));
    CHECK(client.post(v1, ask("a", R"(,"max_tokens":0)")).has("expected a value >= 1 and <= 2147483647."));
    CHECK(client.post(v1, ask("story", R"(,"logprobs":true,"max_tokens":2)")).has("\"logprob\":-0.125,"));
    auto const vector =
        client.post("/openai/v1/embeddings", R"({"model":"text-embedding-3-small","dimensions":1,"input":"a ship"})");
    CHECK((vector.has("\"embedding\":[1.0]") || vector.has("\"embedding\":[-1.0]")));
}

TEST_CASE("emulator: every dated api-version of Azure is known, and no other")
{
    emulator const service;
    raw_client client(service);
    std::string const chat = "/openai/deployments/gpt-4o/chat/completions?api-version=";
    for (char const* const version :
         {"2022-12-01", "2023-03-15-preview", "2023-06-01-preview", "2023-08-01-preview", "2023-09-01-preview",
          "2024-04-15-preview", "2024-11-01-preview", "2025-04-01-preview"}) {
        CAPTURE(version);
        CHECK(client.post(chat + version, ask("hello")).status == 200);
    }
    CHECK(client.post(chat + "2024-11-02-preview", ask("hello")).status == 404);
    CHECK(client.post(chat, ask("hello")).status == 404);
}

TEST_CASE("emulator: a file for a batch is created with a Location, one for assistants is not")
{
    emulator const service;
    raw_client client(service);
    auto const upload = [&](std::string const& target, std::string const& purpose) {
        std::string const body = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n" + purpose +
                                 "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n"
                                 "Content-Type: application/jsonl\r\n\r\n{}\r\n--b--\r\n";
        return client.call("POST", target, raw_client::key + "Content-Type: multipart/form-data; boundary=b\r\n", body);
    };
    auto const batch = upload("/openai/files" + current, "batch");
    CHECK(batch.status == 201);
    auto const id = std::string(batch.parsed().at("id").as_string());
    CHECK(batch.header("location") == "http://localhost/openai/files/" + id + current);
    CHECK(get(client, "/openai/files/" + id + current).parsed().at("purpose") == "batch");
    CHECK(upload("/openai/v1/files", "fine-tune").status == 201);
    auto const assistants = upload("/openai/v1/files", "assistants");
    CHECK(assistants.status == 200);
    CHECK(assistants.header("location").empty());
    CHECK(upload("/v1/files", "batch").status == 200);
    CHECK(get(client, "/openai/v1/responses/" + id).status == 404); // a file is no response
    CHECK(get(client, "/openai/v1/files/" + id + "/pages").has("Resource not found"));
    CHECK(get(client, "/openai/v1/files/nothing").parsed().at_pointer("/error/param") == "id");
}

TEST_CASE("emulator: models are listed and looked up in the shape of each form, deployments in the old versions")
{
    emulator const service;
    raw_client client(service);
    for (std::string const base : {"/openai/v1", "/v1", "/api/projects/p/openai/v1"}) {
        CAPTURE(base);
        auto const one = get(client, base + "/models/gpt-4o");
        CHECK(one.status == 200);
        CHECK(one.parsed().at("owned_by") == "system");
        auto const unknown = get(client, base + "/models/nothing");
        CHECK(unknown.status == 404);
        CHECK(unknown.parsed().at_pointer("/error/code") == "model_not_found");
    }
    auto const v1_list = get(client, "/openai/v1/models").parsed();
    auto const recorded = recorded_json("models_list_retrieve", 0);
    CHECK(difference(v1_list.at_pointer("/data/0"), recorded.at_pointer("/data/0")) == "");
    CHECK(v1_list.at("object") == "list");
    CHECK(get(client, "/openai/v1/models/fake_id").parsed() == recorded_json("models_list_retrieve", 2));
    auto const list = get(client, "/openai/models" + current).parsed();
    CHECK(difference(list.at_pointer("/data/0"),
                     recorded_json("models_list_azure_dated_shape", 0).at_pointer("/data/1")) == "");
    CHECK(list.at_pointer("/data/0/capabilities/chat_completion") == true);
    CHECK(list.at_pointer("/data/0/status") == "succeeded");
    CHECK(!list.at_pointer("/data/0").as_object().contains("owned_by"));
    auto const embeds = get(client, "/openai/models/text-embedding-3-small" + current).parsed();
    CHECK(embeds.at_pointer("/capabilities/embeddings") == true);

    auto const deployments = get(client, "/openai/deployments" + old).parsed();
    CHECK(deployments.at_pointer("/data/0/object") == "deployment");
    CHECK(deployments.at_pointer("/data/0/id") == "gpt-4o-mini");
    CHECK(get(client, "/openai/deployments" + current).has("Resource not found"));
    CHECK(get(client, "/openai/v1/deployments").has("Resource not found"));
}

TEST_CASE("emulator: completes plain text, whole and streamed, with deployments that are made for it")
{
    emulator const service;
    raw_client client(service);
    std::string const begin = R"({"model":"gpt-35-turbo-instruct","prompt":)";
    auto const whole = client.post("/openai/v1/completions", begin + R"("How many feet are in a mile?"})").parsed();
    CHECK(whole.at("object") == "text_completion");
    CHECK(whole.at("id").as_string().starts_with("cmpl-"));
    CHECK(whole.at_pointer("/choices/0/text").as_string().find("5,280") != json::string::npos);
    auto const two = client.post("/openai/v1/completions", begin + R"(["story","story"],"max_tokens":2})").parsed();
    CHECK(two.at_pointer("/choices/1/text") == "Once there");
    CHECK(two.at_pointer("/choices/1/finish_reason") == "length");

    auto const path = "/openai/deployments/gpt-35-turbo-instruct/completions" + current;
    auto const streamed = client.post(path, R"({"prompt":"story","max_tokens":2,"stream":true})");
    CHECK(streamed.body.ends_with("data: [DONE]\n\n"));
    std::string text;
    for (auto const& event : streamed.events())
        text += event.at_pointer("/choices/0/text").as_string();
    CHECK(text == "Once there");

    auto const chats = client.post("/openai/deployments/gpt-4o/completions" + current, R"({"prompt":"story"})");
    CHECK(chats.status == 400);
    CHECK(chats.parsed().at_pointer("/error/code") == "OperationNotSupported");
    CHECK(client.post("/v1/completions", R"({"model":"gpt-4o","prompt":"story"})").status == 200);
    CHECK(client.post(v1, ask("hello", "", "gpt-35-turbo-instruct")).has("The chatCompletion operation does not work"));
    CHECK(client.post("/openai/v1/completions", begin + R"("a","suffix":"b"})").has("unsupported_parameter"));
    CHECK(client.post("/openai/v1/completions", begin + R"("a","echo":true})").has("unsupported_parameter"));
    CHECK(client.post("/openai/v1/completions", begin + R"("a jailbreak"})").has("content_filter"));
}

TEST_CASE("emulator: pictures and chat refuse what their models cannot give")
{
    emulator const service;
    raw_client client(service);
    std::string const draw = R"({"model":"gpt-image-1","prompt":"a ship")";
    CHECK(client.post("/openai/v1/images/generations", draw + R"(,"output_format":"png"})").status == 200);
    for (char const* const more :
         {R"(,"stream":true})", R"(,"output_format":"jpeg"})", R"(,"response_format":"url"})"}) {
        auto const refused = client.post("/openai/v1/images/generations", draw + more);
        CHECK(refused.status == 400);
        CHECK(refused.parsed().at_pointer("/error/code") == "unsupported_value");
    }
    CHECK(client.post(v1, ask("hello", R"(,"modalities":["text"])")).status == 200);
    auto const spoken = client.post(v1, ask("hello", R"(,"modalities":["text","audio"],"audio":{"voice":"alloy"})"));
    CHECK(spoken.status == 400);
    CHECK(spoken.parsed().at_pointer("/error/param") == "modalities");
    CHECK(client.post(models, ask("hello", R"(,"modalities":["text","audio"])")).status == 400);
}

TEST_CASE("emulator: routes of the service that the emulator lacks are not found")
{
    emulator const service;
    raw_client client(service);
    for (char const* const path :
         {"images/edits", "conversations", "vector_stores", "uploads", "realtime", "threads/a/b/c"}) {
        CAPTURE(path);
        CHECK(client.post(std::string("/openai/v1/") + path, "{}").status == 404);
        CHECK(client.post(std::string("/openai/") + path + "?api-version=2025-04-01-preview", "{}")
                  .has(R"({"error":{"code":"404","message":"Resource not found"}})"));
    }
}

TEST_CASE("emulator: a page of any origin may use it; its preflight needs no key and takes no queued answer")
{
    emulator service;
    raw_client client(service);
    service.queue(foundry::testing::answer::json(200, R"({"queued":true})"));
    std::string const origin = "Origin: https://page.example\r\n";
    auto const preflight = client.call("OPTIONS", v1,
                                       origin + "Access-Control-Request-Method: POST\r\n"
                                                "Access-Control-Request-Headers: api-key, content-type\r\n",
                                       "");
    CHECK(preflight.status == 204);
    CHECK(preflight.header("access-control-allow-origin") == "*");
    CHECK(preflight.header("access-control-allow-methods") == "POST");
    CHECK(preflight.header("access-control-allow-headers") == "api-key, content-type");
    CHECK(client.post(v1, ask("hello")).has("queued"));
    auto const reply = client.call("POST", v1, origin + raw_client::key + raw_client::type, ask("hello"));
    CHECK(reply.status == 200);
    CHECK(reply.header("access-control-allow-origin") == "*");
    auto const refused = client.call("POST", v1, origin + raw_client::type, ask("hello"));
    CHECK(refused.status == 401);
    CHECK(refused.header("access-control-allow-origin") == "*");
    CHECK(client.post(v1, ask("hello")).header("access-control-allow-origin").empty());
    auto const files = client.call("OPTIONS", "/openai/v1/files", "", "");
    CHECK(files.status == 204);
    CHECK(files.header("allow") == "GET, POST");
    CHECK(client.call("OPTIONS", "/openai/v1/nothing", origin, "").status == 404);
}

TEST_CASE("emulator: the authority's discovery document names its endpoints under the address that was asked")
{
    emulator const service;
    raw_client client(service, "localhost", true);
    std::string const target = "/contoso-tenant/v2.0/.well-known/openid-configuration";
    auto const found = client.call("GET", target, "", "");
    CHECK(found.status == 200);
    CHECK(found.header("content-type") == "application/json");
    auto const document = found.parsed();
    CHECK(document.at("issuer") == "https://localhost/contoso-tenant/v2.0");
    std::string const token(document.at("token_endpoint").as_string());
    CHECK(token == "https://localhost/contoso-tenant/oauth2/v2.0/token");
    CHECK(document.as_object().contains("authorization_endpoint"));
    CHECK(document.as_object().contains("jwks_uri"));
    auto const given = client.call("POST", token.substr(std::string("https://localhost").size()),
                                   "Content-Type: application/x-www-form-urlencoded\r\n",
                                   "grant_type=client_credentials&client_id=contoso-application&client_secret="
                                   "contoso-secret&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default");
    auto const bearer = std::string(given.parsed().at("access_token").as_string());
    CHECK(client.call("POST", v1, "Authorization: Bearer " + bearer + "\r\n" + raw_client::type, ask("hello")).status ==
          200);
    auto const stranger = client.call("GET", "/nobody/v2.0/.well-known/openid-configuration", "", "");
    CHECK(stranger.status == 400);
    CHECK(stranger.has("AADSTS90002"));
    CHECK(client.call("POST", target, "", "").status == 405);
}

} // namespace foundry_test::testing_operations_test
