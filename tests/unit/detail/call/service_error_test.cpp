// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

#include <foundry/content_filter.hpp>
#include <foundry/detail/base/utf8.hpp>
#include <foundry/detail/call/service_error.hpp>

#include <boost/system/errc.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace doctest {

template <>
struct StringMaker<boost::system::error_code>
{
    static String convert(boost::system::error_code const& code) { return code.message().c_str(); }
};

template <>
struct StringMaker<foundry::errc>
{
    static String convert(foundry::errc code) { return make_error_code(code).message().c_str(); }
};

} // namespace doctest

namespace foundry_test::service_error_test {

using foundry::endpoint;
using foundry::errc;
using foundry::error;
using foundry::response_headers;
using foundry::response_info;
using foundry::detail::error_context;
using std::chrono::milliseconds;

endpoint const models{"https://res.services.ai.azure.com/models"};
endpoint const v1{"https://res.openai.azure.com/openai/v1"};
endpoint const dated{"https://res.openai.azure.com/openai/deployments/gpt-4/chat/completions?api-version=2024-10-21"};
endpoint const serverless{"https://llama.eastus.models.ai.azure.com"};
endpoint const local{"http://localhost:8080/v1"};

error_context chat(endpoint const& where, std::string_view deployment = "gpt-4")
{
    error_context what;
    what.endpoint = &where;
    what.what = &foundry::detail::operations::chat;
    what.path = what.what->path;
    what.deployment = deployment;
    return what;
}

error answered(error_context const& what, unsigned status, std::string body, response_headers headers = {})
{
    return make_service_error(what, response_info{status, std::move(headers), "client-id"}, std::move(body));
}

error answered(unsigned status, std::string body, response_headers headers = {})
{
    return answered(chat(models), status, std::move(body), std::move(headers));
}

std::optional<error> streamed(std::string_view text, std::string_view event_type = {})
{
    try {
        foundry::detail::throw_service_error_in(text, chat(v1), response_info{200, {}, {}}, event_type);
    } catch (error const& e) {
        return e;
    }
    return {};
}

errc streamed_code(std::string_view text, std::string_view event_type = {})
{
    auto const found = streamed(text, event_type);
    return found ? static_cast<errc>(found->code().value()) : errc{};
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// An answer, and what must become of it.
struct expected
{
    char const* row;
    unsigned status;
    char const* body;
    errc code;
    char const* service_code;
    char const* message;
    char const* advice; ///< A part of it.
};

void check(endpoint const& where, expected const& e)
{
    CAPTURE(e.row);
    CAPTURE(where.url());
    auto const got = answered(chat(where), e.status, e.body);
    CAPTURE(got.what());
    CHECK(got.code() == e.code);
    CHECK(got.status() == e.status);
    CHECK(got.service_code() == e.service_code);
    if (*e.message)
        CHECK(got.message() == e.message);
    CHECK(has(got.advice(), e.advice));
    CHECK(got.body() == e.body);
}

constexpr auto extra_parameters_body =
    R"({"detail":"Extra parameters ['stream_options'] are not allowed when extra-parameters is not set or set to be 'error'. Set extra-parameters to 'pass-through' to pass to the model."})";

constexpr auto jailbreak_body =
    R"({"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"jailbreak":{"detected":true,"filtered":true}}}}})";

constexpr auto deployment_not_found_body = R"({
  "error": {
    "type": "invalid_request_error",
    "code": "DeploymentNotFound",
    "message": "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again."
  }
})";

constexpr auto resource_not_found_body = R"({"error":{"code":"404","message":"Resource not found"}})";

