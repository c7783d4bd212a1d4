// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The emulator, seen through a socket and nothing else: what it sends is checked byte by byte or as plain JSON.

#include "support/raw_client.hpp"

#include <foundry/detail/base/make_uuid.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

namespace foundry_test::emulator_test {

using namespace std::chrono_literals;
using foundry::testing::answer;
using foundry::testing::emulator_options;
using foundry::testing::recorded_request;

std::string const embeddings = "/openai/v1/embeddings";

std::string const weather_tool = R"(,"tools":[{"type":"function","function":{"name":"get_weather","parameters":)"
                                 R"({"type":"object","properties":{"city":{"type":"string"},"unit":{"type":"string",)"
                                 R"("enum":["celsius","fahrenheit"]}},"required":["city","unit"]}}}])";

TEST_CASE("emulator: chat over TLS under the name of a Foundry resource")
{
    emulator const service;
    for (std::string const host : {"my-resource.services.ai.azure.com", "x.openai.azure.com", "localhost",
                                   "m.eastus2.models.ai.azure.com", "models.github.ai"}) {
        CAPTURE(host);
        raw_client client(service, host, true);
        CHECK(client.protocol() == "http/1.1");
        auto const target = host == "m.eastus2.models.ai.azure.com" ? models.substr(7) : models;
        auto const reply =
            client.call("POST", target, raw_client::bearer + raw_client::type, ask("How many feet in a mile?"));
        CHECK(reply.status == 200);
        CHECK(content_of(reply).find("5,280 feet") != std::string::npos);
        CHECK(reply.header("apim-request-id").size() == 36);
        CHECK(reply.header("apim-request-id") != reply.header("x-request-id"));
        CHECK(service.journal().back().sni == host);
        CHECK(service.journal().back().tls);
    }
    CHECK_THROWS(raw_client(service, "example.com", true));
}

TEST_CASE("emulator: a stream has the chunks of Azure, in order")
{
    emulator const service;
    raw_client client(service);
    auto const reply =
        client.post(v1, ask("Tell me a story", R"(,"stream":true,"stream_options":{"include_usage":true})"));
    CHECK(reply.header("content-type") == "text/event-stream; charset=utf-8");
    CHECK(reply.body.ends_with("data: [DONE]\n\n"));
    auto const events = reply.events();
    REQUIRE(events.size() > 20);
    CHECK(reply.chunks == events.size());
    CHECK(events.front().at("choices").as_array().empty());
    CHECK(events.front().at("id") == "");
    CHECK(events.front().at_pointer("/prompt_filter_results/0/content_filter_results/hate/severity") == "safe");
    CHECK(events[1].at_pointer("/choices/0/delta/role") == "assistant");
    CHECK(events[1].at("usage").is_null());
    CHECK(events[2].at_pointer("/choices/0/delta/content") == "Once");
    CHECK(events[3].at_pointer("/choices/0/delta/content") == " there");
    CHECK(events[events.size() - 2].at_pointer("/choices/0/finish_reason") == "stop");
    CHECK(events.back().at("choices").as_array().empty());
    auto const& usage = events.back().at("usage");
    CHECK(usage.at("total_tokens").to_number<int>() ==
          usage.at("prompt_tokens").to_number<int>() + usage.at("completion_tokens").to_number<int>());
    CHECK(client.post(v1, ask("again")).status == 200);
    CHECK(service.connections() == 1);
}

TEST_CASE("emulator: a Mistral stream ends with finish reason and usage on the last content, unasked")
{
    emulator const service;
    raw_client client(service, "m.eastus.models.ai.azure.com");
    auto const reply =
        client.call("POST", "/chat/completions?api-version=2024-05-01-preview", raw_client::bearer + raw_client::type,
                    R"({"stream":true,"max_tokens":3,"messages":[{"role":"user","content":"a story"}]})");
    auto const events = reply.events();
    REQUIRE(events.size() == 4);
    CHECK(events[0].at_pointer("/choices/0/delta/role") == "assistant");
    CHECK(events[3].at_pointer("/choices/0/delta/content") == " was");
    CHECK(events[3].at_pointer("/choices/0/finish_reason") == "length");
    CHECK(events[3].at_pointer("/usage/completion_tokens") == 3);
    CHECK(events[3].at("model") == "mistral-large-2411");
}

TEST_CASE("emulator: calls a tool, streamed and whole, and uses its result")
{
    emulator const service;
    raw_client client(service);
    auto const question = "What is the weather in Paris in fahrenheit?";
    auto const whole = client.post(models, ask(question, weather_tool)).parsed();
    CHECK(whole.at_pointer("/choices/0/finish_reason") == "tool_calls");
    auto const& call = whole.at_pointer("/choices/0/message/tool_calls/0");
    CHECK(call.at_pointer("/function/name") == "get_weather");
    auto const arguments = std::string(call.at_pointer("/function/arguments").as_string());
    CHECK(json::parse(arguments) == json::parse(R"({"city":"Paris","unit":"fahrenheit"})"));

    std::string streamed;
    for (auto const& event : client.post(v1, ask(question, weather_tool + ",\"stream\":true")).events()) {
        auto const& choices = event.at("choices").as_array();
        if (choices.empty() || !choices[0].at("delta").as_object().contains("tool_calls"))
            continue;
        auto const& piece = choices[0].at_pointer("/delta/tool_calls/0");
        CHECK(piece.at("index") == 0);
        CHECK(piece.as_object().contains("id") == streamed.empty());
        streamed += piece.at_pointer("/function/arguments").as_string();
        streamed += streamed.empty() ? " " : "";
    }
    CHECK(streamed == " " + arguments);

    std::string const rest = R"(,{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function",)"
                             R"("function":{"name":"get_weather","arguments":"{}"}}]},)"
                             R"({"role":"tool","tool_call_id":"a","content":"{\"sky\":\"clear\",\"degrees\":70}"}])";
    auto body = ask(question, weather_tool);
    body.replace(body.find("],\"tools"), 1, rest);
    CHECK(content_of(client.post(v1, body)).find("sky clear, degrees 70") != std::string::npos);
    auto misspelt = body;
    misspelt.replace(misspelt.find("tool_call_id"), 12, "tool_call_ID");
    CHECK(client.post(v1, misspelt).has("messages[2].tool_call_ID"));
}

