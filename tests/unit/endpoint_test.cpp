// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/detail/call/request_target.hpp>
#include <foundry/endpoint.hpp>
#include <foundry/error.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace doctest {

template <>
struct StringMaker<foundry::api_form>
{
    static String convert(foundry::api_form f) { return toString(static_cast<int>(f)); }
};

template <>
struct StringMaker<foundry::host_kind>
{
    static String convert(foundry::host_kind k) { return toString(static_cast<int>(k)); }
};

} // namespace doctest

namespace foundry_test::endpoint_test {

using foundry::allow_plain_http;
using foundry::api_form;
using foundry::endpoint;
using foundry::host_kind;

std::string const cognitive = "https://cognitiveservices.azure.com/.default";
std::string const machine_learning = "https://ml.azure.com/.default";

template <class F>
std::string refusal_of(F f)
{
    try {
        f();
    } catch (foundry::error const& e) {
        CHECK(e.code() == foundry::errc::invalid_argument);
        return e.message();
    }
    return {};
}

std::string refusal(std::string_view url)
{
    return refusal_of([&] { endpoint{url}; });
}

bool mentions(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string target(endpoint const& e, std::string_view path, std::string_view deployment = {})
{
    return foundry::detail::request_target(e, foundry::detail::find_operation(path), path, deployment);
}

std::string chat(std::string_view url, std::string_view deployment = "m")
{
    return target(endpoint(url), "chat/completions", deployment);
}

struct expectation
{
    std::string_view url;
    host_kind kind;
    api_form form;
    std::string_view base;
    std::string_view chat_target;
    std::string_view scope;
};

TEST_CASE("endpoint: the URL decides the form, the kind of host, the base, the api-version and the scope")
{
    auto const models = "/chat/completions?api-version=2024-05-01-preview";
    auto const dated = "/openai/deployments/m/chat/completions?api-version=2024-10-21";
    std::vector<expectation> const expectations{
        {"https://r.services.ai.azure.com/models", host_kind::foundry, api_form::models,
         "https://r.services.ai.azure.com/models", "/models/chat/completions?api-version=2024-05-01-preview",
         cognitive},
        {"https://r.services.ai.azure.com/api/models/", host_kind::foundry, api_form::models,
         "https://r.services.ai.azure.com/api/models", "/api/models/chat/completions?api-version=2024-05-01-preview",
         cognitive},
        {"https://R.Services.AI.Azure.com:443/openai/v1/", host_kind::foundry, api_form::openai_v1,
         "https://r.services.ai.azure.com/openai/v1", "/openai/v1/chat/completions", cognitive},
        {"https://r.openai.azure.com/openai/v1", host_kind::foundry, api_form::openai_v1,
         "https://r.openai.azure.com/openai/v1", "/openai/v1/chat/completions", cognitive},
        {"https://r.cognitiveservices.azure.com/openai/v1", host_kind::foundry, api_form::openai_v1,
         "https://r.cognitiveservices.azure.com/openai/v1", "/openai/v1/chat/completions", cognitive},
        {"https://r.services.ai.azure.com/api/projects/p/openai/v1", host_kind::foundry, api_form::openai_v1,
         "https://r.services.ai.azure.com/api/projects/p/openai/v1", "/api/projects/p/openai/v1/chat/completions",
         "https://ai.azure.com/.default"},
        {"https://r.openai.azure.com", host_kind::foundry, api_form::dated, "https://r.openai.azure.com", dated,
         cognitive},
        {"https://r.openai.azure.com/openai/", host_kind::foundry, api_form::dated, "https://r.openai.azure.com", dated,
         cognitive},
        {"https://r.openai.azure.com/openai/deployments", host_kind::foundry, api_form::dated,
         "https://r.openai.azure.com", dated, cognitive},
        {"https://r.cognitiveservices.azure.com/", host_kind::foundry, api_form::dated,
         "https://r.cognitiveservices.azure.com", dated, cognitive},
        {"https://r.services.ai.azure.com/openai", host_kind::foundry, api_form::dated,
         "https://r.services.ai.azure.com", dated, cognitive},
        {"https://r.services.ai.azure.us/models", host_kind::foundry, api_form::models,
         "https://r.services.ai.azure.us/models", "/models/chat/completions?api-version=2024-05-01-preview",
         "https://cognitiveservices.azure.us/.default"},
        {"https://r.openai.azure.cn", host_kind::foundry, api_form::dated, "https://r.openai.azure.cn", dated,
         "https://cognitiveservices.azure.cn/.default"},
        {"https://r.services.ai.azure.us/api/projects/p/openai/v1", host_kind::foundry, api_form::openai_v1,
         "https://r.services.ai.azure.us/api/projects/p/openai/v1", "/api/projects/p/openai/v1/chat/completions",
         "https://ai.azure.us/.default"},
        {"https://d.eastus2.models.ai.azure.com", host_kind::serverless, api_form::models,
         "https://d.eastus2.models.ai.azure.com", models, machine_learning},
        {"https://d.eastus2.models.ai.azure.com/v1/chat/completions", host_kind::serverless, api_form::models,
         "https://d.eastus2.models.ai.azure.com", models, machine_learning},
        {"https://d.eastus2.models.ai.azure.com/chat/completions", host_kind::serverless, api_form::models,
         "https://d.eastus2.models.ai.azure.com", models, machine_learning},
        {"https://d.eastus2.inference.ml.azure.com/score", host_kind::managed_compute, api_form::models,
         "https://d.eastus2.inference.ml.azure.com", models, machine_learning},
        {"https://models.inference.ai.azure.com", host_kind::github, api_form::compatible,
         "https://models.inference.ai.azure.com", "/chat/completions", ""},
        {"https://models.github.ai/inference", host_kind::github, api_form::compatible,
         "https://models.github.ai/inference", "/inference/chat/completions", ""},
        {"https://models.github.ai/orgs/o/inference/chat/completions", host_kind::github, api_form::compatible,
         "https://models.github.ai/orgs/o/inference", "/orgs/o/inference/chat/completions", ""},
        {"https://g.azure-api.net/team/openai/v1", host_kind::gateway, api_form::openai_v1,
         "https://g.azure-api.net/team/openai/v1", "/team/openai/v1/chat/completions", cognitive},
        {"https://g.azure-api.net/team/openai", host_kind::gateway, api_form::dated, "https://g.azure-api.net/team",
         "/team/openai/deployments/m/chat/completions?api-version=2024-10-21", cognitive},
        {"https://g.azure-api.net/team/models", host_kind::gateway, api_form::models,
         "https://g.azure-api.net/team/models", "/team/models/chat/completions?api-version=2024-05-01-preview",
         cognitive},
        {"https://g.azure-api.net/team", host_kind::gateway, api_form::compatible, "https://g.azure-api.net/team",
         "/team/chat/completions", cognitive},
        {"https://g.azure-api.us/openai", host_kind::gateway, api_form::dated, "https://g.azure-api.us", dated,
         "https://cognitiveservices.azure.us/.default"},
        {"http://localhost:8080/v1", host_kind::other, api_form::compatible, "http://localhost:8080/v1",
         "/v1/chat/completions", ""},
        {"https://api.example/v1/chat/completions/", host_kind::other, api_form::compatible, "https://api.example/v1",
         "/v1/chat/completions", ""},
        {"https://api.example/v1/embeddings", host_kind::other, api_form::compatible, "https://api.example/v1",
         "/v1/chat/completions", ""},
        {"https://api.example", host_kind::other, api_form::compatible, "https://api.example", "/chat/completions", ""},
        {"http://[::1]:80/", host_kind::other, api_form::compatible, "http://[::1]", "/chat/completions", ""},
    };
    for (auto const& x : expectations) {
        INFO(x.url);
        endpoint const e{x.url};
        CHECK(e.kind() == x.kind);
        CHECK(e.form() == x.form);
        CHECK(e.url() == x.base);
        CHECK(target(e, "chat/completions", "m") == x.chat_target);
        CHECK(e.scope() == x.scope);
        CHECK(e.deployment() == "");
    }
}

TEST_CASE("endpoint: a host that only looks like one of Azure's is any other host")
{
    for (auto const* url : {"https://r.openai.azure.com.evil.example/v1", "https://evilopenai.azure.com/v1",
                            "https://openai.azure.com/v1", "https://r.openai.azure.net/v1",
                            "https://r.azure-api.com/v1", "https://services.ai.azure.com/v1"}) {
        CHECK_MESSAGE(endpoint{url}.kind() == host_kind::other, url);
        CHECK_MESSAGE(endpoint{url}.scope() == "", url);
    }
}

TEST_CASE("endpoint: a trailing dot does not hide a Foundry host")
{
    endpoint const e{"https://r.openai.azure.com./openai/v1"};
    CHECK(e.kind() == host_kind::foundry);
    CHECK(e.host() == "r.openai.azure.com");
}

TEST_CASE(
    "endpoint: a pasted target URI is cut back to its base; deployment, api-version and other parameters are kept")
{
    endpoint const dated{
        "https://r.openai.azure.com/openai/deployments/gpt%204o/chat/completions?api-version=2025-01-01-preview"};
    CHECK(dated.form() == api_form::dated);
    CHECK(dated.url() == "https://r.openai.azure.com");
    CHECK(dated.deployment() == "gpt 4o");
    CHECK(dated.api_version() == "2025-01-01-preview");
    CHECK(target(dated, "chat/completions") ==
          "/openai/deployments/gpt%204o/chat/completions?api-version=2025-01-01-preview");

    endpoint const models{"https://r.services.ai.azure.com/models/chat/completions?a=b%26&API-Version=2025-04-01&c"};
    CHECK(models.url() == "https://r.services.ai.azure.com/models");
    CHECK(target(models, "embeddings") == "/models/embeddings?api-version=2025-04-01&a=b%26&c");

    for (auto const* operation : {"chat/completions", "responses", "embeddings", "models"})
        CHECK(chat("https://r.openai.azure.com/openai/v1/" + std::string(operation)) == "/openai/v1/chat/completions");
    CHECK(endpoint("https://r.services.ai.azure.com/api/projects/p/openai/v1/responses").url() ==
          "https://r.services.ai.azure.com/api/projects/p/openai/v1");
    CHECK(chat("https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview") ==
          "/openai/v1/chat/completions?api-version=preview");
    CHECK(chat("https://g.azure-api.net/team/openai/deployments/m/chat/completions?api-version=1") ==
          "/team/openai/deployments/m/chat/completions?api-version=1");
    CHECK(chat("https://r.openai.azure.com/openai/responses?api-version=2025-03-01-preview") ==
          "/openai/deployments/m/chat/completions?api-version=2025-03-01-preview");
    CHECK(chat("https://r.openai.azure.com/OpenAI/Deployments/M/audio/speech") ==
          "/openai/deployments/M/chat/completions?api-version=2024-10-21");
    CHECK(chat("https://r.openai.azure.com/openai/v1?api-version=") == "/openai/v1/chat/completions");
    CHECK(endpoint("http://localhost:8080/v1/images/generations").url() == "http://localhost:8080/v1");
}

TEST_CASE("endpoint: its URL parses to the same endpoint, however much was pasted")
{
    for (auto const* url :
         {"https://api.example/v1/chat/completions/chat/completions", "https://api.example/v1/embeddings/responses/",
          "https://api.example/v1/images/generations", "https://m.eastus2.inference.ml.azure.com/v1/score",
          "https://m.eastus2.inference.ml.azure.com/chat/completions/v1/score/score",
          "https://g.azure-api.net/team/openai/openai", "https://g.azure-api.net//openai",
          "https://g.azure-api.net/openai//openai",
          "https://g.azure-api.net/team/chat/completions/openai/deployments/m"}) {
        std::string const base = endpoint(url).url();
        CHECK_MESSAGE(endpoint(base).url() == base, url);
        CHECK_MESSAGE(base.find("completions") == base.npos, base);
    }
}

TEST_CASE("endpoint: a URL without an API is rejected with the URLs to use")
{
    for (auto const* path : {"", "/", "/model", "/model/chat/completions", "/chat/completions", "/v1"}) {
        auto const message = refusal("https://r.services.ai.azure.com" + std::string(path));
        CHECK_MESSAGE(mentions(message, "https://r.services.ai.azure.com/models"), path);
        CHECK_MESSAGE(mentions(message, "https://r.services.ai.azure.com/openai/v1"), path);
    }
    auto const message = refusal("https://r.openai.azure.com/v1");
    CHECK(mentions(message, "https://r.openai.azure.com/openai/v1"));
    CHECK_FALSE(mentions(message, "/models"));
    CHECK(mentions(refusal("https://models.github.ai"), "https://models.github.ai/inference"));
}

TEST_CASE("endpoint: a bare project URL is rejected with the two URLs to use instead")
{
    for (auto const* path :
         {"/api/projects/p1", "/api/projects/p1/", "/api/projects/p1/openai", "/api/projects/p1/models"}) {
        auto const message = refusal("https://r.services.ai.azure.com" + std::string(path));
        CHECK_MESSAGE(mentions(message, "https://r.services.ai.azure.com/api/projects/p1/openai/v1"), path);
        CHECK_MESSAGE(mentions(message, "https://r.services.ai.azure.com/models"), path);
    }
    CHECK(mentions(refusal("https://r.services.ai.azure.com/api/projects"), "/api/projects/{project}/openai/v1"));
    CHECK_FALSE(refusal("https://r.services.ai.azure.com/api/projects//openai/v1").empty());
}

TEST_CASE("endpoint: plain http is for loopback, unless it is allowed explicitly")
{
    for (auto const* host : {"localhost", "a.localhost", "127.0.0.1", "127.1.2.3", "[::1]"}) {
        endpoint const e{"http://" + std::string(host) + ":8080/v1"};
        CHECK_FALSE(e.secure());
        CHECK(e.may_carry_credentials());
        CHECK_FALSE(e.plain_http_allowed());
    }
    for (auto const* url :
         {"http://gpu-box:8000/v1", "http://r.openai.azure.com", "http://10.0.0.1/v1", "http://localhost.example/"})
        CHECK_MESSAGE(mentions(refusal(url), "allow_plain_http"), url);

    endpoint const e{"http://gpu-box:8000/v1", allow_plain_http()};
    CHECK(e.plain_http_allowed());
    CHECK_FALSE(e.may_carry_credentials());
    CHECK(e.port() == 8000);
}

TEST_CASE("endpoint: credentials in clear text go only to sockets of this machine")
{
    CHECK(endpoint("https://api.example/v1").connect_to("10.0.0.1", 443).may_carry_credentials());
    CHECK_FALSE(endpoint("http://localhost/v1").connect_to("10.0.0.1", 80).may_carry_credentials());
    CHECK(endpoint("http://r.openai.azure.com", allow_plain_http())
              .connect_to("127.0.0.1", 8080)
              .may_carry_credentials());
}

TEST_CASE("endpoint: user-info and keys in the query are rejected and not repeated")
{
    for (auto const* url : {"https://u:sekret@api.example/v1", "https://sekret@api.example", "https://@api.example",
                            "https://api.example/v1?api-key=sekret", "https://api.example/v1?a=b&API%2DKey=sekret",
                            "https://g.azure-api.net/v1?subscription-key=sekret"}) {
        auto const message = refusal(url);
        CHECK_MESSAGE(mentions(message, "credential"), url);
        CHECK_MESSAGE(!mentions(message, "sekret"), url);
    }
}

TEST_CASE("endpoint: a path that steps upwards is rejected, however it is spelt")
{
    for (auto const* path : {"/.", "/..", "/a/../b", "/a/%2e%2E/b", "/a%2f..%2fb", "/openai/deployments/.."})
        CHECK_MESSAGE(mentions(refusal("https://api.example" + std::string(path)), "'..'"), path);
    CHECK(refusal("https://api.example/a..b/.../c").empty());
}

TEST_CASE("endpoint: the request's deployment goes into the path, encoded")
{
    CHECK(chat("https://r.openai.azure.com", "a/b?c#d e\r\n") ==
          "/openai/deployments/a%2Fb%3Fc%23d%20e%0D%0A/chat/completions?api-version=2024-10-21");
    CHECK(chat("https://r.services.ai.azure.com/models", "a/b") ==
          "/models/chat/completions?api-version=2024-05-01-preview");
}

TEST_CASE("endpoint: a deployment that would change the path, or none, is rejected")
{
    for (auto const* name : {".", "..", "../x", "a/../b", "%2e%2e"})
        CHECK_MESSAGE(mentions(refusal_of([&] { chat("https://r.openai.azure.com", name); }), "named"), name);
    CHECK(mentions(refusal_of([&] { chat("https://r.openai.azure.com", ""); }), "set the request's model"));
    CHECK_FALSE(refusal_of([&] { endpoint("https://r.openai.azure.com").set_deployment(".."); }).empty());
}

TEST_CASE("endpoint: a request for another deployment than the endpoint's is rejected, naming both")
{
    endpoint e{"https://r.openai.azure.com/openai/deployments/GPT-4o"};
    CHECK(target(e, "embeddings", "gpt-4O") == "/openai/deployments/GPT-4o/embeddings?api-version=2024-10-21");
    auto const message = refusal_of([&] { target(e, "embeddings", "other"); });
    CHECK(mentions(message, "'GPT-4o'"));
    CHECK(mentions(message, "'other'"));

    endpoint models{"https://r.services.ai.azure.com/models"};
    models.set_deployment("a");
    CHECK_FALSE(refusal_of([&] { target(models, "embeddings", "b"); }).empty());
    CHECK(target(models, "embeddings", "A") == "/models/embeddings?api-version=2024-05-01-preview");
}

TEST_CASE("endpoint: the api-version follows the form until it is set")
{
    endpoint e{"https://g.azure-api.net/team"};
    CHECK(e.api_version() == "");
    CHECK(e.set_form(api_form::models).api_version() == "2024-05-01-preview");
    CHECK(e.set_form(api_form::dated).api_version() == "2024-10-21");
    CHECK(target(e, "embeddings", "d") == "/team/openai/deployments/d/embeddings?api-version=2024-10-21");
    CHECK(e.set_form(api_form::openai_v1).api_version() == "");
    CHECK(target(e.set_api_version("a b&"), "embeddings") == "/team/embeddings?api-version=a%20b%26");
    CHECK(e.set_form(api_form::models).api_version() == "a b&");
    CHECK(target(e.set_api_version(""), "embeddings") == "/team/embeddings");
    CHECK(e.set_form(api_form::dated).api_version() == "");
    CHECK(endpoint("https://g.azure-api.net/x?api-version=1").set_form(api_form::models).api_version() == "1");
    CHECK(endpoint("https://models.github.ai/inference").set_form(api_form::models).api_version() == "");
}

TEST_CASE("endpoint: the form can be set both ways without losing the path")
{
    endpoint gateway{"https://g.azure-api.net/team/openai"};
    CHECK(gateway.url() == "https://g.azure-api.net/team");
    CHECK(gateway.set_form(api_form::compatible).url() == "https://g.azure-api.net/team/openai");
    CHECK(gateway.set_form(api_form::dated).url() == "https://g.azure-api.net/team");

    endpoint own{"https://ai.example/openai/deployments/d/chat/completions?api-version=1"};
    CHECK(own.form() == api_form::compatible);
    CHECK(target(own, "chat/completions", "x") == "/openai/deployments/d/chat/completions?api-version=1");
    CHECK(own.set_form(api_form::dated).deployment() == "d");
    CHECK(target(own, "chat/completions") == "/openai/deployments/d/chat/completions?api-version=1");
}

TEST_CASE("endpoint: extra parameters are encoded and follow the api-version")
{
    endpoint e{"https://r.services.ai.azure.com/models?x=%20"};
    e.add_query("a b", "c&d=e").add_query("f", "");
    CHECK(target(e, "info?model=m") == "/models/info?model=m&api-version=2024-05-01-preview&x=%20&a%20b=c%26d%3De&f=");
    CHECK(mentions(refusal_of([&] { e.add_query("api-version", "1"); }), "set_api_version"));
    CHECK(mentions(refusal_of([&] { e.add_query("Api-Key", "sekret"); }), "credential"));
    CHECK_FALSE(refusal_of([&] { e.add_query("", "1"); }).empty());
}

TEST_CASE("endpoint: an operation that is no valid request target is rejected")
{
    endpoint const e{"https://api.example/v1"};
    for (auto const* operation : {"a b", "a\r\nX: y", "a#b", "\xc3\xbc", "../x", "a/%2e%2e", "a\x7f"})
        CHECK_MESSAGE(!refusal_of([&] { target(e, operation); }).empty(), operation);
    CHECK(target(e, "info?x=/../y") == "/v1/info?x=/../y");
}

TEST_CASE("endpoint: extra headers are checked")
{
    endpoint e{"https://api.example/v1"};
    e.add_header("X-Team", "a b").add_header("azureml-model-deployment", "blue");
    CHECK(e.extra_headers().size() == 2);
    CHECK(e.extra_headers()[1].second == "blue");
    for (auto const* name : {"Authorization", "API-KEY"})
        CHECK_MESSAGE(mentions(refusal_of([&] { e.add_header(name, "sekret"); }), "pass a credential"), name);
    for (auto const* name : {"Host", "content-length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer",
                             "Proxy-Authorization"})
        CHECK_MESSAGE(mentions(refusal_of([&] { e.add_header(name, "x"); }), "leave it off"), name);
    for (auto const* name : {"", "a b", "a:b", "a\r\nb"})
        CHECK_MESSAGE(!refusal_of([&] { e.add_header(name, "x"); }).empty(), name);
    for (auto const* value : {"sekret\r\nX: y", " sekret", "sekret\t", "sekret\x7f"}) {
        auto const message = refusal_of([&] { e.add_header("X-A", value); });
        CHECK_FALSE(message.empty());
        CHECK_FALSE(mentions(message, "sekret"));
    }
    CHECK(e.extra_headers().size() == 2);
}

TEST_CASE("endpoint: the Host field has brackets around IPv6 and only a port that is not the scheme's own")
{
    CHECK(endpoint("https://API.example:443/v1").host_field() == "api.example");
    CHECK(endpoint("https://api.example:80/v1").host_field() == "api.example:80");
    CHECK(endpoint("http://localhost:80").host_field() == "localhost");
    CHECK(endpoint("http://localhost:443").host_field() == "localhost:443");
    endpoint const e{"http://[0:0::1]:8080"};
    CHECK(e.host() == "::1");
    CHECK(e.host_field() == "[::1]:8080");
    CHECK(e.url() == "http://[::1]:8080");
}

TEST_CASE("endpoint: connect_to() changes the socket's address and keeps the URL")
{
    endpoint e{"https://r.openai.azure.com"};
    CHECK(e.connect_address() == "r.openai.azure.com");
    CHECK(e.connect_port() == 443);
    e.connect_to("[::1]", 8443);
    CHECK(e.connect_address() == "::1");
    CHECK(e.connect_port() == 8443);
    CHECK(e.host_field() == "r.openai.azure.com");
    CHECK_FALSE(refusal_of([&] { e.connect_to("", 1); }).empty());
    CHECK_FALSE(refusal_of([&] { e.connect_to("h", 0); }).empty());
    CHECK_FALSE(refusal_of([&] { e.connect_to("h\n", 1); }).empty());
}

TEST_CASE("endpoint: a key goes into api-key where Azure answers, and into Authorization elsewhere")
{
    for (auto const* url : {"https://r.services.ai.azure.com/models", "https://r.openai.azure.com/openai/v1",
                            "https://g.azure-api.net/x"})
        CHECK_MESSAGE(endpoint{url}.key_in_api_key_field(), url);
    for (auto const* url : {"https://d.eastus.models.ai.azure.com", "https://d.eastus.inference.ml.azure.com",
                            "https://models.github.ai/inference", "http://localhost:8080/v1"})
        CHECK_MESSAGE(!endpoint{url}.key_in_api_key_field(), url);
    CHECK(endpoint("https://ai.example").set_form(api_form::dated).key_in_api_key_field());
}

TEST_CASE("endpoint: the scope can be set")
{
    CHECK(endpoint("https://ai.example").set_scope("https://ai.azure.com/.default").scope() ==
          "https://ai.azure.com/.default");
}

} // namespace foundry_test::endpoint_test