TEST_CASE("service error: every known shape of an error becomes one code, whatever the form of the endpoint")
{
    expected const rows[] = {
        {"1", 401,
         R"({"statusCode":401,"message":"Unauthorized. Access token is missing, invalid, audience is incorrect (...), or have expired."})",
         errc::unauthorized, "",
         "Unauthorized. Access token is missing, invalid, audience is incorrect (...), or have expired.",
         "a key goes to"},
        {"2, empty", 401, "", errc::unauthorized, "", "", "a key goes to"},
        {"2", 401, R"({"status":"Invalid auth token"})", errc::unauthorized, "", "Invalid auth token", "a key goes to"},
        {"3", 404, resource_not_found_body, errc::route_not_found, "404", "Resource not found", "does not serve"},
        {"4", 400,
         R"({"error":{"code":"no_model_name","message":"No model specified in request. Please provide a model name in the request body or as a x-ms-model-mesh-model-name header.","details":null}})",
         errc::model_not_found, "no_model_name",
         "No model specified in request. Please provide a model name in the request body or as a "
         "x-ms-model-mesh-model-name header.",
         "set the request's model or options.default_model"},
        {"5", 400, R"({"error":{"code":"unknown_model","message":"Unknown model: X","details":"Unknown model: X"}})",
         errc::model_not_found, "unknown_model", "Unknown model: X", "no deployment 'gpt-4' was found at http"},
        {"6", 400, extra_parameters_body, errc::bad_request, "", "",
         "set call_options.extra_parameters to pass_through, or unset the member"},
        {"7", 422,
         R"({"detail":[{"type":"extra_forbidden","loc":["body","user"],"msg":"Extra inputs are not permitted","input":"...","url":"..."}]})",
         errc::unprocessable, "", "body.user: Extra inputs are not permitted", "unset the member"},
        {"8", 422,
         R"({"status":422,"code":"parameter_not_supported","detail":{"loc":["body","response_format"],"input":"json_object"},"message":"..."})",
         errc::unprocessable, "parameter_not_supported", "...", "check 'body.response_format'"},
        {"8, detail as a list", 422,
         R"({"status":422,"code":"parameter_not_supported","detail":[{"loc":["body","response_format"],"input":"json_object"}]})",
         errc::unprocessable, "parameter_not_supported", "body.response_format", ""},
        {"8, without a message", 422,
         R"({"status":422,"code":"parameter_not_supported","detail":{"loc":["body","response_format"],"input":"json_object"}})",
         errc::unprocessable, "parameter_not_supported", "body.response_format", "check 'body.response_format'"},
        {"9", 422, R"({"error":["Extra inputs are not permitted"]})", errc::unprocessable, "",
         "Extra inputs are not permitted", "unset the member"},
        {"10", 400,
         R"({"object":"error","message":"\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set","type":"BadRequestError","param":null,"code":400})",
         errc::bad_request, "400",
         "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set",
         "or send no tools"},
        {"11", 400,
         R"({"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}})",
         errc::bad_request, "unsupported_parameter",
         "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
         "set max_completion_tokens instead"},
        {"12", 400,
         R"({"status":400,"code":"content_filter","message":"The response was filtered","param":"messages","type":null})",
         errc::content_filter, "content_filter", "The response was filtered", "change the prompt"},
        {"13", 400, jailbreak_body, errc::content_filter, "content_filter", "", "blocked for jailbreak"},
        {"14", 405, "", errc::route_not_found, "", "", "does not serve chat/completions"},
        {"14", 424, R"({"detail":"Not Found"})", errc::route_not_found, "", "Not Found", "or the model does not"},
        {"15", 413,
         R"({"error":{"code":"tokens_limit_reached","message":"Request body too large for gpt-4 model. Max size: 8000 tokens."}})",
         errc::too_large, "tokens_limit_reached", "Request body too large for gpt-4 model. Max size: 8000 tokens.",
         "fewer or shorter messages"},
        {"16", 429,
         R"({"error":{"code":"429","message":"Requests have exceeded the limit. Please retry after 45 seconds."}})",
         errc::rate_limited, "429", "Requests have exceeded the limit. Please retry after 45 seconds.", "wait"},
        {"17", 431, "", errc::too_large, "", "", "send fewer headers"},
        {"18", 422,
         R"({"error":{"code":"OperationParameterInvalid","message":"Streaming responses are not currently supported"}})",
         errc::unprocessable, "OperationParameterInvalid", "Streaming responses are not currently supported",
         "use complete()"},
        {"19", 400,
         R"({"error":{"requestid":"...","code":400,"message":"Validation error at #/max_completion_tokens: Extra inputs are not permitted..."}})",
         errc::bad_request, "400", "Validation error at #/max_completion_tokens: Extra inputs are not permitted...",
         "set max_tokens instead"},
    };
    for (auto const* const where : {&models, &v1, &dated, &serverless, &local})
        for (auto const& row : rows)
            check(*where, row);
}

TEST_CASE("service error: an error that comes with status 200 is found as a body, too")
{
    auto const found = streamed(R"({"error":"Input validation error","error_type":"validation"})");
    REQUIRE(found);
    CHECK(found->code() == errc::service_error);
    CHECK(found->status() == 200);
    CHECK(found->message() == "Input validation error");
}

TEST_CASE("service error: if code and message say nothing, the status decides, whatever the body is")
{
    std::pair<unsigned, errc> const statuses[] = {
        {400, errc::bad_request},      {401, errc::unauthorized},    {402, errc::bad_request},
        {403, errc::forbidden},        {404, errc::route_not_found}, {405, errc::route_not_found},
        {408, errc::service_error},    {409, errc::service_error},   {413, errc::too_large},
        {415, errc::bad_request},      {418, errc::bad_request},     {422, errc::unprocessable},
        {424, errc::route_not_found},  {429, errc::rate_limited},    {431, errc::too_large},
        {499, errc::bad_request},      {500, errc::service_error},   {502, errc::service_error},
        {503, errc::service_error},    {504, errc::service_error},   {599, errc::service_error},
        {100, errc::unexpected_reply}, {304, errc::unexpected_reply}};
    for (auto const& [status, code] : statuses)
        for (auto const* const body :
             {"", "<html><body>Nothing here</body></html>", "null", "true", "17", "\"text\"", "[]", "{}", "[[]]", "{",
              R"({"error":{}})", R"({"error":null})", R"({"error":[{}]})",
              R"({"message":17,"code":[],"param":{},"type":false,"innererror":"x"})", R"({"detail":[[[1]]]})"}) {
            CAPTURE(status);
            CAPTURE(body);
            CHECK(answered(status, body).code() == code);
        }
}