TEST_CASE("emulator: what the request asks for shapes the answer")
{
    emulator const service;
    raw_client client(service);
    auto const cut = client.post(v1, ask("story", R"(,"max_tokens":5,"n":2)")).parsed();
    CHECK(cut.at_pointer("/choices/1/finish_reason") == "length");
    CHECK(cut.at_pointer("/choices/0/message/content") == "Once there was a lighthouse");
    CHECK(cut.at_pointer("/usage/completion_tokens") == 10);

    CHECK(content_of(client.post(v1, ask("Why do cats purr?"))).find("cats and purr") != std::string::npos);
    CHECK(content_of(client.post(v1, ask("story", R"(,"stop":[" was"])"))) == "Once there");

    auto const shaped =
        client.post(v1, ask("feet in a mile", R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n",)"
                                              R"("strict":true,"schema":{"type":"object","additionalProperties":false,)"
                                              R"("properties":{"feet":{"type":"integer"}},"required":["feet"]}}})"));
    CHECK(content_of(shaped) == R"({"feet":5280})");

    auto const endless =
        client.post(models, ask("story", R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n",)"
                                         R"("schema":{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},)"
                                         R"("c":{"anyOf":[{"type":"null"},{"$ref":"#"}]}}}}})"));
    CHECK(json::parse(content_of(endless)).as_object().size() == 3);

    auto const sure = client.post(v1, ask("story", R"(,"logprobs":true,"top_logprobs":0,"max_tokens":2)")).parsed();
    CHECK(sure.at_pointer("/choices/0/logprobs/content/1/token") == " there");

    auto const seen = client.post(v1, R"({"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text",)"
                                      R"("text":"a story"},{"type":"image_url","image_url":{"url":"data:,"}}]}]})");
    CHECK(content_of(seen).find("Thank you for the picture") != std::string::npos);

    auto const tagged = client.post(models, ask("hello", "", "deepseek-r1"));
    CHECK(content_of(tagged).starts_with("<think>\n"));
    auto const apart = client.post(v1, ask("hello", "", "DeepSeek-R1")).parsed();
    CHECK(apart.at_pointer("/choices/0/message/reasoning_content").as_string().size() > 10);
    CHECK(apart.at_pointer("/choices/0/message/content").as_string().starts_with("Hello"));
}

TEST_CASE("emulator: embeddings find the line that a question is about")
{
    emulator const service;
    raw_client client(service);
    std::array<std::string, 5> const lines = {
        "A mile is 5,280 feet long.", "He wore one shoe, so his left hand stayed warm.",
        "She hummed a song from an old film.", "This recipe needs flour, butter and three eggs.",
        "The ship left the harbour and went out on the ocean."};
    std::array<std::pair<std::string, std::size_t>, 3> const questions = {
        std::pair<std::string, std::size_t>("How many feet are there in a mile?", 0),
        std::pair<std::string, std::size_t>("What do I need for baking with eggs?", 3),
        std::pair<std::string, std::size_t>("Which boat sailed out to sea?", 4)};
    json::array input;
    for (auto const& line : lines)
        input.push_back(json::string(line));
    for (auto const& question : questions)
        input.push_back(json::string(question.first));
    json::object body;
    body["model"] = "text-embedding-3-small";
    body["input"] = input;
    auto const reply = client.post(embeddings, json::serialize(body));
    REQUIRE(reply.status == 200);
    auto const vectors = reply.parsed().at("data").as_array();
    REQUIRE(vectors.size() == 8);
    auto const dot = [&](std::size_t a, std::size_t b) {
        auto const& x = vectors[a].at("embedding").as_array();
        auto const& y = vectors[b].at("embedding").as_array();
        REQUIRE(x.size() == 256);
        double sum = 0;
        for (std::size_t i = 0; i < x.size(); ++i)
            sum += x[i].as_double() * y[i].as_double();
        return sum;
    };
    for (std::size_t q = 0; q < questions.size(); ++q) {
        std::size_t nearest = 0;
        for (std::size_t line = 1; line < lines.size(); ++line)
            nearest = dot(5 + q, line) > dot(5 + q, nearest) ? line : nearest;
        CHECK(nearest == questions[q].second);
        CHECK(dot(5 + q, 5 + q) == doctest::Approx(1.0));
    }
}

TEST_CASE("emulator: embeddings take every form of input and both encodings")
{
    emulator const service;
    raw_client client(service);
    std::string const name = R"({"model":"text-embedding-3-small","dimensions":1,"input":)";
    CHECK(client.post(embeddings, name + R"("one"})").parsed().at("data").as_array().size() == 1);
    CHECK(client.post(embeddings, name + "[1,2,3]}").parsed().at("data").as_array().size() == 1);
    CHECK(client.post(embeddings, name + "[[1],[2,3]]}").parsed().at("data").as_array().size() == 2);
    auto const coded = client.post(embeddings, name + R"("of the","encoding_format":"base64"})").parsed();
    auto const text = std::string(coded.at_pointer("/data/0/embedding").as_string());
    CHECK((text == "AACAPw==" || text == "AACAvw==")); // 1.0f or -1.0f
    std::string const target = "/models/embeddings?api-version=2024-05-01-preview";
    CHECK(client.post(target, name + R"("a","encoding_format":"uint4"})").status == 422);
    CHECK(client.post(embeddings, name + "[]}").status == 400);
    CHECK(client.post(target, name + "[true]}").status == 422);
}

TEST_CASE("emulator: refuses in the words of each form")
{
    struct row
    {
        std::string target;
        std::string headers;
        std::string body;
        unsigned status;
        std::string says;
    };
    std::string const ok = raw_client::key + raw_client::type;
    std::string const by_key = raw_client::bearer + raw_client::type;
    std::string const by_token = "Authorization: Bearer emulator-token\r\n" + raw_client::type;
    std::string const drop = ok + "extra-parameters: drop\r\n";
    std::string const pass = ok + "extra-parameters: pass-through\r\n";
    std::string const compatible = "/v1/chat/completions";
    std::string const hi = ask("hello");
    auto const no_version = models.substr(0, models.find('?'));
    std::vector<row> const rows = {
        {models, raw_client::type, hi, 401, "audience is incorrect (https://cognitiveservices.azure.com)"},
        {"/api/projects/p/openai/v1/chat/completions", raw_client::type, hi, 401, "(https://ai.azure.com)"},
        {"/api/projects/p/openai/v1/chat/completions", by_token, hi, 200, ""},
        {models, by_token, hi, 200, ""},
        {v1, by_key, hi, 200, ""},
        {dated, by_key, hi, 401, "statusCode"},
        {dated, by_token, hi, 200, ""},
        {compatible, raw_client::type, hi, 200, ""},
        {"/inference/chat/completions", by_key, ask("hello", "", "openai/gpt-4o"), 200, ""},
        {no_version, ok, hi, 404, R"({"error":{"code":"404","message":"Resource not found"}})"},
        {no_version + "?api-version=2024-08-01-preview", ok, hi, 404, "Resource not found"},
        {v1 + "?api-version=preview", ok, hi, 200, ""},
        {v1 + "?api-version=2024-10-21", ok, hi, 400, "not allowed when using /v1 path"},
        {"/chat/completions", ok, hi, 404, "Resource not found"},
        {"/v1/chat/completion", ok, hi, 404, "Invalid URL (POST /v1/chat/completion)"},
        {models, ok, ask("hello", "", "GPT-4O-MINI"), 200, ""},
        {v1, ok, ask("hello", "", "GPT-4O-MINI"), 404, "DeploymentNotFound"},
        {models, ok, ask("hello", "", "x"), 400, R"("code":"unknown_model","message":"Unknown model: x")"},
        {models, ok, R"({"messages":[{"role":"user","content":"a"}]})", 400, "no_model_name"},
        {compatible, ok, ask("hello", "", "x"), 404, "model_not_found"},
        {"/openai/deployments/gpt%2D4o/chat/completions?api-version=2024-10-21", ok, hi, 200, ""},
        {"/openai/deployments/x/chat/completions?api-version=2024-10-21", ok, hi, 404, "DeploymentNotFound"},
        {models, ok, ask("a", R"(,"n":2)"), 400, "Extra parameters ['n'] are not allowed when extra-parameters"},
        {models, drop, ask("a", R"(,"n":2)"), 200, "\"index\":0"},
        {models, pass, ask("a", R"(,"n":2)"), 200, "\"index\":1"},
        {v1, ok, ask("a", R"(,"max_token":2)"), 400, R"("code":"unknown_parameter")"},
        {compatible, ok, ask("a", R"(,"max_token":2)"), 200, ""},
        {v1, ok, R"({"model":"gpt-4o"})", 400, "Missing required parameter: 'messages'."},
        {models, ok, R"({"model":"gpt-4o","messages":[]})", 422, R"("loc":["body","messages"])"},
        {v1, ok, R"({"model":"gpt-4o","messages":[{"role":"usr","content":"a"}]})", 400, "messages[0].role"},
        {models, ok, R"({"model":"gpt-4o","messages":[{"role":"user","content":7}]})", 422, "content"},
        {v1, ok, R"({"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"txt"}]}]})", 400, "[0].type"},
        {v1, ok, R"({"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","txt":""}]}]})", 400, "txt"},
        {v1, ok, R"({"model":"gpt-4o","messages":[{"role":"tool","tool_call_id":"x","content":"a"}]})", 400, "tool"},
        {v1, ok, ask("a", R"(,"max_tokens":"2")"), 400, "expected an integer, but got a string"},
        {v1, ok, ask("a", R"(,"temperature":3)"), 400, "temperature"},
        {v1, ok, ask("a", R"(,"stream_options":{})"), 400, "only allowed when 'stream' is enabled"},
        {v1, ok, ask("a", R"(,"response_format":{"type":"json_object"})"), 400, "must contain the word 'json'"},
        {v1, ok, ask("as json", R"(,"response_format":{"type":"json_object"})"), 200, "keywords"},
        {dated, ok, ask("a jailbreak"), 400, R"("innererror":{"code":"ResponsibleAIPolicyViolation")"},
        {compatible, ok, ask("a jailbreak"), 200, ""},
        {v1, ok, "{\"model\":", 400, "not a JSON object"},
        {v1, raw_client::key, hi, 415, "application/json"},
    };
    emulator const service;
    raw_client client(service);
    for (auto const& one : rows) {
        CAPTURE(one.target);
        CAPTURE(one.body);
        auto const reply = client.call("POST", one.target, one.headers, one.body);
        CAPTURE(reply.body);
        CHECK(reply.status == one.status);
        CHECK(reply.has(one.says));
    }
    raw_client serverless(service, "m.eastus.models.ai.azure.com");
    CHECK(serverless.call("GET", "/info?api-version=2024-05-01-preview", "", "").has("Invalid auth token"));
    CHECK(
        serverless.call("GET", "/info?api-version=2024-05-01-preview", raw_client::bearer, "").has("chat-completion"));
    CHECK(serverless.call("GET", "/infos", raw_client::bearer, "").body == R"({"detail":"Not Found"})");
    CHECK(client.call("GET", models, raw_client::key, "").status == 405);
    CHECK(client.call("GET", "/openai/v1/models", raw_client::key, "").has("\"id\":\"gpt-4o\""));
    client.send("HEAD /openai/v1/models HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_response().status == 405);
}