TEST_CASE("service error: the details of the answer are kept")
{
    auto const e = answered(503, R"({"error":{"code":"busy","message":"Later"}})",
                            {{"x-request-id", "r"}, {"apim-request-id", "a"}, {"retry-after", "7"}});
    CHECK(e.status() == 503);
    CHECK(e.request_id() == "r");
    CHECK(e.apim_request_id() == "a");
    CHECK(e.client_request_id() == "client-id");
    CHECK(e.retry_after() == milliseconds{7'000});
    CHECK(e.service_code() == "busy");
    CHECK(e.message() == "Later");
    CHECK(e.content_filter().empty());
}

TEST_CASE("service error: the service's own header gives the code where the body gives none")
{
    CHECK(answered(400, "", {{"x-ms-error-code", "unknown_model"}}).code() == errc::model_not_found);
    CHECK(answered(400, R"({"error":{"code":"other"}})", {{"x-ms-error-code", "mine"}}).service_code() == "other");
}

TEST_CASE("service error: a message is found in every place where services put it")
{
    std::pair<char const*, char const*> const bodies[] = {
        {R"({"error":{"message":"a"}})", "a"},
        {R"({"error":"a"})", "a"},
        {R"({"error":["a","b"]})", "a; b"},
        {R"({"error":[{"loc":["x",0,"y"],"msg":"a"},{"msg":"b"}]})", "x.0.y: a; b"},
        {R"({"message":"a","error":"b"})", "a"},
        {R"({"message":"a","error":{}})", "a"},
        {R"({"message":"a","error":{"message":"b"}})", "b"},
        {R"({"detail":"a"})", "a"},
        {R"({"detail":{"message":"a"}})", "a"},
        {R"({"detail":{"error":{"message":"a"}}})", "a"},
        {R"({"error":{"message":["a","b"]}})", "a; b"},
        {R"({"error":"invalid_grant","error_description":"a"})", "a"},
        {R"({"type":"about:blank","title":"a","status":400})", "a"},
        {R"([{"error":{"message":"a"}}])", "a"},
        {R"("a")", "a"},
    };
    for (auto const& [body, message] : bodies) {
        CAPTURE(body);
        CHECK(answered(400, body).message() == message);
    }
}

TEST_CASE("service error: what a service repeats of the request is not part of the message")
{
    auto const e = answered(
        422,
        R"({"detail":[{"type":"t","loc":["body","messages"],"msg":"Bad","input":"the prompt","ctx":{"error":"x"}}]})");
    CHECK(e.message() == "body.messages: Bad");
    CHECK(!has(e.what(), "the prompt"));
}

TEST_CASE("service error: a code is text or a number, at either level")
{
    std::pair<char const*, char const*> const bodies[] = {
        {R"({"error":{"code":"a"}})", "a"},
        {R"({"error":{"code":429}})", "429"},
        {R"({"error":{"code":null},"code":"b"})", "b"},
        {R"({"error":["x"],"code":"b"})", "b"},
        {R"({"error":"x","code":7.5})", ""},
        {R"({"error":{"code":{}}})", ""},
        {R"({"code":-1})", "-1"},
    };
    for (auto const& [body, code] : bodies) {
        CAPTURE(body);
        CHECK(answered(400, body).service_code() == code);
    }
}

TEST_CASE("content filter: a blocked prompt has the verdict of each category")
{
    auto const e = answered(
        chat(dated), 400,
        "{\"error\": {\"message\": \"The response was filtered due to the prompt triggering Azure OpenAI's content "
        "management "
        "policy. Please modify your prompt and retry. To learn more about our content filtering policies please read "
        "our "
        "documentation: https://go.microsoft.com/fwlink/?linkid=2198766\", \"type\": null, \"param\": \"prompt\", "
        "\"code\": "
        "\"content_filter\", \"status\": 400, \"innererror\": {\"code\": \"ResponsibleAIPolicyViolation\", "
        "\"content_filter_result\": {\"hate\": {\"filtered\": false, \"severity\": \"safe\"}, \"self_harm\": "
        "{\"filtered\": "
        "false, \"severity\": \"safe\"}, \"sexual\": {\"filtered\": false, \"severity\": \"safe\"}, \"violence\": "
        "{\"filtered\": true, \"severity\": \"medium\"}}}}}");
    CHECK(e.code() == errc::content_filter);
    REQUIRE(e.content_filter().size() == 4);
    CHECK(e.content_filter().find("violence")->filtered);
    CHECK(e.content_filter().find("violence")->severity == foundry::filter_severity::medium);
    CHECK(!e.content_filter().find("self_harm")->filtered);
    CHECK(e.advice() == "change the prompt, which was blocked for violence");
}

TEST_CASE("content filter: all spellings of a verdict are read")
{
    for (auto const* const inner : {"innererror", "inner_error"})
        for (auto const* const result : {"content_filter_result", "content_filter_results"}) {
            auto const body = std::string{R"({"error":{"message":"m",")"} + inner + R"(":{")" + result +
                              R"(":{"self-harm":{"filtered":true,"severity":"high"}}}}})";
            CAPTURE(body);
            auto const e = answered(400, body);
            CHECK(e.code() == errc::content_filter);
            REQUIRE(e.content_filter().find("self-harm"));
            CHECK(e.content_filter().find("self-harm")->severity == foundry::filter_severity::high);
        }
}