TEST_CASE("emulator: HTTP as clients send it, and its limits")
{
    emulator const service;
    raw_client client(service);
    auto const body = ask("feet in a mile");
    client.send("POST " + v1 + " HTTP/1.1\r\nhost: x\r\n" + raw_client::key + raw_client::type +
                "x-ms-client-request-id: mine\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + body.substr(0, 5) + "\r\n");
    client.send("a0;x=y\r\n" + body.substr(5) + std::string(0xa0 - body.size() + 5, ' ') + "\r\n0\r\n\r\n");
    auto const reply = client.read_response();
    CHECK(reply.status == 200);
    CHECK(reply.header("x-ms-client-request-id") == "mine");
    CHECK(service.journal().back().header("X-MS-Client-Request-Id") == "mine");

    client.send("POST " + v1 + " HTTP/1.1\r\nHost: x\r\n" + raw_client::key + raw_client::type +
                "Expect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    CHECK(client.take_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(body);
    CHECK(client.read_response().status == 200);

    std::string many = raw_client::key + raw_client::type;
    for (char letter = 'a'; letter < 'k'; ++letter)
        many += "x-" + std::string(1, letter) + ": 1\r\n";
    CHECK(client.call("POST", v1, many, body).status == 200);
    CHECK(client.call("POST", v1, many + "x-k: 1\r\n", body).status == 431);

    CHECK(client.call("POST", v1, raw_client::key + raw_client::type + "Connection: close\r\n", body).status == 200);
    CHECK(client.read_to_end().empty());
    CHECK(client.ended_well);

    raw_client wordy(service);
    wordy.send("GET / HTTP/1.1\r\nX-Long: " + std::string(70000, 'x'));
    CHECK(wordy.read_response().status == 431);
    raw_client confused(service);
    confused.send("This is not HTTP\r\n\r\n");
    CHECK(confused.read_response().status == 400);
    emulator_options small;
    CHECK(small.body_limit == 2147483648);
    small.body_limit = 1000;
    emulator const strict(small);
    raw_client vast(strict);
    vast.send("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n");
    CHECK(vast.read_response().status == 413);
}

TEST_CASE("emulator: the journal keeps the latest requests and counts all of them")
{
    emulator_options options;
    CHECK(options.journal_limit == 10000);
    options.journal_limit = 3;
    emulator service(options);
    raw_client client(service);
    for (int i = 1; i <= 5; ++i)
        client.post(v1, ask(std::to_string(i)));
    CHECK(service.requests() == 5);
    CHECK(service.wait_for_requests(5, 0ms));
    CHECK_FALSE(service.wait_for_requests(6, 0ms));
    auto const kept = service.journal();
    REQUIRE(kept.size() == 3);
    CHECK(kept.front().body == ask("3"));
    CHECK(kept.back().body == ask("5"));
    service.clear_journal();
    CHECK(service.requests() == 0);
    CHECK(service.journal().empty());
}

TEST_CASE("emulator: options choose ports, keys and names")
{
    emulator_options options;
    options.tls = false;
    options.api_key = "other";
    options.chat_deployments = {"mine", "o3-mini"};
    options.require_key_on_compatible = true;
    emulator const service(options);
    CHECK(service.tls_port() == 0);
    raw_client client(service);
    CHECK(client.post(v1, ask("a", "", "mine")).status == 401);
    CHECK(client.post("/v1/chat/completions", ask("a", "", "mine")).has("invalid_api_key"));
    auto const other = "api-key: other\r\n" + raw_client::type;
    CHECK(client.call("POST", v1, other, ask("a", "", "mine")).status == 200);
    CHECK(client.call("POST", v1, other, ask("a", ",\"max_tokens\":9", "o3-mini")).has("unsupported_parameter"));

    emulator_options same_port;
    same_port.plain_port = service.plain_port();
    CHECK_THROWS_AS(emulator{same_port}, boost::system::system_error);
    emulator_options bad_name;
    bad_name.certificate_names = {"a,IP:1.2.3.4"};
    CHECK_THROWS_AS(emulator{bad_name}, std::runtime_error);
    emulator_options further;
    further.certificate_names = {"gateway.internal.example"};
    emulator const named(further);
    CHECK(raw_client(named, "gateway.internal.example", true).protocol() == "http/1.1");
}

TEST_CASE("emulator: its journal may be read and removed while it is open")
{
    emulator_options options;
    options.tls = false;
    options.journal_file =
        (std::filesystem::temp_directory_path() / ("journal" + foundry::detail::make_uuid())).string();
    emulator const service(options);
    raw_client client(service);
    CHECK(client.post(v1, ask("a")).status == 200);
    {
        std::ifstream file(options.journal_file);
        std::string line;
        CHECK(std::getline(file, line));
    }
    CHECK(std::filesystem::remove(options.journal_file));
    CHECK(client.post(v1, ask("a")).status == 200);
}

TEST_CASE("emulator: writes its requests into a file, without keys")
{
    emulator_options options;
    options.tls = false;
    options.journal_file =
        (std::filesystem::temp_directory_path() / ("journal" + foundry::detail::make_uuid())).string();
    std::vector<json::value> lines;
    {
        emulator first(options);
        emulator second(options);
        raw_client client(first);
        CHECK(client.post(v1, ask("a")).status == 200);
        raw_client other(second);
        CHECK(other.call("POST", v1, "Authorization: Bearer nobody's\r\n" + raw_client::type, "\xff").status == 401);
        second.queue(answer::json(500, "{}"));
        CHECK(other.post(v1, ask("a")).status == 500);
    }
    std::ifstream file(options.journal_file);
    for (std::string line; std::getline(file, line);) {
        CHECK(line.find("emulator-key") == std::string::npos);
        CHECK(line.find("nobody's") == std::string::npos);
        lines.push_back(json::parse(line));
    }
    file.close();
    std::filesystem::remove(options.journal_file);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].at("method") == "POST");
    CHECK(lines[0].at("target") == json::value(v1));
    CHECK(lines[0].at("body") == json::value(ask("a")));
    CHECK(lines[0].at("status") == 200);
    CHECK(lines[1].at("body_base64") == "/w==");
    CHECK(lines[1].at("status") == 401);
    CHECK(lines[2].at("status").is_null());
    json::array const type{"Content-Type", "application/json"};
    json::array const& headers = lines[0].at("headers").as_array();
    CHECK(std::find(headers.begin(), headers.end(), type) != headers.end());
}