TEST_CASE("content filter: of the Responses API's list the filter that blocked is read, or else the first")
{
    auto const e = answered(chat(v1), 400,
                            R"({"error":{"message":"m","type":"invalid_request_error","content_filters":[
            {"blocked":false,"source_type":"completion","content_filter_results":{"hate":{"filtered":false}}},
            {"blocked":true,"source_type":"prompt","content_filter_results":{"jailbreak":{"filtered":true,"detected":true}}}]}})");
    CHECK(e.code() == errc::content_filter);
    CHECK(e.content_filter().size() == 1);
    CHECK(e.content_filter().find("jailbreak"));
    auto const first = answered(
        400, R"({"error":{"code":"content_filter","content_filters":[7,{},{"content_filter_results":{"a":{}}}]}})");
    CHECK(first.content_filter().find("a"));
}

TEST_CASE("content filter: a malformed verdict does no harm")
{
    for (auto const* const result : {"[]", "{}", "null", R"({"hate":7})", R"({"hate":{"filtered":1e999}})", R"("x")"}) {
        CAPTURE(result);
        auto const body =
            std::string{R"({"error":{"code":"content_filter","innererror":{"content_filter_result":)"} + result + "}}}";
        CHECK(answered(400, body).code() == errc::content_filter);
    }
}

TEST_CASE("content filter: a blocked prompt is recognised by any one of its marks")
{
    for (auto const* const body :
         {R"({"code":"content_filter"})", R"({"error":{"type":"content_filter"}})",
          R"({"error":{"innererror":{"code":"ResponsibleAIPolicyViolation"}}})",
          R"({"message":"The response was filtered"})",
          R"({"error":{"message":"... triggering Azure OpenAI's Content Management Policy."}})"}) {
        CAPTURE(body);
        CHECK(answered(400, body).code() == errc::content_filter);
    }
    CHECK(answered(400, R"({"error":{"innererror":{"content_filter_result":{"hate":{"filtered":false}}}}})").code() ==
          errc::bad_request);
}

TEST_CASE("service error: a deployment that does not exist is named")
{
    auto const e = answered(chat(dated, ""), 404, deployment_not_found_body);
    CHECK(e.code() == errc::model_not_found);
    CHECK(e.service_code() == "DeploymentNotFound");
    CHECK(has(e.advice(), "no deployment 'gpt-4' was found at https://res.openai.azure.com"));
    CHECK(has(e.advice(), "five minutes"));
    auto const other = answered(chat(local, "llama"), 404,
                                R"({"error":{"message":"The model `llama` does not exist","code":"model_not_found"}})");
    CHECK(other.code() == errc::model_not_found);
    CHECK(other.advice() == "no deployment 'llama' was found at http://localhost:8080/v1");
}

TEST_CASE("service error: the advice on a missing model names the option to set")
{
    auto what = chat(models, "");
    auto const* const body = R"({"error":{"code":"no_model_name","message":"m"}})";
    CHECK(answered(what, 400, body).advice() == "set the request's model or options.default_model");
    what.what = &foundry::detail::operations::embeddings;
    CHECK(answered(what, 400, body).advice() == "set the request's model or options.default_embedding_model");
}

TEST_CASE("service error: a plain 404 means the model where the URL is the same for all models, and the URL elsewhere")
{
    auto const* const vllm =
        R"({"object":"error","message":"The model `gpt-4` does not exist.","type":"NotFoundError","param":null,"code":404})";
    for (auto const* const body : {"", "{}", vllm})
        for (auto const* const where : {&v1, &local}) {
            CAPTURE(body);
            auto what = chat(*where);
            CHECK(answered(what, 404, body).code() == errc::model_not_found);
            CHECK(has(answered(what, 404, body).advice(), "check the path of the URL"));
            what.what = &foundry::detail::operations::embeddings;
            CHECK(answered(what, 404, body).code() == errc::model_not_found);
            what.what = &foundry::detail::find_operation("responses");
            CHECK(answered(what, 404, body).code() == errc::route_not_found);
        }
    for (auto const* const where : {&models, &dated, &serverless})
        CHECK(answered(chat(*where), 404, vllm).code() == errc::route_not_found);
}

TEST_CASE("service error: a 404 whose words are about the URL never means the model")
{
    for (auto const* const body :
         {resource_not_found_body, R"({"detail":"Not Found"})",
          R"*({"error":{"message":"Invalid URL (POST /chat/completions)","type":"invalid_request_error"}})*",
          "<html><head><title>404 Not Found</title></head></html>", "404 page not found"}) {
        CAPTURE(body);
        CHECK(answered(chat(v1), 404, body).code() == errc::route_not_found);
        CHECK(answered(chat(local), 404, body).code() == errc::route_not_found);
    }
}

TEST_CASE("service error: the advice on a wrong URL names what was asked and what else there is")
{
    CHECK(answered(chat(models), 404, resource_not_found_body).advice() ==
          "https://res.services.ai.azure.com/models does not serve chat/completions with api-version "
          "2024-05-01-preview, or "
          "the model does not; write https://res.services.ai.azure.com/openai/v1 or "
          "https://res.services.ai.azure.com/models, "
          "or set another api-version");
    CHECK(answered(chat(dated), 404, resource_not_found_body).advice() ==
          "https://res.openai.azure.com does not serve chat/completions with api-version 2024-10-21, or the model does "
          "not; "
          "check the host, the path, the api-version and the deployment, or write "
          "https://res.openai.azure.com/openai/v1, "
          "which takes no api-version");
    CHECK(has(answered(chat(v1), 404, resource_not_found_body).advice(), "send no api-version"));
    CHECK(has(answered(chat(serverless), 404, resource_not_found_body).advice(), "check the target URI"));
    CHECK(answered(chat(local), 405, "").advice() == "http://localhost:8080/v1 does not serve chat/completions, or the "
                                                     "model does not; check the path, which ends in /v1 "
                                                     "on many servers");
}

TEST_CASE("service error: the advice on a refused credential names the field, the scope and the audience that the "
          "service wants")
{
    auto const* const wants_ai =
        R"({"statusCode":401,"message":"Unauthorized. Access token is missing, invalid, audience is incorrect (https://ai.azure.com), or have expired."})";
    auto const advice = answered(chat(models), 401, wants_ai).advice();
    CHECK(has(advice, "as api-key"));
    CHECK(has(advice, "the scope https://cognitiveservices.azure.com/.default"));
    CHECK(has(advice, "takes tokens for https://ai.azure.com: set_scope(\"https://ai.azure.com/.default\")"));
    CHECK(has(answered(chat(serverless), 401, "").advice(),
              "as Authorization: Bearer, a token has the scope https://ml."));
    auto const other = answered(chat(local), 401, wants_ai).advice();
    CHECK(has(other, "as Authorization: Bearer;"));
    CHECK(!has(other, "scope"));
}

TEST_CASE("service error: an audience that is the one of the scope needs no other scope")
{
    auto const advice =
        answered(
            401,
            R"({"message":"audience is incorrect (https://cognitiveservices.azure.com/ or https://ai.azure.com/), or have expired."})")
            .advice();
    CHECK(advice.ends_with("the service takes tokens for https://cognitiveservices.azure.com or https://ai.azure.com"));
}

TEST_CASE("service error: the advice never names an audience outside Azure, whatever the server says")
{
    for (auto const* const audience : {"https://management.azure.com", "https://vault.azure.net", "...", ""}) {
        CAPTURE(audience);
        auto const body = R"({"message":"audience is incorrect ()" + std::string{audience} + R"*()"})*";
        CHECK(!has(answered(401, body).advice(), "takes tokens"));
    }
    CHECK(!has(answered(401, R"({"message":"(https://ai.azure.com) audience"})").advice(), "takes tokens"));
    CHECK(!has(answered(401, R"({"message":"audience ("})").advice(), "takes tokens"));
}

TEST_CASE("service error: the advice on a refused permission names the role of the host")
{
    CHECK(has(answered(chat(models), 403, "").advice(), "the role Cognitive Services User on"));
    CHECK(has(answered(chat(v1), 403, "").advice(), "the role Cognitive Services OpenAI User on"));
    CHECK(has(answered(chat(v1), 403, "").advice(), "five minutes"));
    CHECK(has(answered(chat(v1), 403, "").advice(), "network rule"));
    CHECK(!has(answered(chat(local), 403, "").advice(), "role"));
}

TEST_CASE("service error: known mistakes get specific advice")
{
    struct
    {
        char const* body;
        char const* advice;
    } const cases[] = {
        {R"({"error":{"code":"unsupported_parameter","param":"max_tokens","message":"No."}})",
         "set max_completion_tokens instead"},
        {R"({"error":{"code":"unsupported_value","param":"temperature","message":"Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported."}})",
         "leave it unset for this model"},
        {R"({"error":{"code":"unsupported_parameter","param":"top_p","message":"No."}})",
         "leave it unset for this model"},
        {R"({"error":{"message":"Unsupported value: 'top_p' does not support 0.5 with this model."}})",
         "leave it unset for this model"},
        {R"({"error":{"code":"BadRequest","message":"response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later"}})",
         "use an endpoint that ends in /openai/v1, or a newer api-version with set_api_version()"},
        {R"({"error":{"code":"BadRequest","message":"api-version query parameter is not allowed when using /v1 path"}})",
         "send no api-version: set_api_version(\"\") of the endpoint"},
        {R"({"error":{"code":"invalid_type","param":"messages[0].content","message":"No."}})",
         "check 'messages[0].content' in the request"},
        {R"({"error":{"message":"No."}})", ""},
    };
    for (auto const& [body, advice] : cases) {
        CAPTURE(body);
        CHECK(answered(400, body).advice() == advice);
    }
}

TEST_CASE("service error: too many tokens give too_large, by code or by message")
{
    CHECK(answered(400, R"({"error":{"code":"context_length_exceeded","message":"m"}})").code() == errc::too_large);
    CHECK(answered(400, R"({"error":{"code":400,"message":"m","type":"exceed_context_size_error"}})").code() ==
          errc::too_large);
    CHECK(answered(400,
                   R"({"object":"error","message":"This model's maximum context length is 4096 tokens.","code":400})")
              .code() == errc::too_large);
}

TEST_CASE("service error: an exhausted quota is not a transient rate limit")
{
    CHECK(answered(429, R"({"error":{"code":"insufficient_quota","message":"m"}})").code() == errc::quota_exhausted);
    CHECK(answered(429, R"({"error":{"type":"insufficient_quota","code":null}})").code() == errc::quota_exhausted);
    CHECK(answered(429, R"({"error":{"code":"RateLimitReached"}})").code() == errc::rate_limited);
}

TEST_CASE("service error: the time to wait is read from the head, or else from the message")
{
    auto const wait = [](std::string_view message, response_headers headers = {}) {
        return answered(429, "{\"error\":{\"message\":\"" + std::string{message} + "\"}}", std::move(headers))
            .retry_after();
    };
    CHECK(wait("Please retry after 45 seconds.") == milliseconds{45'000});
    CHECK(wait("Please Retry After 86400 seconds to avoid this.") == milliseconds{86'400'000});
    CHECK(wait("please retry after 1 second.") == milliseconds{1'000});
    CHECK(wait("Retry after 5 minutes") == milliseconds{300'000});
    CHECK(wait("Please try again in 1.5s.") == milliseconds{1'500});
    CHECK(wait("Please try again in 6m0s. Contact us.") == milliseconds{360'000});
    CHECK(wait("Please retry after 45 seconds.", {{"retry-after", "3"}}) == milliseconds{3'000});
    for (auto const* const vague :
         {"", "Please retry after", "Please retry after ", "retry after a while", "retry after 45", "retry after 45.",
          "retry after -5 seconds", "retry after 5 hours", "try again in "})
        CHECK_MESSAGE(!wait(vague), vague);
    CHECK(!answered(400, R"({"message":"retry after 45 seconds"})").retry_after());
    response_headers const misspelt{{"x-rate-limit-reset-tokens", "55"}};
    CHECK(wait("Rate limit is exceeded.", misspelt) == milliseconds{55'000});
    CHECK(wait("Please retry after 45 seconds.", misspelt) == milliseconds{45'000});
    CHECK(!answered(400, R"({"message":"No."})", misspelt).retry_after());
    CHECK(!answered(200, R"({"error":{"code":429}})", misspelt).retry_after());
}

TEST_CASE("service error: no message turns a 5xx into an error of the request")
{
    CHECK(answered(503, R"({"error":{"code":"model_not_found","message":"no channel"}})").code() ==
          errc::service_error);
    CHECK(answered(500, R"({"error":{"code":"content_filter"}})").code() == errc::content_filter);
}

TEST_CASE("service error: a redirect is not followed, and only the host it leads to is named")
{
    auto const advice = [](std::string location) {
        return answered(302, "", {{"location", std::move(location)}}).advice();
    };
    CHECK(answered(302, "").code() == errc::unexpected_reply);
    CHECK(answered(302, "").advice() == "redirects are not followed");
    CHECK(advice("https://login.example.com:8443/a?code=secret#x") ==
          "redirects are not followed; this one leads to https://login.example.com:8443");
    CHECK(advice("HTTP://h?secret") == "redirects are not followed; this one leads to HTTP://h");
    for (auto const* const hidden :
         {"/path", "//host", "https://user:secret@host/", "ftp://h/", "https:/", "javascript:x"})
        CHECK_MESSAGE(!has(advice(hidden), hidden), hidden);
    CHECK(!has(answered(304, R"({"error":{"code":"content_filter"}})").what(), "change the prompt"));
}

TEST_CASE("service error: an answer that is not JSON is said to be none, and is not quoted")
{
    auto const e = answered(502, "<html>Bad Gateway: some prompt</html>");
    CHECK(e.code() == errc::service_error);
    CHECK(has(e.advice(), "not JSON"));
    CHECK(!has(e.what(), "some prompt"));
    CHECK(e.body() == "<html>Bad Gateway: some prompt</html>");
    CHECK(!has(answered(502, "").advice(), "not JSON"));
}

TEST_CASE("service error: an error without a description of the endpoint still gets its code")
{
    for (unsigned const status : {400u, 401u, 403u, 404u, 405u, 429u, 500u, 302u}) {
        auto const e = answered(error_context{}, status, "");
        CHECK(e.status() == status);
    }
    CHECK(answered(error_context{}, 404, deployment_not_found_body).code() == errc::model_not_found);
}

TEST_CASE("service error: a huge or deeply nested body takes bounded memory")
{
    auto const long_text = std::string(3 * 1024 * 1024, 'x');
    auto const big = answered(500, R"({"error":{"message":")" + long_text + R"("}})");
    CHECK(big.code() == errc::service_error);
    CHECK(big.body().size() == 64 * 1024);
    CHECK(big.message().size() < 1024);
    auto const medium = answered(400, R"({"error":{"code":"c","message":")" + long_text.substr(0, 500'000) + R"("}})");
    CHECK(medium.service_code() == "c");
    CHECK(medium.message().size() == 500'000);
    CHECK(std::string_view{medium.what()}.size() < 4096);
    CHECK(answered(500, std::string(200'000, '[')).code() == errc::service_error);
    CHECK(answered(500, std::string(33, '[') + std::string(33, ']')).code() == errc::service_error);
    std::string inner = "{}";
    for (int i = 0; i != 20; ++i)
        inner = R"({"innererror":)" + inner + "}";
    CHECK(answered(400, inner).code() == errc::bad_request);
}

TEST_CASE("error: what() has the status, the code, the message and the advice, and nothing else of the body")
{
    auto const e = answered(
        400,
        R"({"error":{"code":"unsupported_parameter","param":"max_tokens","message":"No.","prompt":"my secret"},"more":"of it"})",
        {{"x-request-id", "r-1"}});
    std::string_view const what = e.what();
    CHECK(what ==
          "bad request: HTTP 400 unsupported_parameter: No. set max_completion_tokens instead (request id r-1)");
    CHECK(!has(what, "my secret"));
    CHECK(!has(what, "of it"));
}

TEST_CASE("error: what() escapes the control characters of whoever wrote them")
{
    auto const e =
        answered(chat(models, "a\nb"), 400, R"({"error":{"code":"unknown_model","message":"x\r\ny\u001b[2J"}})");
    std::string_view const what = e.what();
    CHECK(has(what, R"(x\x0d\x0ay\x1b[2J)"));
    CHECK(has(what, R"('a\x0ab')"));
    CHECK(what.find_first_of("\r\n\x1b") == std::string_view::npos);
    CHECK(e.message() == "x\r\ny\x1b[2J");
}

TEST_CASE("error: what() is valid UTF-8 without control characters or marks that turn the line, wherever it is cut")
{
    auto const said = [](std::string const& message) {
        foundry::failure f;
        f.service_message = message;
        return std::string(error(foundry::make_error_code(errc::service_error), f).what());
    };
    CHECK(has(said("a\xff"
                   "b"),
              "a\xef\xbf\xbd"
              "b"));
    CHECK(has(said("a\xc2\x9b"
                   "b"),
              "a\\x9bb"));
    CHECK(has(said("a\xe2\x80\xae"
                   "b"),
              "a\\u202eb"));
    CHECK(has(said("\xc3\xa9\xf0\x9f\x98\x80"), "\xc3\xa9\xf0\x9f\x98\x80"));
    for (std::size_t length = 1020; length != 1030; ++length) {
        std::string const long_one = said(std::string(length, 'x') + "\xf0\x9f\x98\x80\xf0\x9f\x98\x80");
        CHECK(foundry::detail::valid_utf8(long_one));
        CHECK(long_one.ends_with("..."));
    }
}

TEST_CASE("error: a code for which there is a standard condition compares equal to it")
{
    namespace standard = boost::system::errc;
    for (errc const limit :
         {errc::token_timeout, errc::connect_timeout, errc::tls_timeout, errc::pool_timeout, errc::write_timeout,
          errc::first_byte_timeout, errc::silence_timeout, errc::stall_timeout, errc::total_timeout})
        CHECK(foundry::make_error_code(limit) == standard::timed_out);
    CHECK(foundry::make_error_code(errc::invalid_argument) == standard::invalid_argument);
    CHECK(foundry::make_error_code(errc::service_error) != standard::timed_out);
    CHECK(foundry::make_error_code(errc::service_error) == errc::service_error);
}

TEST_CASE("error: what() of a failure of which only the code is known is that code")
{
    error const unknown(make_error_code(errc::service_error), foundry::failure());
    CHECK(std::string_view(unknown.what()) == "service error");
    error const advice(errc::invalid_argument, "write something else");
    CHECK(std::string_view(advice.what()) == "invalid argument: write something else");
}

TEST_CASE("error: what() does not repeat the status where Azure gives it as the code, and has no trace of the category")
{
    auto const e = answered(404, R"({"error":{"code":"404","message":"Resource not found"}})");
    std::string_view const what = e.what();
    CHECK(what.starts_with("route not found: HTTP 404: Resource not found. "));
    CHECK(!has(what, "[foundry"));
    CHECK(e.service_code() == "404");
}

TEST_CASE("error: what() says how many attempts there were and in what time, if there was more than one")
{
    foundry::failure f;
    f.service_message = "Connection refused.";
    f.request_id = "r-1";
    std::vector<foundry::attempt> made(2);
    made[0].elapsed = milliseconds{100};
    made[1].waited = milliseconds{800};
    made[1].elapsed = milliseconds{1250};
    error const once(make_error_code(errc::connect_failed), f);
    CHECK(std::string_view(once.what()) == "connection failed: Connection refused. (request id r-1)");
    error const twice = once.with_attempts(made);
    CHECK(std::string_view(twice.what()) ==
          "connection failed: Connection refused. (after 2 attempts in 2.1 s, request id r-1)");
    made.resize(1);
    CHECK(std::string_view(once.with_attempts(made).what()) == once.what());
}

TEST_CASE("service error: a body without an error is not taken for one")
{
    for (auto const* const text :
         {"", "{", "[DONE]", "null", "[]", "\"error\"", "[{\"error\":1}]", "not json at all: \"error\"",
          R"({"choices":[{"delta":{"content":"an error"}}]})", R"({"choices":[{"delta":{"content":"\"error\""}}]})",
          R"({"choices":[{"delta":{"content":"error"},"logprobs":{"content":[{"token":"error"}]}}]})",
          R"({"choices":[{"delta":{"error":"x","type":"error"}}]})", R"({"choices":[],"error":null})",
          R"({"error":null,"type":"x","object":"list"})", R"({"type":["error"],"object":{"error":1}})",
          R"({"type":"response.created","response":{"error":null}})"}) {
        CAPTURE(text);
        CHECK(!streamed(text));
        CHECK(!streamed(text, "message"));
    }
}

TEST_CASE("service error: an error in a stream is found in each of its shapes")
{
    for (auto const* const text :
         {R"({"error":{"message":"m","type":"server_error","code":null}})",
          R"({"type":"error","code":"c","message":"m"})", R"({"object":"error","message":"m"})", R"({"error":"m"})",
          R"({"error":["m"]})",
          R"({"type":"response.failed","response":{"id":"r","error":{"code":"server_error","message":"m"}}})",
          R"({"type":"error","event_id":"e","error":{"type":"t","message":"m"}})"}) {
        CAPTURE(text);
        auto const found = streamed(text);
        REQUIRE(found);
        CHECK(found->code() == errc::service_error);
        CHECK(found->status() == 200);
        CHECK(found->message() == "m");
        CHECK(found->body() == text);
    }
}

TEST_CASE("service error: an event of type error is an error whatever it holds")
{
    CHECK(streamed(R"({"code":"c","message":"m"})", "error")->message() == "m");
    CHECK(streamed(R"("m")", "error")->message() == "m");
    for (auto const* const text : {"", "{}", "{", "oops", "null"}) {
        auto const found = streamed(text, "error");
        REQUIRE(found);
        CHECK(found->code() == errc::service_error);
        CHECK(found->message() == "the service reported an error without saying which");
        CHECK(!has(found->what(), "oops"));
    }
}

TEST_CASE("service error: an error with status 200 has the code of the status that it names itself")
{
    CHECK(streamed_code(R"({"error":{"code":429}})") == errc::rate_limited);
    CHECK(streamed_code(R"({"error":{"code":"429"}})") == errc::rate_limited);
    CHECK(streamed_code(R"({"type":"error","status":400,"error":{"code":"c"}})") == errc::bad_request);
    CHECK(streamed_code(R"({"error":{"code":"x"},"statusCode":401})") == errc::unauthorized);
    CHECK(streamed_code(R"({"error":{"code":500}})") == errc::service_error);
    CHECK(streamed_code(R"({"error":{"code":200}})") == errc::service_error);
    CHECK(streamed_code(R"({"error":{"code":600}})") == errc::service_error);
    CHECK(streamed_code(R"({"error":{"code":302}})") == errc::service_error);
    CHECK(streamed_code(R"({"error":{"code":99999999999999999999}})") == errc::service_error);
}

TEST_CASE("service error: an error with status 200 that names no status is known by its words")
{
    CHECK(streamed_code(R"({"error":{"code":"content_filter"}})") == errc::content_filter);
    CHECK(streamed_code(R"({"error":{"code":"rate_limit_exceeded"}})") == errc::rate_limited);
    CHECK(streamed_code(R"({"error":{"code":"insufficient_quota"}})") == errc::quota_exhausted);
    CHECK(streamed_code(R"({"error":{"code":"context_length_exceeded"}})") == errc::too_large);
    CHECK(streamed_code(R"({"error":{"type":"invalid_request_error"}})") == errc::bad_request);
    CHECK(streamed_code(R"({"error":{"code":"DeploymentNotFound"}})") == errc::model_not_found);
    CHECK(streamed_code(R"({"error":{"type":"invalid_request_error","code":"model_not_found"}})") ==
          errc::model_not_found);
    CHECK(streamed_code(R"({"code":"rate_limit_exceeded"})", "error") == errc::rate_limited);
}

TEST_CASE("service error: a large text is not parsed in search of an error")
{
    std::string const much(16 * 1024 * 1024, 'x');
    CHECK(!streamed(R"({"error":")" + much + "\"}"));
    auto const found = streamed(R"({"error":")" + much + "\"}", "error");
    REQUIRE(found);
    CHECK(found->body().size() == 64 * 1024);
}

} // namespace foundry_test::service_error_test