TEST_CASE("emulator: /v1 behaves like the local server that was chosen, and no other form does")
{
    using foundry::testing::local_server;
    std::string const path = "/v1/chat/completions";
    auto const like = [](local_server behaviour) {
        emulator_options options;
        options.local = behaviour;
        return options;
    };
    auto const count = [](std::string_view text, std::string_view part) {
        std::size_t found = 0;
        for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
            ++found;
        return found;
    };
    auto const question = ask("a joke", ",\"stream\":true", "DeepSeek-R1");

    emulator const llama_cpp(like(local_server::llama_cpp()));
    raw_client llama_cpp_client(llama_cpp);
    auto reply = llama_cpp_client.post(path, question);
    CHECK(count(reply.body, "\"role\"") == 1);
    auto events = reply.events();
    CHECK(events.back().at_pointer("/choices/0/finish_reason") == "stop");
    CHECK(events.back().at_pointer("/usage/completion_tokens") == events.back().at_pointer("/timings/predicted_n"));
    reply = llama_cpp_client.post(path, ask("weather", weather_tool));
    CHECK(reply.parsed().at_pointer("/choices/0/message/tool_calls/0/id") == "");
    CHECK(llama_cpp_client.post(path, "{}").parsed().at_pointer("/error/code") == 400);

    emulator const vllm(like(local_server::vllm()));
    raw_client vllm_client(vllm);
    reply = vllm_client.post(path, question);
    events = reply.events();
    CHECK(events.back().at_pointer("/choices/0/delta/content") == " joke.");
    CHECK(events.back().at_pointer("/choices/0/finish_reason") == "stop");
    CHECK(!events.back().as_object().contains("usage"));
    CHECK(count(reply.body, "\"reasoning\"") == count(reply.body, "\"reasoning_content\""));
    reply = vllm_client.post(path, ask("a", "", "nobody"));
    CHECK(reply.status == 404);
    CHECK(reply.parsed().at("object") == "error");
    CHECK(reply.parsed().at("type") == "NotFoundError");
    CHECK(reply.parsed().at("code") == 404);

    emulator const ollama(like(local_server::ollama()));
    raw_client ollama_client(ollama);
    reply = ollama_client.post(path, question);
    CHECK(count(reply.body, "\"role\"") == reply.events().size());
    CHECK(reply.has("\"reasoning\""));
    CHECK(!reply.has("\"reasoning_content\""));
    reply = ollama_client.post(path, ask("weather in Paris", weather_tool + ",\"stream\":true"));
    CHECK(count(reply.body, "\"tool_calls\":") == 1);
    CHECK(ollama_client.post(path, ask("a", "", "nobody")).parsed().at("error").is_string());

    emulator const foundry_local(like(local_server::foundry_local()));
    raw_client foundry_local_client(foundry_local);
    reply = foundry_local_client.post(path, question);
    CHECK(!reply.has("finish_reason"));
    CHECK(!reply.has("usage"));
    events = reply.events();
    for (auto const& event : events)
        CHECK(event.at_pointer("/choices/0/message") == event.at_pointer("/choices/0/delta"));
    CHECK(events.back().at("error").is_null());
    CHECK(foundry_local_client.post(v1, question).has("finish_reason"));

    local_server terse;
    terse.role = local_server::role_place::nowhere;
    terse.usage = local_server::usage_place::own_event;
    terse.blank_after_data = false;
    terse.done_event = false;
    emulator const other(like(terse));
    reply = raw_client(other).post(path, question);
    CHECK(count(reply.body, "\"role\"") == 0);
    CHECK(count(reply.body, "data:{") == count(reply.body, "\n\n"));
    CHECK(count(reply.body, "\"usage\"") == 1);
    CHECK(!reply.has("[DONE]"));
}

TEST_CASE("emulator: serves many threads at once")
{
    emulator service;
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&service, &good, i] {
            raw_client client(service, "localhost", i % 2 == 0);
            for (int k = 0; k < 5; ++k) {
                good += client.post(v1, ask("story", R"(,"stream":true)")).body.ends_with("[DONE]\n\n");
                good += service.journal().size() >= static_cast<std::size_t>(k);
            }
        });
    }
    CHECK(service.wait_for_requests(30, 30s));
    for (auto& one : threads)
        one.join();
    CHECK(good == 60);
    CHECK(service.connections() == 6);
    CHECK(service.wait_for_open_at_most(0, 5s));
    CHECK(service.open_connections() == 0);
}

} // namespace foundry_test::emulator_test
